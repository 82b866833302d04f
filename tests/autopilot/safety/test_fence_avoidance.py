"""Keeping off the fence by oneself (AVOID_): sticks and velocities stop FENCE_MARGIN before it, or slide along it."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, sin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.layout import BARRIERS
from autopilot.interface.targets import Edge, Ring, Sticks
from autopilot.mission.items import MissionItem
from autopilot.safety import avoidance
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.boat import SimulatedBoat
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.rover import SimulatedRover
from tests.autopilot.safety.test_fence_watch import CIRCLE, MAX_ALT, MIN_ALT, POLYGON, box, zone
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.examples import examples
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ALT_HOLD, GUIDED, LOITER, RTL, height, in_air

MANUAL, ACRO, STEERING, GUIDED_ROVER = 0, 1, 3, 15
MARGIN = 2.0
SLIDE, STOP = 0, 1
HOUSE = [zone(5002, n, e, 4.0) for n, e in ((15, -10), (15, 10), (25, 10), (25, -10))]
RINGS = [zone(5003, 0, 0, 45.0), zone(5004, 20, 0, 8.0)]


def nearest_to_outside(bench: Bench, sticks: Sticks, seconds: float) -> float:
    """Hold the sticks; how far beyond the fence it has been, m, negative inside."""
    worst = -1000.0
    for _ in range(round(2.0 * seconds)):
        bench.core.sticks.move(sticks, bench.now_ms)
        bench.run(0.5)
        excess = bench.core.fence.limits.excess(bench.core.fence.limits.types)
        worst = max([worst, *excess.values()])
    return worst


def hovering(plan: Sequence[MissionItem] = (), mode: int = LOITER, up: float = 10.0, **parameters: float) -> Bench:
    bench = in_air(up, FENCE_ACTION=0, **parameters)
    bench.upload(plan, 1)
    bench.parameters.set("FENCE_ENABLE", 1)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    return bench


def driving(kind: str, mode: int, plan: Sequence[MissionItem] = (), **parameters: float) -> Bench:
    vehicle = SimulatedRover(ORIGIN, 0.0, 7) if kind == "rover" else SimulatedBoat(ORIGIN, 0.0, 7)
    bench = Bench(kind, vehicle=vehicle, parameters={"FENCE_ENABLE": 1, "FENCE_ACTION": 0, **parameters})
    bench.upload(plan, 1)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    assert bench.core.arming.arm(bench.now_ms).ok
    return bench


# --- any sticks, any fence --------------------------------------------------------------------------------------------
@settings(max_examples=examples(12), deadline=None)
@example(0, STOP, RINGS, 0.82, 0.02, 0.5, -0.12)
@example(0, SLIDE, RINGS, 0.82, 0.02, 0.5, -0.12)
@example(1, SLIDE, box(40.0) + HOUSE, 1.0, 0.1, 1.0, 0.0)
@given(
    st.integers(0, 1),
    st.sampled_from([SLIDE, STOP]),
    st.sampled_from([[], box(40.0), box(40.0) + HOUSE, RINGS]),
    *[st.floats(-1.0, 1.0)] * 2,
    st.floats(0.0, 1.0),
    st.floats(-0.3, 0.3),
)
def test_no_sticks_carry_a_copter_out(
    floor: int, behave: int, plan: list[MissionItem], pitch: float, roll: float, throttle: float, yaw: float
) -> None:
    """It stays inside by nearly the whole FENCE_MARGIN, under ceiling and over floor."""
    types = MAX_ALT | (POLYGON if plan else CIRCLE) | floor * MIN_ALT
    limits = {"FENCE_RADIUS": 45, "FENCE_ALT_MAX": 30, "FENCE_ALT_MIN": 4}
    bench = hovering(plan, FENCE_TYPE=types, AVOID_BEHAVE=behave, **limits)
    sticks = Sticks(roll=roll, pitch=pitch, throttle=throttle if floor else max(throttle, 0.5), yaw=yaw)
    assert nearest_to_outside(bench, sticks, 20.0) < 0.5 - MARGIN


@settings(max_examples=examples(8), deadline=None)
@example("boat", ACRO, SLIDE, [], -0.04, 0.0)
@example("rover", STEERING, STOP, box(30.0), 0.1, 0.0)
@given(
    st.sampled_from(["rover", "boat"]),
    st.sampled_from([ACRO, STEERING]),
    st.sampled_from([SLIDE, STOP]),
    st.sampled_from([[], box(30.0)]),
    st.floats(-1.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_no_sticks_carry_what_drives_out(
    kind: str, mode: int, behave: int, plan: list[MissionItem], roll: float, throttle: float
) -> None:
    """Its nose may come round to the fence near it, which takes of the margin, but not all."""
    fence = {"FENCE_TYPE": POLYGON if plan else CIRCLE, "FENCE_RADIUS": 32, "AVOID_BEHAVE": behave}
    bench = driving(kind, mode, plan, **fence)
    assert nearest_to_outside(bench, Sticks(roll=roll, throttle=throttle), 30.0) < 0.0


# --- when it is on ----------------------------------------------------------------------------------------------------
def test_the_fence_is_left_without_avoidance_and_it_acts_live() -> None:
    ahead = Sticks(pitch=1.0, throttle=0.5)
    bench = hovering(FENCE_TYPE=CIRCLE, FENCE_RADIUS=40)
    assert nearest_to_outside(bench, ahead, 20.0) == pytest.approx(-MARGIN, abs=0.4)
    bench.parameters.set("FENCE_MARGIN", 6)
    nearest_to_outside(bench, Sticks(throttle=0.5), 12.0)  # backs away
    assert bench.position[0] == pytest.approx(34.0, abs=0.5)
    bench.parameters.set("AVOID_ENABLE", 2)  # for objects alone
    assert nearest_to_outside(bench, ahead, 10.0) > 5.0
    assert bench.core.fence.breach[2] > 0


def test_a_pilot_is_not_held_where_the_fence_is_off_or_was_left() -> None:
    """DO_FENCE_ENABLE 0; and from outside the way back is free."""
    bench = hovering(box(40.0), FENCE_TYPE=POLYGON)
    assert bench.core.fence.command(0.0).ok
    nearest_to_outside(bench, Sticks(pitch=1.0, throttle=0.5), 8.0)
    assert bench.position[0] > 45.0
    assert bench.core.fence.command(1.0).ok
    nearest_to_outside(bench, Sticks(pitch=-1.0, throttle=0.5), 14.0)
    assert bench.position[0] < 38.0


@pytest.mark.parametrize(("sticks", "types", "level"), [(1.0, MAX_ALT, 18.0), (0.0, MIN_ALT, 8.0)])
def test_heights_are_kept_in_alt_hold(sticks: float, types: int, level: float) -> None:
    bench = hovering(mode=ALT_HOLD, up=13.0, FENCE_TYPE=types, FENCE_ALT_MAX=20, FENCE_ALT_MIN=6)
    nearest_to_outside(bench, Sticks(throttle=sticks), 10.0)
    assert height(bench) == pytest.approx(level, abs=0.5)


def test_a_guided_velocity_keeps_off_too() -> None:
    bench = hovering(mode=GUIDED, FENCE_TYPE=CIRCLE, FENCE_RADIUS=40, GUID_TIMEOUT=60)
    assert bench.core.commands.guided_target(velocity=(6.0, 0.0, 0.0)).ok
    bench.run(20.0)
    assert bench.position[0] == pytest.approx(38.0, abs=0.5)


def test_at_an_angle_it_slides_or_stops() -> None:
    ways = []
    for behave in (SLIDE, STOP):
        bench = hovering(box(40.0), FENCE_TYPE=POLYGON, AVOID_BEHAVE=behave)
        nearest_to_outside(bench, Sticks(pitch=0.9, roll=0.3, throttle=0.5), 20.0)
        ways.append(bench.position[:2])
    (north, east), (north_2, east_2) = ways
    assert (north, north_2) == pytest.approx((38.0, 38.0), abs=0.5)
    assert east > 30.0 > 15.0 > east_2


def test_a_rover_turns_back_in_manual_alone() -> None:
    """MANUAL gives the throttle to the motor, so it leaves; STEERING holds it."""
    for mode, outside in ((STEERING, False), (MANUAL, True)):
        bench = driving("rover", mode, FENCE_TYPE=CIRCLE, FENCE_RADIUS=30)
        assert (nearest_to_outside(bench, Sticks(throttle=1.0), 16.0) > 0.0) is outside


@pytest.mark.parametrize(("kind", "avoid", "most"), [("rover", 3, 1.0 - MARGIN), ("boat", 3, 1.0), ("rover", 0, 99.0)])
def test_a_rover_on_its_way_to_a_place_ends_before_the_fence(kind: str, avoid: int, most: float) -> None:
    """ArduRover's AR_PosControl: at rest FENCE_MARGIN before it, and on where the way leads back inside."""
    bench = driving(kind, GUIDED_ROVER, FENCE_TYPE=CIRCLE, FENCE_RADIUS=30, AVOID_ENABLE=avoid)
    assert bench.core.commands.guided_target(position=(50.0, 0.0, 0.0)).ok
    beyond = outside_within(bench, 40.0)
    assert (beyond > 10.0) is (avoid == 0)
    assert beyond < most or avoid == 0
    if avoid:
        assert beyond > -MARGIN - 3.0, "it went as far as it may"
        assert bench.core.commands.guided_target(position=(10.0, -10.0, 0.0)).ok
        bench.run(40.0, lambda: hypot(bench.position[0] - 10.0, bench.position[1] + 10.0) < 3.0)
        assert hypot(bench.position[0] - 10.0, bench.position[1] + 10.0) < 3.0


