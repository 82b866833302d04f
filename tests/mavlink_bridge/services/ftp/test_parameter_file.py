"""`param.pck` is what MAVProxy's own decoder, and one written from the format's description, read."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MAVProxy.modules.lib import param_ftp  # type: ignore[import-untyped]  # it has none

from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import COPTER, vehicle_class
from mavlink_bridge.services.ftp.files import FileRefusedError
from mavlink_bridge.services.ftp.parameter_file import ParameterFiles, pack_parameters
from tests.fakes.memory_journal import MemoryJournal

NAMES = [line.name for line in vehicle_class("copter").parameters.definitions if not line.read_only]
LAYOUTS = {1: "<b", 2: "<h", 3: "<i", 4: "<f"}


def decode(content: bytes) -> tuple[int, int, dict[str, tuple[int, float, float | None]]]:
    """Count, total, and name -> (type, value, default or None), after docs/reference/ground-stations.md, 1.7."""
    magic, count, total = struct.unpack_from("<HHH", content)
    assert magic in (0x671B, 0x671C)
    at, previous, found = 6, b"", {}
    while at < len(content):
        kind, flags, common, rest = content[at] & 15, content[at] >> 4, content[at + 1] & 15, (content[at + 1] >> 4) + 1
        name = previous[:common] + content[at + 2 : at + 2 + rest]
        at += 2 + rest
        values: list[float] = []
        for _ in range(1 + (flags & 1)):
            values += struct.unpack_from(LAYOUTS[kind], content, at)
            at += struct.calcsize(LAYOUTS[kind])
        found[name.decode()] = (kind, values[0], values[1] if flags & 1 else None)
        previous = name
    return count, total, found


@pytest.mark.parametrize("kind", ["copter", "rover"])
@pytest.mark.parametrize("with_defaults", [False, True])
def test_mavproxy_reads_every_parameter(kind: str, with_defaults: bool) -> None:
    p = Parameters(vehicle_class(kind).parameters)
    p.set("SYSID_THISMAV", 9)
    data = param_ftp.ftp_param_decode(pack_parameters(p, with_defaults=with_defaults))
    assert {name.decode(): value for name, value, _ in data.params} == {name: p[name] for name in p.names()}
    if with_defaults:
        assert {name.decode(): value for name, value, _ in data.defaults} == {
            name: p.definition(name).default for name in p.names()
        }


def test_types_are_numbered_as_the_format_has_them() -> None:
    found = decode(pack_parameters(Parameters(COPTER.parameters)))[2]
    assert [found[name][0] for name in ("FLTMODE1", "RC1_MIN", "COMPASS_DEV_ID", "WPNAV_SPEED")] == [1, 2, 3, 4]


def test_only_values_that_differ_carry_their_default() -> None:
    p = Parameters(COPTER.parameters)
    p.set("RTL_ALT", 3000)
    found = decode(pack_parameters(p, with_defaults=True))[2]
    assert [found[name] for name in ("RTL_ALT", "WPNAV_SPEED")] == [(3, 3000, 1500), (4, 1000, None)]


def test_a_part_can_be_asked_for() -> None:
    p = Parameters(COPTER.parameters)
    file = ParameterFiles(p, MemoryJournal()).open("param.pck", "start=10&count=5")
    count, total, found = decode(file.read(0, file.size))
    assert (count, total, list(found)) == (5, len(p), list(p.names()[10:15]))
    file = ParameterFiles(p, MemoryJournal()).open("param.pck", f"start={len(p) - 2}")
    assert decode(file.read(0, file.size))[0] == 2


def test_a_start_behind_the_end_is_refused() -> None:
    p = Parameters(COPTER.parameters)
    with pytest.raises(FileRefusedError):
        ParameterFiles(p, MemoryJournal()).open("param.pck", f"start={len(p)}")


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=10))
def test_whatever_is_set_can_be_packed_and_returns(values: dict[str, float]) -> None:
    p = Parameters(COPTER.parameters)
    for name, value in values.items():
        p.set(name, value)
    found = decode(pack_parameters(p, with_defaults=True))[2]
    assert {name: value for name, (_, value, _) in found.items()} == {name: p[name] for name in p.names()}
