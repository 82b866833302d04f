"""What switches the limits of a fence on and off: a parameter, a command, arming, a takeoff, a landing
(docs/reference/mission-semantics.md, 3; docs/catalogue.md, 41, 59)."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import to_global
from autopilot.mav import Result
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item, takeoff
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.fenced import CIRCLE, MAX_ALT, MIN_ALT, POLYGON, box, flying, go

GUIDED, RTL, LAND = 4, 6, 9


def test_a_command_about_another_limit_leaves_a_commanded_lowest_altitude() -> None:
    """AC_Fence::enable remembers only what it is told of that limit: it still acts in a landing."""
    bench = flying(MIN_ALT | CIRCLE, FENCE_ALT_MIN=5, FENCE_RADIUS=300)
    assert bench.core.fence.command(1.0).ok
    assert bench.core.fence.command(0.0, CIRCLE).ok
    bench.core.modes.set(LAND, bench.now_ms)
    bench.run(60.0, lambda: "Min Alt fence breached" in bench.texts)
    assert "Min Alt fence breached" in bench.texts


def test_disabled_it_does_nothing_and_costs_no_wake_up() -> None:
    bench = flying(CIRCLE, FENCE_RADIUS=50)
    bench.core.fence.command(0.0)
    before = bench.updates
    bench.core.commands.guided_target(position=(200.0, 0.0, -10.0))
    bench.run(60.0)
    assert bench.core.modes.number == GUIDED
    assert bench.updates - before < 7  # the start, the trail until the way is straight, the arrival


def test_it_can_be_switched_in_flight_by_parameter() -> None:
    bench = flying(CIRCLE, FENCE_RADIUS=50, FENCE_ENABLE=0)
    go(bench, 80.0)
    assert bench.core.modes.number == GUIDED
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(0.2)
    assert bench.core.modes.number == RTL


def test_a_bad_mode_of_the_fence_command_is_denied() -> None:
    assert not Bench().core.fence.command(3.0).ok


def test_a_command_for_one_limit_leaves_the_others() -> None:
    """DO_FENCE_ENABLE, param2 (ArduPilot GCS_Fence.cpp): off for the circle, the highest altitude goes on acting."""
    bench = flying(CIRCLE | MAX_ALT, FENCE_RADIUS=50, FENCE_ALT_MAX=20)
    assert bench.core.fence.command(0.0, CIRCLE).ok
    go(bench, 80.0)
    assert bench.core.fence.breach[0] == 0 and bench.core.modes.number == GUIDED
    assert bench.core.fence.admits(bench.core.facts.vehicle.state.place)
    go(bench, 80.0, 40.0)
    assert bench.core.fence.breach[:2] == (1, MAX_ALT)


def test_a_command_for_the_polygon_leaves_the_circle() -> None:
    bench = flying(CIRCLE | POLYGON, box(50.0), FENCE_RADIUS=80)
    assert bench.core.fence.command(0.0, POLYGON).ok
    go(bench, 120.0)
    assert bench.core.fence.breach[:2] == (1, CIRCLE)
    assert "Polygon fence breached" not in bench.texts


def test_a_command_for_one_limit_enables_it_alone() -> None:
    bench = flying(CIRCLE | MAX_ALT, FENCE_RADIUS=50, FENCE_ALT_MAX=20, FENCE_ENABLE=0)
    assert bench.core.fence.command(1.0, MAX_ALT).ok
    go(bench, 80.0)
    assert bench.core.fence.enabled and bench.core.fence.breach[0] == 0
    assert bench.core.fence.command(1.0).ok
    bench.run(2.0)
    assert bench.core.fence.breach[:2] == (1, CIRCLE)


def test_the_lowest_altitude_can_be_enabled_alone() -> None:
    bench = flying(CIRCLE | MIN_ALT, FENCE_RADIUS=50, FENCE_ALT_MIN=5, FENCE_ENABLE=0)
    assert bench.core.fence.command(1.0, MIN_ALT).ok
    go(bench, 80.0)
    assert bench.core.fence.breach[0] == 0
    go(bench, 80.0, 3.0)
    assert bench.core.fence.breach[:2] == (1, MIN_ALT)


def test_a_lowest_altitude_that_a_command_enables_acts_at_once() -> None:
    """Also below it, and in a landing, as AC_Fence::enable: on the ground it keeps the vehicle from arming."""
    bench = Bench(parameters={"FENCE_TYPE": MIN_ALT, "FENCE_ALT_MIN": 25})
    assert bench.core.fence.command(1.0).ok
    assert bench.core.fence.breach[:2] == (1, MIN_ALT)
    assert "Vehicle breaching Min Alt fence" in bench.core.fence.complaints()
    assert bench.core.fence.command(0.0).ok
    assert bench.core.fence.breach[:2] == (0, 0) and not bench.core.fence.complaints()
    bench.airborne()
    bench.core.modes.set(LAND, bench.now_ms)
    assert bench.core.fence.command(1.0).ok
    bench.run(1.0)
    assert "Min Alt fence breached" in bench.texts and bench.core.modes.number == RTL
    bench.parameters.set("FENCE_ENABLE", 1.0)
    bench.run(1.0)
    assert bench.core.fence.breach[:2] == (0, 0)


def test_a_limit_that_is_not_there_cannot_be_enabled() -> None:
    bench = Bench(parameters={"FENCE_TYPE": CIRCLE | POLYGON})
    assert bench.core.fence.command(1.0, POLYGON).result is Result.FAILED
    assert bench.core.fence.command(1.0, MAX_ALT).result is Result.FAILED
    assert not bench.core.fence.enabled
    assert bench.core.fence.command(0.0, POLYGON).ok


def test_it_comes_with_arming_and_goes_with_disarming() -> None:
    """FENCE_AUTOENABLE 3: FENCE_ENABLE stays 0, and what is wrong with it keeps from arming all the same."""
    bench = Bench(parameters={"FENCE_AUTOENABLE": 3, "FENCE_TYPE": 2, "FENCE_RADIUS": 50})
    assert not bench.core.fence.enabled
    bench.airborne()
    assert bench.core.fence.enabled and bench.parameters["FENCE_ENABLE"] == 0.0
    go(bench, 60.0)
    bench.run(15.0)
    assert bench.core.modes.number == 6
    bench.core.arming.disarm(bench.now_ms, force=True)
    assert not bench.core.fence.enabled
    assert [text for text in bench.texts if "auto-" in text] == [
        "Circle fence auto-enabled",
        "Circle fence auto-disabled",
    ]
    bench.parameters.set("FENCE_RADIUS", -1)
    assert bench.core.fence.complaints() == ["Invalid Circle FENCE_RADIUS value"]


@pytest.mark.parametrize("types", [0, 4])
def test_a_fence_that_comes_with_arming_need_not_exist_yet(types: int) -> None:
    """AC_Fence::pre_arm_check asks with FENCE_ENABLE only."""
    bench = Bench(parameters={"FENCE_AUTOENABLE": 3, "FENCE_TYPE": types})
    assert bench.core.fence.complaints() == []
    bench.arm()


def test_of_a_fence_that_comes_with_arming_only_polygons_are_checked_before() -> None:
    """The home of the last flight is 200 m away; armed, it is here."""
    bench = Bench(parameters={"FENCE_AUTOENABLE": 3, "FENCE_TYPE": 7, "FENCE_RADIUS": 50})
    bench.core.home.set(to_global(ORIGIN, (200.0, 0.0, 0.0)))
    assert bench.core.fence.complaints() == []
    bench.upload([MissionItem(5004, 0, param1=30.0, x=ORIGIN.lat, y=ORIGIN.lon)], 1)
    assert bench.core.fence.complaints() == ["Vehicle breaching Polygon fence"]


def auto_texts(bench: Bench) -> list[str]:
    return [text for text in bench.texts if "auto" in text]


def test_it_comes_with_a_takeoff_by_itself_and_goes_with_the_landing() -> None:
    """FENCE_AUTOENABLE 1: on the way up nothing is breached, in LAND below FENCE_ALT_MIN neither."""
    bench = Bench(
        parameters={"FENCE_AUTOENABLE": 1, "FENCE_TYPE": CIRCLE | MIN_ALT, "FENCE_RADIUS": 50, "FENCE_ALT_MIN": 5}
    )
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(10.0).ok
    bench.run(1.0)
    assert not bench.core.fence.enabled
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert bench.core.fence.enabled
    assert bench.core.modes.set(LAND, bench.now_ms).ok
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert not bench.core.fence.enabled and bench.core.fence.breach[2] == 0
    assert auto_texts(bench) == ["Circle and Min Alt fences auto-enabled", "Circle and Min Alt fences auto-disabled"]
    assert "FENCE_AUTOENABLE is 1, will be removed in 4.7, use 3" in bench.texts


def test_a_landing_ends_the_lowest_altitude_alone() -> None:
    """FENCE_AUTOENABLE 2: the circle goes on acting, and AUTO's takeoff counts as GUIDED's."""
    bench = Bench(
        parameters={"FENCE_AUTOENABLE": 2, "FENCE_TYPE": CIRCLE | MIN_ALT, "FENCE_RADIUS": 50, "FENCE_ALT_MIN": 5}
    )
    bench.begin([takeoff(10.0), item(21)])
    bench.run(90.0, lambda: not bench.core.facts.armed)
    assert bench.core.fence.enabled and bench.core.fence.breach[2] == 0
    assert auto_texts(bench)[:1] == ["Min Alt fence enabled (auto enable)"]
    assert auto_texts(bench)[1:] == ["Circle fence auto-enabled", "Min Alt fence auto-disabled"]


def test_what_a_pilot_has_flown_up_gets_no_fence_by_takeoff() -> None:
    """FENCE_AUTOENABLE 1 and 2 are of takeoffs by itself: the lowest altitude alone comes, with 2."""
    for auto, count in ((1, 0), (2, 1)):
        bench = Bench(parameters={"FENCE_TYPE": CIRCLE | MIN_ALT, "FENCE_RADIUS": 50, "FENCE_ALT_MIN": 5})
        bench.airborne()
        bench.core.fence.armed_changed(True, bench.now_ms)
        bench.parameters.set("FENCE_AUTOENABLE", auto)
        go(bench, 0.0, 9.0)
        go(bench, 0.0, 3.0)
        assert not bench.core.fence.enabled
        assert bench.core.fence.breach[2] == count


def test_who_switches_the_lowest_altitude_off_has_it_off_until_the_next_arming() -> None:
    bench = Bench(parameters={"FENCE_AUTOENABLE": 3, "FENCE_TYPE": MIN_ALT, "FENCE_ALT_MIN": 5})
    bench.airborne()
    assert bench.core.fence.command(0.0).ok
    go(bench, 0.0, 9.0)
    go(bench, 0.0, 3.0)
    assert bench.core.fence.breach[2] == 0


def test_an_item_tells_which_limits_it_changes() -> None:
    """As ArduPilot's missions (AP_Mission_Commands.cpp), and nothing if nothing changes; 2 always names the floor."""
    bench = flying(CIRCLE | MAX_ALT, FENCE_RADIUS=50, FENCE_ALT_MAX=90, FENCE_ENABLE=0)
    before = len(bench.texts)
    for mode in (1.0, 1.0, 2.0, 0.0):
        bench.core.fence.carry_out(mode)
    assert bench.texts[before:] == [
        "Max Alt and Circle fences enabled",
        "Min Alt fence disabled",
        "Max Alt and Circle fences disabled",
    ]
