"""The geofence in flight (docs/reference/mission-semantics.md, 3; docs/catalogue.md, 41, 59)."""

from __future__ import annotations

import pytest

from autopilot.context.events import FenceChanged, ModeChanged
from autopilot.interface.reasons import ModeReason
from autopilot.interface.targets import Sticks
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.fenced import CIRCLE, MAX_ALT, MIN_ALT, POLYGON, box, flying, go, place

GUIDED, LOITER, RTL, LAND, BRAKE, SMART_RTL = 4, 5, 6, 9, 17, 21


def test_beyond_the_circle_it_returns() -> None:
    bench = flying(CIRCLE, FENCE_RADIUS=50)
    go(bench, 200.0)
    assert bench.core.modes.number == RTL
    assert bench.events(ModeChanged)[-1] == ModeChanged(RTL, ModeReason.FENCE_BREACHED)
    assert 50.0 < bench.position[0] < 52.0
    assert "Circle fence breached" in bench.texts
    status, types, count, time_ms = bench.core.fence.breach
    assert (status, types, count, time_ms) == (1, CIRCLE, 1, bench.now_ms)


def test_who_stands_outside_disarmed_is_told_so_and_nothing_else() -> None:
    """Within a second of another fence; the count is of breaches that are acted on."""
    bench = Bench(parameters={"FENCE_TYPE": POLYGON, "FENCE_ENABLE": 1})
    bench.upload(box(20.0, 5002), 1)
    bench.run(1.0)
    assert bench.core.fence.breach == (1, POLYGON, 0, 0)
    bench.upload(box(20.0, 5002, north=100.0), 1)
    bench.run(1.0)
    assert bench.core.fence.breach == (0, 0, 0, 0)
    assert bench.events(FenceChanged) == []


def test_back_inside_the_breach_is_cleared() -> None:
    bench = flying(CIRCLE, FENCE_RADIUS=50)
    go(bench, 200.0)
    bench.run(60.0, lambda: not bench.core.fence.breach[0])
    assert "Fence breach cleared" in bench.texts
    assert [event.breach_types for event in bench.events(FenceChanged)] == [CIRCLE, 0]
    assert bench.core.fence.breach[2] == 1


def test_breaches_are_counted_as_far_as_their_message_goes() -> None:
    """FENCE_STATUS has 16 bits for them."""
    bench = flying(CIRCLE, FENCE_RADIUS=50)
    bench.core.fence.breach_count = 65_500
    go(bench, 200.0)
    assert bench.core.fence.breach[1:3] == (CIRCLE, 65_500)


def test_too_high() -> None:
    bench = flying(MAX_ALT, FENCE_ALT_MAX=30)
    go(bench, 0.0, 60.0)
    assert bench.core.modes.number == RTL
    assert "Max Alt fence breached" in bench.texts


def test_a_height_that_fence_type_does_not_select_is_no_limit() -> None:
    """FENCE_ALT_MAX and FENCE_ALT_MIN stand there all the same: only the circle counts."""
    bench = flying(CIRCLE, FENCE_ALT_MAX=30, FENCE_ALT_MIN=5, FENCE_RADIUS=50)
    go(bench, 0.0, 60.0)
    go(bench, 0.0, 2.0)
    assert bench.core.fence.breach[:2] == (0, 0)
    go(bench, 200.0)
    assert bench.core.fence.breach[:2] == (1, CIRCLE)


def test_too_low_counts_only_after_it_has_been_higher() -> None:
    bench = flying(MIN_ALT, FENCE_ALT_MIN=5)
    assert not bench.core.fence.breach[0]
    go(bench, 0.0, 3.0)
    assert "Min Alt fence breached" in bench.texts


@pytest.mark.parametrize(("highest", "counts"), [(6.5, False), (7.5, True)])
def test_the_lowest_altitude_counts_from_its_margin_on(highest: float, counts: bool) -> None:
    """FENCE_ALT_MIN 5 and FENCE_MARGIN 2: who has been above 7 m must not go below 5 m; who has not, may."""
    bench = Bench(parameters={"FENCE_TYPE": MIN_ALT, "FENCE_ALT_MIN": 5, "FENCE_MARGIN": 2})
    bench.parameters.set("FENCE_ENABLE", 1.0)
    bench.airborne(highest)
    bench.head_for((0.0, 0.0, -highest))
    bench.run(10.0)
    go(bench, 0.0, 3.0)
    assert ("Min Alt fence breached" in bench.texts) is counts


