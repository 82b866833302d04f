"""A ground station flies the sample mission on a controller behind Sortie."""

from __future__ import annotations

from collections.abc import Callable

from autopilot.mission.events import ItemReached
from autopilot.mission.items import MissionItem
from sortie.sample import square
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.stand_in.controller import HOME

MakeBench = Callable[..., ControllerBench]

STABILIZE, AUTO, GUIDED, LOITER, RTL, LAND = 0, 3, 4, 5, 6, 9
SET_MODE, ARM, MISSION_START, PAUSE, SET_CURRENT = 176, 400, 300, 193, 224
SQUARE = square(HOME)


def reached(bench: ControllerBench) -> list[int]:
    return [event.seq for event in bench.events if isinstance(event, ItemReached)]


def take_off(bench: ControllerBench, items: tuple[MissionItem, ...] = SQUARE) -> Ground:
    """A ground station's usual way: AUTO, arm, start."""
    ground = bench.ground()
    bench.ready()
    bench.upload(items)
    ground.command(SET_MODE, 1, AUTO)
    bench.run_until(lambda: bool(ground.acks(SET_MODE)), 5.0)
    ground.command(ARM, 1)
    bench.run_until(lambda: bool(ground.acks(ARM)), 15.0)
    ground.command(MISSION_START)
    bench.run_until(lambda: bool(ground.acks(MISSION_START)), 5.0)
    return ground


def landed(bench: ControllerBench) -> bool:
    return not bench.controller.armed and not bench.autopilot.armed
