"""A plane in GUIDED: places, heights, bank and thrust, and what its fence changes there."""

from __future__ import annotations

from dataclasses import replace
from math import cos, sin

import pytest

from autopilot.context.events import GuidedTargetReached
from autopilot.interface import report
from autopilot.interface.geo import to_global
from autopilot.interface.targets import Attitude, Circle, Idle, Leg
from autopilot.mav import Frame, MissionType, Result
from autopilot.vehicles.mode_table import PlaneMode
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.wire.codec import dialect
from sitl.vehicles.kinds import make_simulated
from tests.fakes.command_bench import QGC
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane

M = PlaneMode


def attitude(mask: int, bank: float, thrust: float) -> Message:
    """SET_ATTITUDE_TARGET; `bank` rad."""
    quaternion = [cos(bank / 2.0), sin(bank / 2.0), 0.0, 0.0]
    return dialect.MAVLink_set_attitude_target_message(0, 1, 1, mask, quaternion, 0.1, 0.0, 0.0, thrust)


def test_velocities_and_body_rates_are_not_taken_and_places_are() -> None:
    """A velocity of zero would stop it; a place with a velocity is that place."""
    plane = Plane()
    guided = GuidedService(plane.core)
    for mask in (0x0DC7, 0x0C07, 0x0DC0, 0x0DF8):  # velocity, acceleration too, place and velocity, place
        guided.handle_message(
            dialect.MAVLink_set_position_target_local_ned_message(
                0, 1, 1, 1, mask, 200.0, 50.0, -60.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            ),
            QGC,
            0,
        )
    guided.handle_message(attitude(0x80, 0.0, 0.5), QGC, 0)
    plane.run(5.0)
    plane.stays_a_plane()
    assert plane.in_the_air, "the places"


def test_a_circle_that_is_reached_is_told_once() -> None:
    """As MISSION_ITEM_REACHED 0 (ArduPlane's update_loiter)."""
    plane = Plane()
    for place in ((400.0, 50.0, -60.0), (0.0, 300.0, -60.0)):
        plane.core.guided.flight.go_to(place)
        plane.run(1.0)
        told = len(plane.events(GuidedTargetReached))
        plane.run(60.0)
        assert len(plane.events(GuidedTargetReached)) == told + 1
        plane.core.guided.flight.change_height(-90.0)
        plane.run(60.0)
        assert len(plane.events(GuidedTargetReached)) == told + 1, "another height is no other place"


def test_an_attitude_is_flown_and_then_the_place_is_circled_again() -> None:
    """Bank and throttle are as sent, for three seconds (ArduPlane mode_guided.cpp)."""
    plane = Plane()
    guided = GuidedService(plane.core)
    plane.core.guided.flight.go_to((200.0, 50.0, -60.0))
    circle = plane.vehicle.target
    guided.handle_message(attitude(0x07, 0.3, 0.6), QGC, 0)
    plane.run(2.0)
    guided.handle_message(attitude(0x07, 0.4, 0.7), QGC, 0)
    plane.run(2.9)
    flown = plane.vehicle.target
    assert isinstance(flown, Attitude)
    assert (flown.roll, flown.thrust, flown.thrust_is_climb) == (pytest.approx(0.4), pytest.approx(0.7), False)
    plane.run(0.2)
    assert plane.vehicle.target == circle


def test_a_height_alone_changes_the_height_of_the_place() -> None:
    """SET_POSITION_TARGET_GLOBAL_INT whose mask ignores all but the height; 6 is GLOBAL_RELATIVE_ALT_INT."""
    plane = Plane()
    guided = GuidedService(plane.core)
    plane.core.guided.flight.go_to((200.0, 50.0, -60.0))
    guided.handle_message(
        dialect.MAVLink_set_position_target_global_int_message(0, 1, 1, 6, 0xFFFB, 0, 0, 80.0, 0, 0, 0, 0, 0, 0, 0, 0),
        QGC,
        0,
    )
    circle = plane.vehicle.target
    assert isinstance(circle, Circle) and circle.center == pytest.approx((200.0, 50.0, -80.0))


@pytest.mark.parametrize("east", [0.0, 70.0])
def test_a_local_offset_changes_only_the_height_of_the_place(east: float) -> None:
    """QGroundControl's change of altitude, on the way: from the target's height, whatever is in x and y."""
    plane = Plane()
    assert plane.core.commands.reposition(to_global(ORIGIN, (500.0, 0.0, -60.0)), plane.now_ms, radius=-150.0).ok
    guided = GuidedService(plane.core)
    message = dialect.MAVLink_set_position_target_local_ned_message
    for up, height in ((20.0, 80.0), (-30.0, 50.0)):
        guided.handle_message(message(0, 1, 1, 7, 0xFFF8, 0.0, east, -up, 0, 0, 0, 0, 0, 0, 0, 0), QGC, 0)
        circle = plane.vehicle.target
        assert isinstance(circle, Circle) and circle.center == pytest.approx((500.0, 0.0, -height), abs=0.01)
        assert (circle.radius, circle.direction) == (150.0, -1)
        plane.run(1.0)
        assert plane.texts[-1] == f"Change alt to {height:.1f}"