def outside_within(bench: Bench, seconds: float) -> float:
    """How far beyond the fence it has been, m, negative inside."""
    worst = -1000.0
    for _ in range(round(2.0 * seconds)):
        bench.run(0.5)
        excess = bench.core.fence.limits.excess(bench.core.fence.limits.types)
        worst = max([worst, *excess.values()])
    return worst


# --- what the vehicle is told -----------------------------------------------------------------------------------------
def told(bench: Bench) -> list[Edge | Ring]:
    return [] if bench.vehicle.bounds is None else list(bench.vehicle.bounds.barriers)


def test_of_many_edges_the_nearest_are_told() -> None:
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": POLYGON})
    turns = [2.0 * pi * k / 60 for k in range(60)]
    bench.upload([zone(5001, 200 * cos(turn), 200 * sin(turn), 60.0) for turn in turns], 1)
    bench.airborne()
    assert bench.core.commands.guided_target(position=(150.0, 0.0, -10.0)).ok
    bench.run(40.0)
    edges = [barrier for barrier in told(bench) if isinstance(barrier, Edge)]
    assert len(edges) == BARRIERS
    assert max(hypot(edge.start[0] - 150.0, edge.start[1]) for edge in edges) < 300.0
    assert bench.core.fence.command(0.0).ok
    assert told(bench) == []


