"""Modes by switch (RCn_OPTION, DO_AUX_FUNCTION): ArduPilot's numbers (RC_Channel.h), and the labels of RCn_OPTION."""

from __future__ import annotations

import pytest

from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.mode_table import CopterMode, PlaneMode, RoverMode
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import FakeVehicle

OF_WINGS = ("plane", "quadplane")
"""Kinds that share their labels."""


@pytest.mark.parametrize(
    ("kind", "function", "mode"),
    [
        ("copter", 73, CopterMode.DRIFT),
        ("copter", 99, CopterMode.AUTO_RTL),
        ("rover", 57, RoverMode.FOLLOW),
        ("rover", 72, RoverMode.CIRCLE),
        ("boat", 72, RoverMode.CIRCLE),
        ("plane", 183, PlaneMode.AUTOLAND),  # 179 starts and stops an engine
        ("plane", 179, None),
        ("quadplane", 108, PlaneMode.QRTL),
        ("quadplane", 170, PlaneMode.QSTABILIZE),
        ("quadplane", 183, None),
    ],
)
def test_modes_that_are_flown_have_their_switches(kind: str, function: int, mode: int | None) -> None:
    assert KINDS[kind].modes.switches.get(function) == mode


@pytest.mark.parametrize("kind", KINDS)
def test_each_switch_has_a_label_and_each_label_a_switch(kind: str) -> None:
    of_labels = OF_WINGS if kind in OF_WINGS else (kind,)
    benches = [Bench(other, vehicle=FakeVehicle(rover=not KINDS[other].flies)) for other in of_labels]
    labels = set(benches[0].parameters.definition("RC1_OPTION").values) - {0}
    assert set(KINDS[kind].modes.switches) <= labels
    assert {label for label in labels if not any(bench.core.auxiliary.knows(label) for bench in benches)} == set()
