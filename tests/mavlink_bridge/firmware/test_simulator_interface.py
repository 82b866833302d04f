"""Samples as PX4's simulator interface takes them, read by pymavlink; its controls, written by pymavlink."""

from __future__ import annotations

from typing import Any

import pytest
from pymavlink.dialects.v20 import common as pymavlink

from autopilot.interface.geo import GeoPoint
from autopilot.interface.samples import Fix, SensorSample, TrueMotion
from mavlink_bridge.firmware.simulator_interface import SimulatorInterface

PLACE = GeoPoint(-35.0, 149.0, 584.0)
TRUTH = TrueMotion(PLACE, (1.0, 2.0, -0.5), (1.0, 0.0, 0.0, 0.0), (0.01, 0.02, 0.03))


def sample(time_us: int, **changes: Any) -> SensorSample:
    values: dict[str, Any] = {"field": None, "pressure_pa": None, "impact_pa": None, "fix": None, **changes}
    return SensorSample(
        time_us,
        (0.1, 0.2, -9.8),
        (0.01, 0.02, 0.03),
        values["field"],
        values["pressure_pa"],
        values["impact_pa"],
        584.0,
        30.0,
        values["fix"],
        TRUTH,
        values.get("range_m"),
        values.get("pulses"),
    )


def read(data: bytes) -> list[Any]:
    reader: Any = pymavlink.MAVLink(None)
    return list(reader.parse_buffer(data) or ())


def test_only_what_is_new_is_marked_as_updated() -> None:
    (bare,) = read(SimulatorInterface().frames(sample(4000)))
    assert (bare.get_type(), bare.time_usec, bare.fields_updated) == ("HIL_SENSOR", 4000, 0b111111)
    assert (bare.zacc, bare.ygyro) == pytest.approx((-9.8, 0.02))
    (full,) = read(SimulatorInterface().frames(sample(4000, field=(0.2, 0.0, -0.5), pressure_pa=94500.0)))
    assert full.fields_updated == 0b1101111111111
    assert (full.xmag, full.abs_pressure, full.pressure_alt) == pytest.approx((0.2, 945.0, 584.0))
    (winged,) = read(SimulatorInterface().frames(sample(4000, impact_pa=245.0)))
    assert winged.fields_updated == 0b10000111111
    assert winged.diff_pressure == pytest.approx(2.45)


def test_a_fix_has_the_day_of_the_world_and_centimetres() -> None:
    fix = Fix(PLACE, (3.0, 4.0, -0.5), 3, 12, 1_767_225_600_000_000)
    _, gps = read(SimulatorInterface().frames(sample(200_000, fix=fix)))
    assert (gps.fix_type, gps.lat, gps.lon, gps.alt) == (3, -350000000, 1490000000, 584000)
    assert (gps.vel, gps.vn, gps.ve, gps.vd, gps.satellites_visible) == (500, 300, 400, -50, 12)
    assert gps.time_usec == 1_767_225_600_000_000


def test_a_range_is_down_and_in_centimetres_and_a_transmitter_has_its_channels() -> None:
    _, laser = read(SimulatorInterface().frames(sample(20_000, range_m=12.34)))
    assert (laser.get_type(), laser.current_distance, laser.orientation) == ("DISTANCE_SENSOR", 1234, 25)
    assert laser.min_distance < laser.current_distance < laser.max_distance
    _, radio = read(SimulatorInterface().frames(sample(20_000, pulses=(1500, 1600, 1000, 1500))))
    assert (radio.chancount, radio.chan2_raw, radio.chan3_raw, radio.chan5_raw) == (4, 1600, 1000, 0)


def test_the_truth_comes_as_often_as_it_was_asked_for() -> None:
    wire = SimulatorInterface()
    assert [message.get_type() for message in read(wire.frames(sample(4000)))] == ["HIL_SENSOR"]
    ask: Any = pymavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    wire.receive(ask.command_long_encode(0, 0, 511, 0, 115, 8000, 0, 0, 0, 0, 0).pack(ask))
    told = [len(read(wire.frames(sample(4000 * k)))) for k in range(2, 8)]
    assert told == [2, 1, 2, 1, 2, 1]


def test_controls_and_lockstep_are_read_from_any_pieces() -> None:
    wire = SimulatorInterface()
    px4: Any = pymavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    data = px4.hil_actuator_controls_encode(4000, [0.5, 0.25, *[0.0] * 14], 129, 1).pack(px4)
    assert wire.receive(b"\xfd\x00" + data[:9]) == []
    (controls,) = wire.receive(data[9:])
    assert list(controls.outputs[:2]) == [0.5, 0.25]
    assert controls.lockstep
    data = px4.hil_actuator_controls_encode(8000, [0.0] * 16, 1, 0).pack(px4)
    assert [found.lockstep for found in wire.receive(data)] == [False]