def test_of_many_circles_the_nearest_are_told() -> None:
    """By the way to their edge: a wide one whose middle is far counts before a small one that is far."""
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": POLYGON})
    small = [(20.0 + 10.0 * k, -30.0, 3.0) for k in range(40)]
    wide = (0.0, 430.0, 400.0)
    bench.upload([zone(5004, *circle) for circle in (*small, wide)], 1)
    bench.airborne()
    bench.run(1.0)
    rings = [barrier for barrier in told(bench) if isinstance(barrier, Ring)]
    nearest = sorted((*small, wide), key=lambda circle: hypot(circle[0], circle[1]) - circle[2])[:BARRIERS]
    assert sorted(ring.radius for ring in rings) == sorted(radius for *_, radius in nearest)
    assert sorted(ring.middle[0] for ring in rings) == pytest.approx(sorted(north for north, *_ in nearest), abs=0.1)


def test_only_what_is_selected_is_told() -> None:
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": CIRCLE, "FENCE_RADIUS": 50})
    bench.upload(box(40.0), 1)
    bench.airborne()
    bench.run(1.0)
    assert told(bench) == [Ring((0.0, 0.0), 50.0, inside=True)]
    bench.parameters.set("FENCE_TYPE", POLYGON)
    bench.run(1.0)
    assert len(told(bench)) == 4


def test_in_modes_that_are_not_held_off_nothing_is_told() -> None:
    """A copter in AUTO flies its legs; in LOITER the fence is there in the first pass, and a velocity's too."""
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": CIRCLE, "FENCE_RADIUS": 90})
    bench.begin((takeoff(), waypoint(30, 0), waypoint(0, 30), waypoint(30, 30)))
    bench.run(20.0, lambda: 2 in bench.reached)
    assert bench.vehicle.bounds is None
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(0.02)
    assert told(bench) == [Ring((0.0, 0.0), 90.0, inside=True)]
    assert bench.core.modes.set(RTL, bench.now_ms).ok
    bench.run(0.02)
    assert bench.vehicle.bounds is None


