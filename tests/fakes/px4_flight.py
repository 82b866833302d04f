"""A mission on a PX4 behind Sortie: its start, and what the PX4 was given."""

from __future__ import annotations

from typing import Any

from autopilot.mission.items import MissionItem
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import ARM, AUTO, SET_MODE, SQUARE, insist
from tests.stand_in.px4 import Px4StandIn
from tests.stand_in.real_px4 import RealPx4

STILL_MPS = 0.8
"""What the estimator of a real one may still tell of a vehicle that stands in the air."""


def px4(bench: ControllerBench) -> Px4StandIn | RealPx4:
    assert isinstance(bench.controller, Px4StandIn | RealPx4)
    return bench.controller


def start(bench: ControllerBench, items: tuple[MissionItem, ...] = SQUARE) -> Ground:
    ground = bench.ground()
    bench.ready()
    bench.upload(items)
    for number, *params in ((SET_MODE, 1.0, AUTO), (ARM, 1.0)):
        insist(bench, ground, number, *params)
    return ground


def sent(bench: ControllerBench, *commands: int) -> list[Any]:
    """Commands that the controller was given."""
    told = [message for _, message in px4(bench).received if message.get_type().startswith("COMMAND_")]
    return [message for message in told if message.command in commands]
