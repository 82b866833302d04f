"""How the fence is watched: at the very tick, seldom when far; and what follows a breach that goes on."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autopilot.interface import report
from autopilot.interface.geo import to_global
from autopilot.interface.targets import Circle
from autopilot.mav import Cmd, MissionType, Sensor
from autopilot.mission.items import MissionItem
from autopilot.safety.fence_limits import FenceType, fence_names
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.examples import examples
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane, on_approach
from tests.fakes.sim_copter import GUIDED, LAND, RTL, in_air

MAX_ALT, CIRCLE, POLYGON, MIN_ALT = 1, 2, 4, 8


def zone(command: int, north: float, east: float, param1: float) -> MissionItem:
    where = to_global(ORIGIN, (north, east, 0.0))
    return MissionItem(command, 0, param1=param1, x=where.lat, y=where.lon)


def box(half: float) -> list[MissionItem]:
    return [zone(5001, n * half, e * half, 4.0) for n, e in ((-1, -1), (-1, 1), (1, 1), (1, -1))]


def first_outside(bench: Bench, limit_s: float) -> int | None:
    """Tick by tick: the time of the first tick that lies outside; the guard must have told it at that very tick."""
    guard = bench.core.fence
    end = bench.now_ms + round(limit_s * 1000.0)
    while bench.now_ms < end:
        deadline = bench.core.next_deadline_ms()
        now = bench.vehicle.advance(bench.now_ms + 20)
        outside = any(metres > 0.0 for metres in guard.limits.excess(guard.acting).values())
        if outside or (deadline is not None and now >= deadline) or int(bench.vehicle._s[1]):
            bench.core.update(now)  # as by deadlines, or now that it is outside
            bench.collect()
        if outside:
            assert deadline is not None and deadline <= now, "nobody would have looked"
            return now
    return None


@settings(max_examples=examples(8), deadline=None)
@example(2.0, 0.0, 8.0, 0.0)
@example(0.0, 1.0, 0.0, 12.0)
@given(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0), st.floats(-2.0, 2.4), st.floats(0.0, 12.0))
def test_a_breach_is_noticed_at_its_very_tick(north: float, east: float, up: float, wind: float) -> None:
    bench = in_air(15.0, SIM_WIND_SPD=wind, SIM_WIND_TURB=0.3 * wind, GUID_TIMEOUT=100, AVOID_ENABLE=0)
    assert isinstance(bench.vehicle, SimulatedCopter)
    bench.upload(box(45.0), 1)
    for name, value in {"FENCE_TYPE": 15, "FENCE_RADIUS": 40, "FENCE_ALT_MAX": 25, "FENCE_ALT_MIN": 8}.items():
        bench.parameters.set(name, value)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(2.0)
    bench.core.commands.guided_target(velocity=(north, east, -up))
    when = first_outside(bench, 40.0)
    if when is not None:
        assert bench.core.fence.breach[3] == when
        assert bench.core.modes.number == RTL


@pytest.mark.parametrize("speed", [2.0, 5.0])
def test_a_rover_leaves_its_fence_at_its_very_tick_too(speed: float) -> None:
    fence = {"FENCE_TYPE": 6, "FENCE_RADIUS": 40, "AVOID_ENABLE": 0}
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, 7), parameters=fence)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    bench.upload(box(45.0), 1)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.parameters.set("WP_SPEED", speed)
    bench.run(1.0)
    bench.core.modes.set(15, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.core.commands.guided_target(position=(100.0, 0.0, 0.0))
    assert bench.core.fence.breach[3] == 0
    when = first_outside(bench, 60.0)
    assert when is not None and bench.core.fence.breach[3] == when
    assert bench.core.modes.number == 11


def test_far_from_all_limits_it_looks_once_a_second() -> None:
    bench = in_air(20.0, FENCE_ENABLE=1, FENCE_RADIUS=1000, FENCE_ALT_MAX=500, FENCE_TYPE=3, SRTL_POINTS=0)
    before = bench.updates
    bench.run(60.0)
    assert 58 <= bench.updates - before <= 64


# --- a breach that goes on --------------------------------------------------------------------------------------------
def flying(**parameters: float) -> Bench:
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": CIRCLE, "FENCE_RADIUS": 50, **parameters})
    bench.airborne()
    return bench


def out(bench: Bench, north: float = 400.0) -> None:
    bench.head_for((north, 0.0, -10.0))
    bench.run(60.0, lambda: bool(bench.core.fence.breach[0]))


def test_a_pilot_who_takes_over_has_ten_seconds_and_then_the_next_limit() -> None:
    """AC_Fence: manual recovery; the circle anew 20 m farther out than where it was last passed."""
    bench = flying(WPNAV_SPEED=500)
    out(bench)
    assert bench.core.modes.number == RTL
    assert "Manual recovery started" in bench.texts  # RTL itself is a change of mode
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.head_for((400.0, 0.0, -10.0), speed=5.0)
    since = bench.now_ms
    bench.run(9.9)
    assert bench.core.modes.number == GUIDED
    assert bench.texts.count("Circle fence breached") == 1
    bench.run(30.0, lambda: bench.core.modes.number != GUIDED)
    assert bench.core.modes.number == RTL
    assert bench.now_ms - since < 18_000
    assert bench.texts.count("Circle fence breached") == 2
    assert bench.core.fence.breach[2] > 1


def test_the_circle_of_a_plane_is_passed_anew_100_m_farther_out() -> None:
    """AC_FENCE_CIRCLE_RADIUS_BACKUP_DISTANCE of ArduPlane: each 20 m it would be told once a second."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=300.0, FENCE_ACTION=0.0)
    for north, told in ((310.0, 1), (405.0, 1), (415.0, 2), (505.0, 2), (520.0, 3)):
        plane.vehicle.put((north, 0.0, -80.0))
        plane.parameters.set("FENCE_MARGIN", 2.0 + north / 1000.0)  # look now
        plane.core.update(plane.now_ms)
        assert plane.texts.count("Circle fence breached") == told, north