def test_another_height_keeps_the_circle_of_a_reposition() -> None:
    """Radius and direction of DO_REPOSITION, in GUIDED as in other modes."""
    plane = Plane()
    assert plane.core.commands.reposition(to_global(ORIGIN, (500.0, 0.0, -60.0)), plane.now_ms, radius=-150.0).ok
    assert plane.core.commands.guided_altitude(Frame.GLOBAL_RELATIVE_ALT, 90.0).ok
    circle = plane.vehicle.target
    assert isinstance(circle, Circle) and circle.center[2] == pytest.approx(-90.0)
    assert (circle.radius, circle.direction) == (150.0, -1)


def test_a_reposition_without_a_radius_goes_round_as_it_is_told() -> None:
    plane = Plane(WP_LOITER_RAD=70.0)
    assert plane.core.commands.reposition(to_global(ORIGIN, (500.0, 0.0, -60.0)), plane.now_ms, radius=-1.0).ok
    circle = plane.vehicle.target
    assert isinstance(circle, Circle) and (circle.radius, circle.direction) == (70.0, -1)


@pytest.mark.parametrize("mode", [M.LOITER, M.RTL, M.AUTO, M.TAKEOFF])
def test_a_height_is_changed_in_each_mode_that_goes_to_a_place(mode: PlaneMode) -> None:
    """DO_CHANGE_ALTITUDE; only the height changes (as ArduPlane)."""
    plane = Plane()
    plane.mission()
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.run(1.0)
    before = plane.vehicle.target
    assert isinstance(before, Leg | Circle)
    assert plane.core.commands.guided_altitude(Frame.GLOBAL_RELATIVE_ALT, 90.0).ok
    after = plane.vehicle.target
    up = (lambda target: target.end) if isinstance(before, Leg) else (lambda target: target.center)
    assert up(after) == (*up(before)[:2], pytest.approx(-90.0))
    assert type(after) is type(before)
    assert plane.core.modes.number == mode


def test_circle_climbs_to_a_commanded_height() -> None:
    """DO_CHANGE_ALTITUDE: at the bank that it has."""
    plane = Plane()
    assert plane.core.modes.set(M.CIRCLE, plane.now_ms).ok
    before = plane.vehicle.target
    assert isinstance(before, Attitude) and before.down is None
    assert plane.core.commands.guided_altitude(Frame.GLOBAL_RELATIVE_ALT, 90.0).ok
    assert plane.vehicle.target == replace(before, down=pytest.approx(-90.0))


@pytest.mark.parametrize("mode", [M.FBWA, M.CRUISE])
def test_a_height_has_no_effect_in_a_mode_without_one_and_says_so(mode: PlaneMode) -> None:
    plane = Plane()
    assert plane.core.modes.set(mode, plane.now_ms).ok
    before = plane.vehicle.target
    assert plane.core.commands.guided_altitude(Frame.GLOBAL_RELATIVE_ALT, 90.0).ok
    assert plane.vehicle.target == before
    assert plane.texts[-1] == f"Altitude change has no effect in {mode.name}"


def in_the_air() -> Bench:
    """A simulated plane that circles at 120 m in GUIDED."""
    vehicle = make_simulated("plane", ORIGIN, 0.0, 7)
    bench = Bench("plane", vehicle=vehicle)
    bench.run(20.0)
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    assert bench.core.commands.takeoff(120.0).ok
    bench.run(60.0, lambda: bench.core.helm.arrived)
    return bench


def test_bank_and_pitch_without_a_thrust_keep_the_speed() -> None:
    """The throttle is the vehicle's own then (ArduPlane mode_guided.cpp, its test MainFlight); as a thrust of 0 counts
    what is sent with one."""
    bench = in_the_air()
    guided = GuidedService(bench.core)
    flown: dict[int, tuple[float, float]] = {}
    for mask in (0x7E, 0x3E):
        for _ in range(12):
            guided.handle_message(attitude(mask, 0.7, 0.0), QGC, 0)
            bench.run(1.0)
        vector = bench.vehicle.state.report
        flown[mask] = (float(vector[report.ROLL]), float(vector[report.AIR_SPEED]))
    assert flown[0x7E] == (pytest.approx(0.7, abs=0.03), pytest.approx(22.0, abs=2.0))
    assert flown[0x3E][1] < 16.0


def test_without_gps_it_flies_on_by_its_air_speed_and_takes_attitudes() -> None:
    """ArduPilot's GuidedAttitudeNoGPS."""
    bench = in_the_air()
    bench.parameters.set("SIM_GPS_DISABLE", 1.0)
    bench.run(30.0)
    assert bench.core.modes.spec.number == M.GUIDED
    guided = GuidedService(bench.core)
    for bank in (1.0, 0.0):
        for _ in range(5):
            guided.handle_message(attitude(0x7E, bank, 0.0), QGC, 0)
            bench.run(1.0)
        assert float(bench.vehicle.state.report[report.ROLL]) == pytest.approx(bank, abs=0.05)


