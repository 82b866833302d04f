"""Who links: ziglang for any machine, a C compiler for its own; where neither is there, one line says what to do."""

from __future__ import annotations

import pytest

from autopilot.control.library import this_target
from mavlink_bridge.services.telemetry.compiling import TELEMETRY
from sitl.kernel.compiling import KERNELS, OUTSIDE
from sortie.kernels import linking
from sortie.kernels.entries import ENTRIES
from sortie.kernels.targets import TARGETS, target_named


def test_without_a_linker_the_line_names_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "find_spec", lambda name: None)
    monkeypatch.setattr(linking, "own_linker", lambda: None)
    with pytest.raises(linking.NoLinkerError, match=r"pip install ziglang, or .* a C compiler") as raised:
        linking.linker(TARGETS[0])
    assert "\n" not in str(raised.value)


def test_a_c_compiler_links_for_its_own_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "find_spec", lambda name: None)
    monkeypatch.setattr(linking, "own_linker", lambda: "/usr/bin/cc")
    here = this_target()
    for target in TARGETS:
        if target.name == here:
            assert linking.linker(target) == ["/usr/bin/cc"]
        else:
            with pytest.raises(linking.NoLinkerError):
                linking.linker(target)


def test_wheels_name_the_systems_that_they_are_for() -> None:
    assert target_named("x86_64-linux").tag == "manylinux_2_28_x86_64.musllinux_1_1_x86_64"
    assert [target.tag for target in TARGETS if "win" in target.tag.split("_")[0]] == ["win_amd64"]


def test_each_kernel_is_compiled_in_one_of_the_parts() -> None:
    assert {*KERNELS, *OUTSIDE.values(), *TELEMETRY} <= set(ENTRIES)
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
