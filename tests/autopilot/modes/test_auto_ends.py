"""What ends in AUTO: with the next item, with the mode, with the mission, with the motors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autopilot.interface.targets import YawMode
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

AUTO, GUIDED, LOITER, AUTO_RTL = 3, 4, 5, 27


def flying(*items: MissionItem, past: int = 1, **parameters: float) -> Bench:
    """On the mission, behind the item `past`."""
    bench = Bench(parameters=parameters)
    bench.begin(items)
    bench.run(200.0, lambda: past in bench.reached)
    assert past in bench.reached
    return bench


def turning(bench: Bench) -> bool:
    return bool(bench.vehicle.yaws) and bench.vehicle.yaws[-1].mode is YawMode.ANGLE


def arrive(bench: Bench) -> None:
    bench.run(60.0, lambda: 4 in bench.reached)


def jump(bench: Bench) -> None:
    assert bench.core.mission_commands.set_current(5).ok


def jump_in_another_mode(bench: Bench) -> None:
    bench.core.modes.set(LOITER, bench.now_ms)
    jump(bench)
    bench.core.modes.set(AUTO, bench.now_ms)


@pytest.mark.parametrize("goes_on", [arrive, jump, jump_in_another_mode])
def test_a_turn_that_still_waits_ends_with_its_leg(goes_on: Callable[[Bench], object]) -> None:
    """The condition is dropped with its NAV item (AP_Mission::advance_current_nav_cmd); the next legs were flown with
    the nose turned on."""
    bench = flying(takeoff(), waypoint(40, 0), item(115, param1=90.0), waypoint(80, 0), waypoint(80, 80), past=2)
    bench.vehicle._see = lambda: None  # it does not come round
    bench.run(1.0)
    assert turning(bench)
    bench.vehicle.yaws.clear()
    goes_on(bench)
    bench.run(1.0)
    assert bench.core.sequencer.current_nav_index() == 5
    assert bench.vehicle.target.yaw.mode is YawMode.ALONG and not turning(bench)


def test_auto_rtl_ends_with_the_motors() -> None:
    """Where the mission would go on behind its landing, it is AUTO again, in which a copter may be armed."""
    bench = flying(takeoff(), waypoint(80, 0), item(189), waypoint(20, 0), item(21), waypoint(40, 0), AUTO_OPTIONS=1)
    assert bench.core.mission_commands.land_start(bench.now_ms).ok
    bench.run(2.0)
    assert bench.core.modes.number == AUTO_RTL
    bench.run(90.0, lambda: not bench.core.facts.armed)
    assert bench.core.modes.number == AUTO
    assert bench.core.arming.arm(bench.now_ms).ok