def test_the_ceiling_of_a_plane_is_passed_anew_20_m_higher() -> None:
    """AC_FENCE_ALT_MAX_BACKUP_DISTANCE, for planes as for copters."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=1.0, FENCE_ALT_MAX=100.0, FENCE_ACTION=0.0)
    for up, told in ((101.0, 1), (120.5, 1), (121.5, 2), (141.0, 2), (142.0, 3)):
        plane.vehicle.put((0.0, 0.0, -up))
        plane.parameters.set("FENCE_MARGIN", 2.0 + up / 1000.0)  # look now
        plane.core.update(plane.now_ms)
        assert plane.texts.count("Max Alt fence breached") == told, up


@pytest.mark.parametrize(
    ("parameters", "sink"), [({"LAND_PF_ALT": 10.0}, 0.0), ({"LAND_FLARE_ALT": 10.0}, 0.0), ({"LAND_PF_SEC": 5.0}, 2.0)]
)
@pytest.mark.parametrize(("up", "breached"), [(9.0, False), (11.0, True)])
def test_the_last_part_of_a_landing_on_wings_breaches_nothing(
    parameters: dict[str, float], sink: float, up: float, breached: bool
) -> None:
    """ArduPlane's is_expecting_impact: below LAND_PF_ALT, in the flare, or LAND_PF_SEC before the ground; whichever is
    the highest."""
    lowest = {"LAND_PF_ALT": 0.0, "LAND_FLARE_ALT": 0.0, "LAND_PF_SEC": 0.0}
    plane = on_approach(FENCE_TYPE=2.0, FENCE_RADIUS=100.0, FENCE_ACTION=0.0, **lowest | parameters)
    plane.core.auto.go_on_at(5)
    plane.vehicle.put((-300.0, 0.0, -up))
    plane.vehicle.state.report[report.VD] = sink
    plane.parameters.set("FENCE_ENABLE", 1.0)
    plane.core.update(plane.now_ms)
    assert plane.core.modes.mode.is_landing
    assert bool(plane.core.fence.breach[0]) is breached


def test_far_outside_a_polygon_it_lands_although_it_is_no_new_breach() -> None:
    bench = flying(FENCE_TYPE=POLYGON | MAX_ALT)
    bench.upload(box(50.0), 1)
    out(bench)
    bench.core.modes.set(GUIDED, bench.now_ms)
    bench.head_for((400.0, 0.0, -10.0))
    bench.run(60.0, lambda: bench.core.modes.number != GUIDED)
    assert bench.core.modes.number == LAND
    assert bench.position[0] == pytest.approx(150.0, abs=3.0)


@pytest.mark.parametrize(("options", "taken"), [(0, True), (1, False)])
def test_the_mode_may_be_kept_until_the_vehicle_is_back(options: int, taken: bool) -> None:
    """FENCE_OPTIONS bit 0; 0 by default."""
    bench = flying(FENCE_OPTIONS=options)
    out(bench)
    bench.run(1.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok is taken
    assert ("Mode change to GUIDED failed: in fence recovery" in bench.texts) is not taken
    bench.run(60.0, lambda: not bench.core.fence.breach[0])
    if not taken:
        assert bench.core.modes.set(GUIDED, bench.now_ms).ok


def test_a_mode_that_a_person_chose_is_not_kept() -> None:
    bench = flying(FENCE_OPTIONS=1, FENCE_ACTION=0)
    out(bench)
    assert bench.core.fence.breach[0]
    assert bench.core.modes.set(LAND, bench.now_ms).ok


@pytest.mark.parametrize(("action", "enabled"), [(0, False), (1, True)])
def test_a_fence_that_only_reports_is_not_among_the_enabled_sensors(action: int, enabled: bool) -> None:
    """AC_Fence.cpp, sys_status_enabled: a station shows no bad fence."""
    status = in_air(10.0, FENCE_ENABLE=1, FENCE_TYPE=CIRCLE, FENCE_RADIUS=40, FENCE_ACTION=action).core.status
    assert status.sensors_present & Sensor.GEOFENCE
    assert bool(status.sensors_enabled & Sensor.GEOFENCE) is enabled


def test_a_trembling_estimate_at_the_edge_is_one_breach() -> None:
    bench = in_air(10.0, FENCE_TYPE=CIRCLE, FENCE_RADIUS=40, FENCE_ACTION=0)
    bench.core.commands.guided_target(position=(40.1, 0.0, -10.0))
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(120.0)
    assert bench.core.fence.breach[2] <= 3


@pytest.mark.parametrize(("action", "mode", "armed"), [(5, 15, False), (6, 5, True)])
def test_a_rover_may_be_stopped_for_good_or_loiter(action: int, mode: int, armed: bool) -> None:
    parameters = {"FENCE_ENABLE": 1, "FENCE_TYPE": CIRCLE, "FENCE_RADIUS": 40, "FENCE_ACTION": action}
    bench = Bench("rover", parameters=parameters)
    bench.core.modes.set(15, bench.now_ms)
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.core.commands.guided_target(position=(100.0, 0.0, 0.0))
    bench.run(60.0, lambda: bool(bench.core.fence.breach[2]))
    bench.run(0.1)
    assert (bench.core.modes.number, bench.core.facts.armed) == (mode, armed)


# --- words ------------------------------------------------------------------------------------------------------------
def test_names_are_listed_as_ardupilot_lists_them() -> None:
    assert fence_names(FenceType.POLYGON) == "Polygon fence"
    assert fence_names(FenceType.MAX_ALT | FenceType.CIRCLE) == "Max Alt and Circle fences"
    assert fence_names(FenceType(15)) == "Max Alt, Circle, Polygon and Min Alt fences"


@pytest.mark.parametrize(
    ("parameters", "plan", "reason"),
    [
        ({"FENCE_TYPE": 0}, [], "Fences enabled, but none selected"),
        ({"FENCE_TYPE": POLYGON}, [], "Fences enabled, but none selected"),
        ({"FENCE_RADIUS": -1}, [], "Invalid Circle FENCE_RADIUS value"),
        ({"FENCE_RADIUS": 5, "FENCE_MARGIN": 8}, [], "Circle FENCE_MARGIN is greater than FENCE_RADIUS"),
        ({"FENCE_ALT_MAX": -1}, [], "Invalid FENCE_ALT_MAX value"),
        ({"FENCE_ALT_MIN": -101}, [], "Invalid FENCE_ALT_MIN value"),
        ({"FENCE_MARGIN": -1}, [], "Invalid FENCE_MARGIN value"),
        ({"FENCE_ALT_MAX": 12, "FENCE_ALT_MIN": 10}, [], "FENCE_MARGIN too big"),
        ({"FENCE_MARGIN": 8}, [zone(5003, 0, 0, 7.0)], "Polygon fence margin is greater than inclusion circle radius"),
        ({"FENCE_TYPE": 7}, [zone(5004, 0, 0, 30.0)], "Vehicle breaching Polygon fence"),
    ],
)
def test_a_fence_that_cannot_be_is_not_armed_with(
    parameters: dict[str, float], plan: list[MissionItem], reason: str
) -> None:
    bench = Bench(parameters={"FENCE_ENABLE": 1, **parameters})
    bench.upload(plan, 1)
    bench.run(1.0)
    assert bench.core.arming.arm(bench.now_ms).reason == reason
    bench.core.fence.command(0.0)
    assert bench.core.arming.arm(bench.now_ms).ok


def test_only_what_is_selected_is_measured() -> None:
    """FENCE_TYPE: a circle that is not asked for is no limit, however far away the vehicle is."""
    bench = Bench(parameters={"FENCE_TYPE": 1})
    limits = bench.core.fence.limits
    assert set(limits.excess(limits.types)) == {FenceType.MAX_ALT}
    bench.parameters.set("FENCE_TYPE", 3)
    assert set(limits.excess(limits.types)) == {FenceType.MAX_ALT, FenceType.CIRCLE}


def test_a_mission_comes_down_through_the_lowest_altitude() -> None:
    """A waypoint below FENCE_ALT_MIN is beyond the fence; a landing ends below it, and may."""
    bench = Bench(parameters={"FENCE_TYPE": 8, "FENCE_ALT_MIN": 5})
    beyond = bench.core.fenced_mission._beyond
    assert beyond(waypoint(10, 0), (10.0, 0.0, -2.0)) == FenceType.MIN_ALT
    assert beyond(item(21), (10.0, 0.0, 0.0)) == 0


NOTCH = [(-500, -500), (20500, -500), (20500, 500), (10000, 500), (10000, -9), (9990, -9), (9990, 500), (-500, 500)]


def test_a_long_leg_does_not_jump_over_a_narrow_zone() -> None:
    """20 km that lead through an area or a circle of 10 m to stay out of, or through a gap of 10 m in the area to stay
    in; or beside them. Whoever enforces the fence would end the mission there."""
    bench = Bench(parameters={"FENCE_TYPE": 4})
    crosses = bench.core.fenced_mission._crosses
    wall = [zone(5002, north, east, 4.0) for north, east in ((9990, -9), (9990, 9), (10000, 9), (10000, -9))]
    for zones in (wall, [zone(5004, 9995.0, 0.0, 5.0)], [zone(5001, north, east, 8.0) for north, east in NOTCH]):
        bench.upload(zones, 1)
        bench.core.fence.command(1.0)
        ways = ((0.0, 0.0), (3.0, 3.0), (-20.0, -20.0), (0.0, -20.0), (-12.0, 9.1))
        crossed = [crosses((0.0, begin, -20.0), (20000.0, end, -20.0)) for begin, end in ways]
        assert crossed == [True, True, False, False, True]


# --- the way back of wings (FENCE_ACTION 6) ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, (0.0, 0.0, -45.0)),
        ({"FENCE_RET_ALT": 70.0}, (0.0, 0.0, -70.0)),
        ({"FENCE_RET_RALLY": 1.0}, (100.0, 50.0, -40.0)),
    ],
)
def test_a_breach_is_flown_back_from_in_guided(changes: dict[str, float], place: tuple[float, float, float]) -> None:
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=300.0, FENCE_ACTION=6.0, **changes)
    plane.upload([item(Cmd.NAV_RALLY_POINT, 100.0, 50.0, 40.0)], MissionType.RALLY)
    plane.core.guided.flight.go_to((900.0, 0.0, -50.0))
    plane.run(60.0, lambda: bool(plane.core.fence.breached))
    back = plane.vehicle.target
    assert isinstance(back, Circle) and back.center == pytest.approx(place, abs=1.0)


@pytest.mark.parametrize(("height", "flown"), [(80.0, 80.0), (-1.0, 50.0)])
def test_without_a_rally_point_a_breach_is_flown_home_from_as_high_as_a_return(height: float, flown: float) -> None:
    """FENCE_RET_RALLY 1 (ArduPlane's calc_best_rally_or_home_location); it circled home at its ground."""
    fence = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 2.0, "FENCE_RADIUS": 300.0, "FENCE_ACTION": 6.0, "FENCE_RET_RALLY": 1.0}
    plane = Plane(RTL_ALTITUDE=height, **fence)
    plane.core.guided.flight.go_to((900.0, 0.0, -50.0))
    plane.run(60.0, lambda: bool(plane.core.fence.breached))
    assert plane.vehicle.target.center == pytest.approx((0.0, 0.0, -flown), abs=1.0)


def test_a_polygon_without_a_return_point_is_returned_to_its_middle() -> None:
    """As AC_PolyFence_loader's get_return_point; that of home was flown to."""
    plane = Plane(FENCE_TYPE=4.0, FENCE_ACTION=6.0)
    corners = [(-100.0, -150.0), (400.0, -150.0), (400.0, 250.0), (-100.0, 250.0)]
    plane.upload([item(5001, *corner, 0.0, param1=4.0) for corner in corners], MissionType.FENCE)
    assert plane.core.fence.command(1.0).ok
    plane.core.guided.flight.go_to((900.0, 0.0, -50.0))
    plane.run(60.0, lambda: bool(plane.core.fence.breached))
    back = plane.vehicle.target
    assert isinstance(back, Circle) and back.center == pytest.approx((150.0, 50.0, -45.0), abs=1.0)