def test_landing_below_the_lowest_altitude_is_meant() -> None:
    bench = flying(MIN_ALT, FENCE_ALT_MIN=5)
    bench.core.modes.set(LAND, bench.now_ms)
    bench.run(60.0, lambda: not bench.core.facts.armed)
    assert bench.core.fence.breach[2] == 0


def test_a_landing_forgets_a_breach_of_the_lowest_altitude() -> None:
    """No limit acts any more: the vehicle is not back inside, and nothing says so."""
    bench = flying(MIN_ALT, FENCE_ALT_MIN=5, FENCE_ACTION=2)
    go(bench, 0.0, 3.0)
    assert bench.core.modes.number == LAND
    bench.run(1.0)
    assert [event.breach_types for event in bench.events(FenceChanged)] == [MIN_ALT, 0]
    assert "Fence breach cleared" not in bench.texts


def test_out_of_a_polygon_and_into_a_forbidden_one() -> None:
    bench = flying(POLYGON, box(60.0))
    go(bench, 200.0)
    assert "Polygon fence breached" in bench.texts
    assert bench.core.modes.number == RTL
    bench = flying(POLYGON, [*box(300.0), *box(20.0, 5002, 100.0)])
    go(bench, 100.0)
    assert 80.0 < bench.position[0] < 82.0


def test_circles_of_a_fence_plan_count_as_polygons() -> None:
    bench = flying(POLYGON, [place(5004, 100.0, 0.0, 30.0)])
    go(bench, 100.0)
    assert 70.0 < bench.position[0] < 72.0


def test_a_fence_plan_that_fence_type_does_not_select_is_no_limit() -> None:
    """The plan stays stored; a guided place outside of it is taken, and nothing is breached there."""
    bench = flying(CIRCLE, box(50.0), FENCE_RADIUS=300)
    assert bench.core.commands.guided_target(position=(100.0, 0.0, -10.0)).ok
    bench.run(30.0)
    assert bench.position[0] > 90.0
    assert bench.core.fence.breach[:2] == (0, 0)


def test_in_any_inclusion_zone_by_option() -> None:
    zones = [*box(60.0), *box(60.0, north=100.0)]
    bench = flying(POLYGON, zones, FENCE_OPTIONS=2)
    go(bench, 90.0)
    assert bench.core.fence.breach[2] == 0


@pytest.mark.parametrize(
    ("action", "mode"), [(0, GUIDED), (1, RTL), (2, LAND), (3, SMART_RTL), (4, BRAKE), (5, SMART_RTL)]
)
def test_the_action_is_a_parameter(action: int, mode: int) -> None:
    bench = flying(CIRCLE, FENCE_RADIUS=50, FENCE_ACTION=action)
    go(bench, 200.0)
    assert bench.core.modes.number == mode
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert ("Manual recovery started" in bench.texts) is (action != 0), "without an action there is nothing to suspend"


def test_a_pilot_who_goes_on_is_acted_upon_once_until_far_outside() -> None:
    bench = flying(CIRCLE, FENCE_RADIUS=50)
    go(bench, 400.0)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.head_for((400.0, 0.0, -10.0))
    bench.run(5.0)
    assert bench.core.modes.number == GUIDED
    bench.run(60.0, lambda: bench.core.modes.number != GUIDED)
    assert bench.core.modes.number == LAND
    assert bench.position[0] == pytest.approx(150.0, abs=2.0)


def test_a_new_fence_acts_at_once() -> None:
    bench = flying(POLYGON | CIRCLE)
    go(bench, 80.0)
    assert bench.core.fence.breach[2] == 0
    bench.upload(box(60.0), 1)
    bench.run(0.2)
    assert bench.core.modes.number == RTL
    assert bench.parameters["FENCE_TOTAL"] == 6


def test_a_breach_on_the_ground_disarms() -> None:
    bench = Bench(parameters={"FENCE_TYPE": CIRCLE, "FENCE_RADIUS": 50})
    bench.vehicle.put((80.0, 0.0, 0.0))
    bench.core.arming.arm(bench.now_ms)
    bench.core.home.set(ORIGIN)
    bench.core.fence.command(1.0)
    bench.run(0.2)
    assert not bench.core.facts.armed


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"FENCE_TYPE": POLYGON}, "Vehicle breaching Polygon fence"),
        ({"FENCE_TYPE": MAX_ALT | MIN_ALT, "FENCE_ALT_MAX": 10, "FENCE_ALT_MIN": 20}, "FENCE_ALT_MAX < FENCE_ALT_MIN"),
    ],
)
def test_arming_outside_or_with_an_impossible_fence_is_refused(parameters: dict[str, float], reason: str) -> None:
    bench = Bench(parameters={"FENCE_ENABLE": 1, **parameters})
    bench.upload(box(60.0, north=200.0), 1)
    assert bench.core.arming.arm(bench.now_ms).reason == reason