def test_a_guided_enable_item_is_skipped_with_a_text() -> None:
    """ArduPlane does not know it; without limits the mission would stay there for ever."""
    plane = Plane()
    plane.upload([takeoff(50.0), item(92, param1=1.0), waypoint(300.0, 300.0, 50.0)])
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(60.0, lambda: plane.core.sequencer.current_nav_index() == 3)
    assert plane.core.sequencer.current_nav_index() == 3
    assert any("#92" in text for text in plane.texts)


def test_an_attitude_before_the_takeoff_moves_no_plane() -> None:
    bench = Bench("plane")
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    GuidedService(bench.core).handle_message(attitude(0x07, 0.0, 1.0), QGC, 0)
    bench.run(1.0)
    assert isinstance(bench.vehicle.target, Idle)


def test_a_pause_is_a_circle_here() -> None:
    plane = Plane()
    plane.core.guided.flight.go_to((2000.0, 0.0, -50.0))
    plane.run(10.0)
    plane.core.guided.flight.pause()
    paused = plane.vehicle.targets[-1]
    assert isinstance(paused, Circle) and paused.radius == 80.0  # WP_LOITER_RAD
    assert paused.center == pytest.approx(plane.vehicle.state.position)


@pytest.mark.parametrize(("chosen", "mode"), [(None, M.LOITER), (M.GUIDED, M.GUIDED), (M.RTL, M.RTL)])
def test_a_fence_that_is_switched_off_gives_back_the_mode(chosen: PlaneMode | None, mode: PlaneMode) -> None:
    """Of a return in GUIDED, unless a person has chosen another since (ArduPlane/fence.cpp)."""
    plane = Plane(FENCE_TYPE=2.0, FENCE_RADIUS=50.0, FENCE_ACTION=6.0, FENCE_OPTIONS=0.0)
    plane.core.guided.flight.go_to((900.0, 0.0, -50.0))
    plane.run(30.0)
    assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
    assert plane.core.fence.command(1.0).ok
    plane.run(1.0)
    assert plane.core.modes.number == M.GUIDED
    if chosen is not None:
        assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
        assert plane.core.modes.set(chosen, plane.now_ms).ok
    assert plane.core.fence.command(0.0).ok
    assert plane.core.modes.number == mode


def test_a_place_outside_the_fence_is_not_flown_to() -> None:
    """DO_REPOSITION, as ArduPlane's check_destination_within_fence."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=600.0)
    inside, outside = (to_global(ORIGIN, (north, 0.0, -60.0)) for north in (500.0, 700.0))
    assert plane.core.commands.reposition(inside, plane.now_ms).ok
    circle = plane.vehicle.target
    assert plane.core.commands.reposition(outside, plane.now_ms).result is Result.FAILED
    assert plane.vehicle.target is circle and "Guided target: outside the fence" in plane.texts


@pytest.mark.parametrize(("action", "mode", "after"), [(1.0, M.RTL, M.RTL), (6.0, M.GUIDED, M.FBWA)])
def test_a_breach_on_the_ground_changes_the_mode_and_nothing_else(action: float, mode: int, after: int) -> None:
    """As ArduPlane, which does not disarm; off again, the fence gives the mode before back (not that before RTL)."""
    bench = Bench("plane", parameters={"FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 50.0, "FENCE_ACTION": action})
    assert bench.core.modes.set(M.FBWA, bench.now_ms).ok
    bench.arm()
    assert bench.core.fence.command(1.0).ok
    bench.run(1.0)
    assert bench.core.modes.number == mode and bench.core.facts.armed
    assert bench.core.fence.command(0.0).ok
    assert bench.core.modes.number == after


def test_far_outside_its_fence_a_plane_does_what_the_fence_says() -> None:
    """ArduPlane has no other action there, and a pilot who has taken it over keeps it (its FenceBreachedChangeMode)."""
    plane = Plane(FENCE_TYPE=4.0, FENCE_ACTION=6.0, FENCE_OPTIONS=0.0)
    corners = [(-250.0, -250.0), (250.0, -250.0), (250.0, 250.0), (-250.0, 250.0)]
    plane.core.guided.flight.go_to((900.0, 0.0, -50.0))
    plane.run(60.0, lambda: plane.vehicle.state.position[0] > 700.0)
    plane.upload([item(5001, *corner, 0.0, param1=4.0) for corner in corners], MissionType.FENCE)
    assert plane.core.fence.command(1.0).ok
    plane.run(1.0)
    assert plane.core.fence.breached
    assert plane.core.modes.number == M.GUIDED
    assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
    plane.run(120.0)
    assert plane.core.modes.number == M.LOITER