def test_corners_are_converted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fence of 1,000 corners costs a look no more than where the vehicle is to each edge."""
    made: list[float] = []
    convert = avoidance.to_local

    def counted(origin: GeoPoint, lat: float, lon: float, alt: float) -> Ned:
        made.append(lat)
        return convert(origin, lat, lon, alt)

    monkeypatch.setattr(avoidance, "to_local", counted)
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": POLYGON})
    turns = [2.0 * pi * k / 1000 for k in range(1000)]
    bench.upload([zone(5001, 500 * cos(turn), 500 * sin(turn), 1000.0) for turn in turns], 1)
    bench.airborne()
    assert bench.core.commands.guided_target(position=(100.0, 0.0, -10.0)).ok
    bench.run(20.0)
    assert len(told(bench)) == BARRIERS
    assert len(made) == 1000


def test_objects_alone_are_kept_off_by_their_own_margin() -> None:
    """The wider one of a fence counts only where there is one."""
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_TYPE": MAX_ALT, "FENCE_MARGIN": 5, "AVOID_MARGIN": 1.5})
    bench.airborne()
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(1.0)
    bench.core.fence.avoidance.see(((10.0, 0.0),))
    assert bench.vehicle.bounds.margin == 1.5


@pytest.mark.parametrize(("off_fence", "off_objects"), [(5.0, 1.5), (1.5, 5.0)])
def test_seen_objects_do_not_change_the_distance_to_ceiling_and_floor(off_fence: float, off_objects: float) -> None:
    """With an object in sight a copter came as near to the greatest height as to the object."""
    limits = {"FENCE_ALT_MAX": 60, "FENCE_ALT_MIN": 5, "FENCE_TYPE": MAX_ALT | MIN_ALT}
    bench = Bench(parameters={"FENCE_ENABLE": 1, "FENCE_MARGIN": off_fence, "AVOID_MARGIN": off_objects, **limits})
    bench.airborne(20.0)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(1.0)
    for objects in ((), ((10.0, 0.0),)):
        bench.core.fence.avoidance.see(objects)
        bounds = bench.vehicle.bounds
        assert bounds.ceiling + bounds.margin == pytest.approx(-60.0 + off_fence)
        assert bounds.floor - bounds.margin == pytest.approx(-5.0 - off_fence)


def plane_behind_its_takeoff(mode: PlaneMode, parameters: dict[str, float]) -> Bench:
    """A plane on its way to a waypoint 60 m above home, then in `mode`."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters=parameters)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.upload([takeoff(60.0), waypoint(3000.0, 0.0, 60.0)])
    assert bench.core.modes.set(PlaneMode.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 2)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    return bench


@pytest.mark.parametrize("mode", [PlaneMode.FBWB, PlaneMode.CRUISE, PlaneMode.LOITER])
@pytest.mark.parametrize(("pull", "kind", "level"), [(-1.0, MAX_ALT, 95.0), (1.0, MIN_ALT, 35.0)])
def test_a_plane_keeps_the_heights_where_the_stick_moves_its_own(
    mode: PlaneMode, pull: float, kind: int, level: float
) -> None:
    """ArduPlane's check_fbwb_altitude; it went on to the fence, and its action ended the pilot's mode."""
    climbs_in_loiter = {"FLIGHT_OPTIONS": 1 << 12}
    heights = {"FENCE_TYPE": kind, "FENCE_ALT_MAX": 100.0, "FENCE_ALT_MIN": 30.0, "FENCE_MARGIN": 5.0}
    parameters = {**climbs_in_loiter, **heights, "FENCE_ACTION": 1, "FENCE_ENABLE": 1}
    bench = plane_behind_its_takeoff(mode, parameters)
    nearest_to_outside(bench, Sticks(pitch=pull, throttle=0.5), 40.0)
    assert bench.core.modes.number == mode
    assert height(bench) == pytest.approx(level, abs=1.5)


@pytest.mark.parametrize(
    ("parameters", "mode", "level"),
    [
        ({}, PlaneMode.FBWB, 45.0),
        ({}, PlaneMode.LOITER, 45.0),
        ({"FENCE_ENABLE": 1, "FENCE_ALT_MIN": 20.0}, PlaneMode.CRUISE, 45.0),
        ({"FENCE_ENABLE": 1, "FENCE_ALT_MIN": 45.0}, PlaneMode.CRUISE, 50.0),
    ],
)
def test_a_plane_keeps_a_least_height_without_a_fence(
    parameters: dict[str, float], mode: PlaneMode, level: float
) -> None:
    """CRUISE_ALT_FLOOR, or the fence's height if that is higher (ArduPlane's check_fbwb_altitude)."""
    fence = {"FENCE_TYPE": MIN_ALT, "FENCE_MARGIN": 5.0, "FENCE_ACTION": 1, **parameters}
    given = {"CRUISE_ALT_FLOOR": 45.0, "FLIGHT_OPTIONS": 1 << 12, **fence}
    bench = plane_behind_its_takeoff(mode, given)
    nearest_to_outside(bench, Sticks(pitch=1.0, throttle=0.5), 30.0)
    assert height(bench) == pytest.approx(level, abs=1.5)
    bench.parameters.set("CRUISE_ALT_FLOOR", 70.0)
    nearest_to_outside(bench, Sticks(throttle=0.5), 20.0)
    assert height(bench) == pytest.approx(70.0, abs=1.5), "it climbs back above it"