def test_arming_follows_the_content_of_the_fence_at_once() -> None:
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": POLYGON})
    bench.upload(box(60.0, north=200.0), 1)
    assert not bench.core.arming.arm(bench.now_ms).ok
    bench.upload(box(60.0), 1)
    assert bench.core.arming.arm(bench.now_ms).ok


@pytest.mark.parametrize(("kind", "complaints"), [(CIRCLE, ["Fence requires position"]), (MAX_ALT, [])])
def test_a_fence_needs_a_position_to_arm_unless_it_is_a_height(kind: int, complaints: list[str]) -> None:
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": kind})
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.fence.complaints() == complaints
    assert bench.core.arming.arm(bench.now_ms).reason == "".join(complaints)


def test_a_rover_holds_when_far_outside_and_returns_otherwise() -> None:
    bench = Bench("rover", parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": CIRCLE, "FENCE_RADIUS": 30})
    bench.core.modes.set(15, bench.now_ms)
    bench.core.arming.arm(bench.now_ms)
    bench.core.commands.guided_target(position=(100.0, 0.0, 0.0))
    bench.run(60.0, lambda: bool(bench.core.fence.breach[0]))
    assert bench.core.modes.number == 11
    for _ in range(20):  # somebody insists, after each return
        bench.core.modes.set(15, bench.now_ms)
        bench.core.commands.guided_target(position=(400.0, 0.0, 0.0))
        bench.run(60.0, lambda: bench.core.modes.number != 15)
        if bench.core.modes.number == 4:
            break
    assert bench.core.modes.number == 4
    assert bench.position[0] > 130.0


def test_how_near_a_limit_is_is_said() -> None:
    """FENCE_OPTIONS bit 2, FENCE_MARGIN 5: once a second while it is near, and once when it is not any more."""
    bench = flying(CIRCLE | MAX_ALT, FENCE_RADIUS=50, FENCE_MARGIN=5, FENCE_OPTIONS=4)
    bench.head_for((48.0, 0.0, -10.0))
    bench.run(30.0, lambda: any("Circle fence in" in text for text in bench.texts))
    assert 45.0 <= bench.position[0] < 45.5
    assert bench.texts[-1] == f"Circle fence in {50.0 - bench.position[0]:.1f}m"
    begin = len(bench.texts)
    bench.run(10.0)
    said = bench.texts[begin:]
    assert len(said) == 10 and said[-1] == "Circle fence in 2.0m"
    bench.head_for((0.0, 0.0, -10.0))
    bench.run(30.0)
    assert bench.texts[-1] == "Circle fence cleared margin breach"
    assert bench.core.fence.breach[2] == 0


def test_a_limit_that_is_near_is_said_once_or_not_at_all() -> None:
    for parameters, count in (({"FENCE_OPTIONS": 4, "FENCE_NTF_FREQ": 0}, 1), ({}, 0)):
        bench = flying(CIRCLE, FENCE_RADIUS=50, FENCE_MARGIN=5, **parameters)
        bench.head_for((48.0, 0.0, -10.0))
        bench.run(30.0)
        assert len([text for text in bench.texts if "Circle fence in" in text]) == count


@pytest.mark.parametrize(
    ("types", "throttle", "silent", "stops"),
    [
        (CIRCLE, 0.0, False, True),
        (CIRCLE, 0.5, False, False),
        (CIRCLE, 0.0, True, False),
        (1 | CIRCLE, 0.0, False, False),
    ],
)
def test_a_copter_with_a_closed_throttle_is_switched_off(
    types: int, throttle: float, silent: bool, stops: bool
) -> None:
    """ArduCopter: in STABILIZE, unless it is too high, or its radio has failed (fence_check). It flew home."""
    params = {"FENCE_RADIUS": 50, "FENCE_ALT_MAX": 5, "AVOID_ENABLE": 0, "FS_THR_ENABLE": 0}
    bench = Bench(parameters={"FENCE_TYPE": types, **params})
    bench.airborne(20.0)
    go(bench, 60.0)
    bench.run(15.0)
    assert bench.core.modes.set(0, bench.now_ms).ok
    for _ in range(6):
        bench.core.sticks.move(Sticks(throttle=throttle), bench.now_ms)
        bench.run(0.1)
    bench.core.losses.sticks.lost = silent
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(0.2)
    assert bench.core.facts.armed is not stops
    assert (bench.core.modes.number == 6) is not stops
