"""NAV_PAYLOAD_PLACE: down until the ground bears the load, release, up again (ArduCopter's PayloadPlaceMission)."""

from __future__ import annotations

from math import hypot

from autopilot.context.events import PayloadAction
from autopilot.interface import report as R
from autopilot.interface.targets import YawMode
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.sim_copter import away, climb, height, on_mission

GRIPPER = {"GRIP_ENABLE": 1, "GRIP_TYPE": 1, "SERVO6_FUNCTION": 28}
OPEN, NEUTRAL = 1100.0, 1500.0


def said(bench: Bench) -> list[str]:
    return [text.split(": ", 1)[1] for text in bench.texts if text.startswith("PayloadPlace")]


def at_item(bench: Bench, seq: int, seconds: float = 120.0) -> None:
    bench.run(seconds, lambda: bench.core.sequencer.current_nav_index() == seq)
    assert bench.core.sequencer.current_nav_index() == seq


def test_a_load_is_released_on_the_ground_and_the_copter_climbs_back() -> None:
    """At the height from which it came, whatever the item's own; the waypoint behind it is flown on to."""
    mission = (takeoff(8.0), item(94, 10, 0, 3.0), waypoint(20, 0, 8.0), item(20))
    bench = on_mission(mission, PLDP_DELAY=2, **GRIPPER)
    servo = bench.vehicle.state.report
    at_item(bench, 2)
    lowest, released_ms, highest = 99.0, 0, 0.0
    while bench.core.sequencer.current_nav_index() == 2:
        bench.run(0.1)
        if servo[R.SERVO_1 + 5] == OPEN and not released_ms:
            released_ms = bench.now_ms
            assert away(bench, 10, 0) < 1.0
            assert height(bench) < 0.3
        lowest = min(lowest, height(bench))
        highest = height(bench) if released_ms else highest
        assert released_ms or servo[R.SERVO_1 + 5] == NEUTRAL
        assert bench.now_ms < 120_000
    assert lowest < 0.3
    assert abs(highest - 8.0) < 1.0
    assert bench.now_ms - released_ms > 2000 + 2000, "the delay, and the way up"
    assert bench.core.facts.armed
    at_item(bench, 3)
    assert bench.reached == [1, 2]
    assert said(bench)[-1] == "Releasing the gripper"
    assert [event.command for event in bench.events(PayloadAction)] == [94]


def test_the_ground_is_not_looked_for_deeper_than_param1() -> None:
    """From 10 m by 4 m, then up again without a release."""
    bench = on_mission((takeoff(10.0), item(94, param1=4.0), waypoint(20, 0), item(20)), **GRIPPER)
    at_item(bench, 2)
    lowest = 99.0
    while bench.core.sequencer.current_nav_index() == 2 and bench.now_ms < 120_000:
        bench.run(0.1)
        lowest = min(lowest, height(bench))
    assert 4.5 < lowest < 6.2
    assert abs(height(bench) - 10.0) < 1.0
    assert said(bench) == ["Reached maximum descent"]
    assert bench.vehicle.state.report[R.SERVO_1 + 5] == NEUTRAL


def test_its_descent_ends_an_interest_and_the_speeds_of_the_mission() -> None:
    """The nose turned to it on the legs behind, and it climbed at the speed of DO_CHANGE_SPEED (start_descent)."""
    before = item(195, 0, 60, 5), item(178, param1=2, param2=5.0)
    bench = on_mission((takeoff(30.0), *before, waypoint(20, 0, 30.0), item(94, 20, 0, param1=20.0), waypoint(60, 0)))
    at_item(bench, 5)
    assert bench.core.helm.target.yaw.mode is YawMode.POINT
    fastest = 0.0
    while bench.core.sequencer.current_nav_index() == 5 and bench.now_ms < 180_000:
        bench.run(0.1)
        fastest = max(fastest, climb(bench))
    assert 2.0 < fastest < 3.0
    at_item(bench, 6)
    assert bench.core.helm.target.yaw.mode is YawMode.ALONG


def test_an_open_gripper_has_nothing_to_place() -> None:
    """On the way there the item ends; while it descends, the pilot has let the load go."""
    bench = on_mission((takeoff(5.0), item(94, 30, 0), waypoint(0, 20), item(20)), **GRIPPER)
    at_item(bench, 2)
    assert bench.core.payload.command(211, (1.0, 0.0), bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.sequencer.current_nav_index() == 3
    assert said(bench) == ["Abort: Gripper Open"]
    bench = on_mission((takeoff(8.0), item(94), waypoint(20, 0), item(20)), **GRIPPER)
    at_item(bench, 2)
    bench.run(4.0)
    assert bench.core.payload.command(211, (1.0, 0.0), bench.now_ms).ok
    bench.run(1.0)
    assert said(bench) == ["Manual release", "Releasing the gripper"]
    assert height(bench) > 4.0
    at_item(bench, 3)


def test_a_range_finder_that_is_not_there_ends_it_before_anything_is_dropped() -> None:
    bench = on_mission((takeoff(3.0), item(94), waypoint(20, 0), item(20)), PLDP_RNG_MAX=2, **GRIPPER)
    at_item(bench, 3)
    assert said(bench) == ["PLDP_RNG_MAX set and rangefinder not enabled"]
    assert bench.vehicle.state.report[R.SERVO_1 + 5] == NEUTRAL


def test_a_rover_and_a_vehicle_that_lands_by_itself_leave_the_item() -> None:
    for bench in (Bench("rover"), Bench()):
        bench.vehicle.capabilities = bench.vehicle.capabilities.__class__(own_modes=True, own_takeoff=True)
        result = bench.core.auto.executor.start_command(item(94, 10, 0))
        assert result.name == "UNSUPPORTED"
        assert [event.command for event in bench.events(PayloadAction)] == [94]
    assert hypot(*bench.position) == 0.0


def test_speeds_of_a_descent_below_zero_count_by_their_size() -> None:
    """As ArduCopter's; it sank at 0.1 m/s, or climbed."""
    bench = on_mission((takeoff(8.0), item(94), item(20)), LAND_SPEED=-50, WPNAV_SPEED_DN=-150, **GRIPPER)
    at_item(bench, 2)
    bench.run(4.0)
    assert -0.6 < climb(bench) < -0.4
    assert bench.core.speeds.current().down == 1.5
