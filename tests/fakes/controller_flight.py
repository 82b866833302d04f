"""A ground station flies the sample mission on a controller behind Sortie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autopilot.flight.lifecycle import FlightState
from autopilot.mission.events import ItemReached
from autopilot.mission.items import MissionItem
from mavlink_bridge.wire.codec import dialect
from sortie.api.sample import SIDE_M as DEMO_SIDE_M
from sortie.api.sample import square
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import ControllerBench, Ground

MakeBench = Callable[..., ControllerBench]

STABILIZE, AUTO, GUIDED, LOITER, RTL, LAND = 0, 3, 4, 5, 6, 9
SET_MODE, ARM, MISSION_START, PAUSE, SET_CURRENT = 176, 400, 300, 193, 224
QUICK_PX4 = {"MPC_XY_CRUISE": 8.0}
"""Parameters of a PX4 that flies its legs faster, m/s; its default is 5."""
SIDE_M = 40.0
"""Of the square: long enough for 6 s on a leg, and two thirds of what `sortie demo` flies."""


def nearer(items: tuple[MissionItem, ...], share: float) -> tuple[MissionItem, ...]:
    """The sample mission with its places at this share of their distance from home."""

    def moved(item: MissionItem) -> MissionItem:
        lat, lon = HOME.lat + (item.x - HOME.lat) * share, HOME.lon + (item.y - HOME.lon) * share
        return replace(item, x=lat, y=lon) if item.x or item.y else item

    return tuple(map(moved, items))


SQUARE = nearer(square(HOME), SIDE_M / DEMO_SIDE_M)


def reached(bench: ControllerBench) -> list[int]:
    return [event.seq for event in bench.events if isinstance(event, ItemReached)]


def flight_state(bench: ControllerBench) -> FlightState:
    """The flight manager's."""
    assert bench.autopilot.flights is not None
    return bench.autopilot.flights.state


def take_off(bench: ControllerBench, items: tuple[MissionItem, ...] = SQUARE) -> Ground:
    """A ground station's usual way: AUTO, arm, start."""
    ground = bench.ground()
    bench.ready()
    bench.upload(items)
    for number, *params in ((SET_MODE, 1.0, AUTO), (ARM, 1.0), (MISSION_START,)):
        insist(bench, ground, number, *params)
    return ground


def insist(bench: ControllerBench, ground: Ground, number: int, *params: float) -> None:
    """As ground stations do: again after 1.5 s, until there is an answer."""
    before = len(ground.acks(number))
    for _ in range(8):
        ground.command(number, *params)
        end_ms = bench.now_ms + 1500
        bench.run_until(lambda end_ms=end_ms: len(ground.acks(number)) > before or bench.now_ms >= end_ms, 5.0)
        if len(ground.acks(number)) > before:
            return
    raise AssertionError(f"command {number} is not answered: {bench.story()}")


def flown_in(bench: ControllerBench) -> int:
    """The controller's mode while it flies the mission."""
    return AUTO if bench.vehicle.native else GUIDED


def waits_in(bench: ControllerBench) -> int:
    """The mode in which the controller starts."""
    return STABILIZE if bench.vehicle.firmware.habits.home_is_item_0 else GUIDED


def paused_in(bench: ControllerBench) -> int:
    """The mode that stations see while the mission is paused: a PX4 that flies it itself leaves it for Hold."""
    return AUTO if bench.vehicle.firmware.habits.pauses_well or not bench.vehicle.native else GUIDED


def choose(bench: ControllerBench, ground: Ground, seq: int) -> None:
    """The station makes this item (home is 0) the present one, in the way that its kind of stations has."""
    if bench.vehicle.firmware.habits.home_is_item_0:
        ground.command(SET_CURRENT, seq)
    else:
        ground.send(dialect.MAVLink_mission_set_current_message(1, 1, seq - 1))


def landed(bench: ControllerBench) -> bool:
    return not bench.controller.armed and not bench.autopilot.facts.armed
