"""Ways round a fence that are flown (OA_TYPE): AUTO, GUIDED and RTL of copters and rovers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import Ned, to_global
from autopilot.interface.targets import Leg
from autopilot.mission.items import MissionItem
from autopilot.safety.room import Place
from sitl.vehicles.rover import SimulatedRover
from tests.autopilot.safety.test_fence_watch import POLYGON, box, zone
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import AUTO, GUIDED, RTL, away, in_air

NONE, BENDY_RULER, DIJKSTRA, BOTH = range(4)
DRIVE_RTL, DRIVE_GUIDED = 11, 15
HOUSE = [zone(5002, n, e, 4.0) for n, e in ((20, -12), (20, 8), (40, 8), (40, -12))]
POND = [zone(5004, 30, 0, 10.0)]
GOAL = (60.0, 0.0, -10.0)


def flying(plan: Sequence[MissionItem], planning: int, **parameters: float) -> Bench:
    """Hovering at home behind a fence that is on; nothing is done when it is breached."""
    bench = in_air(10.0, FENCE_ACTION=0, FENCE_TYPE=POLYGON, OA_TYPE=planning, **parameters)
    bench.upload(plan, 1)
    bench.parameters.set("FENCE_ENABLE", 1)
    return bench


def nearest(bench: Bench, seconds: float, until: Callable[[], bool]) -> float:
    """Fly; the least room to the fence, m, by where the vehicle truly is."""
    least = 1000.0
    for _ in range(round(seconds / 0.2)):
        if until():
            break
        bench.run(0.2)
        truth = bench.vehicle.state.report
        place = to_global(ORIGIN, (float(truth[R.TRUE_N]), float(truth[R.TRUE_E]), 0.0))
        least = min(least, bench.core.fence.zones.margin(place.lat, place.lon))
    assert until()
    return least


def there(bench: Bench, place: Ned = GOAL) -> Callable[[], bool]:
    return lambda: bench.core.helm.arrived and away(bench, *place[:2]) < 3.0


@pytest.mark.parametrize("planning", [BENDY_RULER, DIJKSTRA, BOTH])
@pytest.mark.parametrize("fence", [HOUSE, POND])
def test_guided_goes_round_a_zone_to_stay_out_of(planning: int, fence: list[MissionItem]) -> None:
    """OA_MARGIN_MAX off its edges, half of that at corners, which are rounded; and the place is reached."""
    bench = flying(fence, planning)
    assert bench.core.commands.guided_target(position=GOAL).ok
    assert nearest(bench, 120.0, there(bench)) > 2.5
    assert isinstance(bench.core.helm.target, Leg)
    assert bench.core.helm.target.end == pytest.approx(GOAL)


@pytest.mark.parametrize(("first", "bent"), [(0, False), (1, True), (2, True), (3, True)])
def test_the_ruler_keeps_off_all_edges_but_that_which_closes_the_fence(first: int, bent: bool) -> None:
    """As ArduPilot's: a way two metres beside the edge from the last corner to the first is flown as it is."""
    corners = [zone(5001, n, e, 4.0) for n, e in ((-9, -2), (-9, 90), (90, 90), (90, -2))]
    bench = flying(corners[first:] + corners[:first], BENDY_RULER, OA_MARGIN_MAX=6)
    assert bench.core.commands.guided_target(position=GOAL).ok
    bench.run(6.0)
    north, east, _ = bench.vehicle.state.position
    assert north > 10.0
    assert (east > 1.0) is bent


@pytest.mark.parametrize("planning", [BENDY_RULER, DIJKSTRA])
def test_it_looks_for_a_way_once_a_second(planning: int) -> None:
    """A straight leg of a minute costs a pass a second, not one at each tick."""
    bench = Bench(parameters={"OA_TYPE": planning})
    bench.airborne()
    before = bench.updates
    assert bench.core.commands.guided_target(position=(500.0, 0.0, -10.0)).ok
    bench.run(40.0)
    assert 40 <= bench.updates - before < 60


def test_a_corner_is_as_high_as_its_part_of_the_way() -> None:
    """From 10 m up to 30 m: each piece rises in proportion to what remains."""
    bench = Bench(parameters={"FENCE_ACTION": 0, "FENCE_TYPE": POLYGON, "OA_TYPE": DIJKSTRA})
    bench.upload(HOUSE, 1)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.airborne()
    assert bench.core.commands.guided_target(position=(60.0, 0.0, -30.0)).ok
    piece = bench.vehicle.target
    assert isinstance(piece, Leg)
    north, east, down = bench.position
    first, rest = hypot(piece.end[0] - north, piece.end[1] - east), hypot(60.0 - piece.end[0], piece.end[1])
    assert piece.end[2] == pytest.approx(down + (-30.0 - down) * first / (first + rest), abs=0.01)
    assert piece.goal == pytest.approx((60.0, 0.0, -30.0))


def test_also_in_the_last_metre_the_height_follows_the_way() -> None:
    """A post that appears between it and its goal, ten metres higher: at the corner beside it, part of the climb."""
    parameters = {"FENCE_ACTION": 0, "FENCE_TYPE": POLYGON, "OA_TYPE": DIJKSTRA, "OA_MARGIN_MAX": 0.1}
    bench = Bench(parameters={"AVOID_ENABLE": 0, "WPNAV_SPEED": 20, **parameters})
    bench.airborne()
    assert bench.core.commands.guided_target(position=(60.0, 0.0, -20.0)).ok
    bench.run(0.9)
    bench.vehicle.put((59.1, 0.0, -10.0))
    bench.upload([zone(5004, 59.6, 0.0, 0.1)], 1)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(0.3)
    aside = bench.vehicle.target
    assert isinstance(aside, Leg) and aside.goal is not None
    assert aside.goal[:2] == pytest.approx((60.0, 0.0), abs=0.01)
    assert -17.0 < aside.end[2] < -13.0


def test_without_planning_it_flies_through() -> None:
    bench = flying(POND, NONE)
    assert bench.core.commands.guided_target(position=GOAL).ok
    assert nearest(bench, 60.0, there(bench)) < -5.0


@pytest.mark.parametrize("planning", [BENDY_RULER, DIJKSTRA])
def test_a_mission_and_the_way_home_go_round(planning: int) -> None:
    """Each item is reached, and RTL lands at home; heights are kept on the way."""
    bench = flying(HOUSE, planning, RTL_ALT=1000)
    bench.upload([takeoff(), waypoint(60.0, 0.0), waypoint(60.0, 30.0), waypoint(0.0, -40.0)])
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    assert nearest(bench, 200.0, lambda: 3 in bench.reached) > 2.5
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    assert bench.core.commands.guided_target(position=GOAL).ok
    nearest(bench, 60.0, there(bench))
    assert bench.core.modes.set(RTL, bench.now_ms).ok
    assert nearest(bench, 120.0, lambda: not bench.core.facts.armed) > 2.5
    assert away(bench) < 2.0


@pytest.mark.parametrize("planning", [DIJKSTRA, BOTH])
def test_without_a_way_it_flies_on_when_nothing_is_planned_any_more(planning: int) -> None:
    """With OA_TYPE 0 it stayed until its next target, as if the ways were still planned."""
    bench = flying(HOUSE, planning, FENCE_MARGIN=1, AVOID_ENABLE=0)
    bench.parameters.set("FENCE_ENABLE", 0)
    assert bench.core.commands.guided_target(position=(30.0, 0.0, -10.0)).ok
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(12.0)
    assert away(bench) < 12.0
    bench.parameters.set("OA_TYPE", NONE)
    bench.run(30.0, lambda: bench.core.helm.arrived)
    assert away(bench, 30.0) < 3.0


def test_without_a_way_it_stays_until_there_is_one() -> None:
    """The goal lies in the zone: it is said every five seconds; then the fence is taken away."""
    bench = flying(HOUSE, DIJKSTRA)
    bench.parameters.set("FENCE_ENABLE", 0)
    assert bench.core.commands.guided_target(position=(30.0, 0.0, -10.0)).ok
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.run(12.0)
    assert away(bench) < 12.0
    assert not bench.core.helm.arrived
    assert bench.texts.count("Dijkstra: could not find path") == 3
    bench.parameters.set("FENCE_ENABLE", 0)
    bench.run(30.0, lambda: bench.core.helm.arrived)
    assert away(bench, 30.0) < 3.0


@pytest.mark.parametrize("planning", [BENDY_RULER, DIJKSTRA])
def test_a_rover_drives_round(planning: int) -> None:
    """In AUTO, to the end of the mission; inside of a zone to stay in that has the way round."""
    parameters = {"FENCE_ENABLE": 1, "FENCE_ACTION": 0, "FENCE_TYPE": POLYGON, "OA_TYPE": planning, "AVOID_ENABLE": 0}
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, 7), parameters=parameters)
    bench.upload(box(90.0) + HOUSE, 1)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    bench.begin([waypoint(60.0, 0.0), waypoint(60.0, 30.0)])
    assert nearest(bench, 200.0, lambda: 2 in bench.reached) > 1.5


@pytest.mark.parametrize(("kind", "passes"), [("copter", False), ("rover", True)])
def test_with_the_ruler_a_rover_passes_its_waypoints_and_a_copter_stops_at_each(kind: str, passes: bool) -> None:
    """As in ArduPilot. A leg whose next one is known is not braked at its end."""
    bench = Bench(kind, parameters={"OA_TYPE": BENDY_RULER})
    begin = [takeoff()] if kind == "copter" else []
    bench.begin([*begin, waypoint(60.0, 0.0), waypoint(120.0, 0.0)])
    bench.run(30.0, lambda: bench.core.sequencer.current_nav_index() > len(begin))
    target = bench.vehicle.targets[-1]
    assert isinstance(target, Leg) and target.end[0] == pytest.approx(60.0, abs=0.1)
    assert (target.next is not None) is passes


#: The fence of ArduPilot's PolyFenceObjectAvoidanceBendyRuler: two fields, joined north of two ponds; home in the west.
FIELDS = [(44, -35), (-40, -39), (-40, 82), (26, 79), (25, 138), (-58, 154), (-65, 304), (120, 290)]
PONDS = [(26, 138), (28, 154)]
EAST = (-35.0, 175.0)  # its destination
STARTS = [((-49.0, 215.0), 1), ((-5.0, 227.0), 4), ((17.0, 188.0), 7), ((-23.0, 257.0), 21)]


def in_fields(planning: int, seed: int) -> Bench:
    """A rover at home with the parameters of that test, armed in GUIDED."""
    parameters = {
        "FENCE_TYPE": POLYGON,
        "AVOID_ENABLE": 3,
        "OA_TYPE": planning,
        "OA_BR_LOOKAHEAD": 50,
        "WP_RADIUS": 5,
        "WP_SPEED": 5,
    }
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, seed), parameters=parameters)
    bench.upload([zone(5001, n, e, len(FIELDS)) for n, e in FIELDS] + [zone(5004, n, e, 20.0) for n, e in PONDS], 1)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(DRIVE_GUIDED, bench.now_ms).ok
    bench.arm()
    return bench


def drives(bench: Bench, place: Place, seconds: float) -> bool:
    """Drive to a place in GUIDED; True if it comes near in time."""
    assert bench.core.commands.guided_target(position=(*place, bench.position[2])).ok
    bench.run(seconds, lambda: away(bench, *place) < 7.0)
    return away(bench, *place) < 7.0


@pytest.mark.parametrize(("start", "seed"), STARTS)
def test_the_ruler_does_not_go_to_and_fro_before_a_fence(start: Place, seed: int) -> None:
    """Both ways along the fence look free from somewhere: having turned back once, it goes on as long as it can."""
    bench = in_fields(BENDY_RULER, seed)
    assert drives(bench, start, 120.0)
    bench.parameters.set("FENCE_ENABLE", 1)
    assert bench.core.modes.set(DRIVE_RTL, bench.now_ms).ok
    bench.run(150.0, lambda: away(bench) < 7.0)
    assert away(bench) < 7.0


@pytest.mark.parametrize("planning", [DIJKSTRA, BOTH])
def test_a_rover_is_not_led_to_where_its_fence_stops_it(planning: int) -> None:
    """AVOID_ENABLE stops it FENCE_MARGIN before an edge: its ways keep OA_MARGIN_MAX where they can."""
    bench = in_fields(planning, 1)
    bench.parameters.set("FENCE_ENABLE", 1)
    assert drives(bench, EAST, 120.0)
    assert bench.core.modes.set(DRIVE_RTL, bench.now_ms).ok
    bench.run(120.0, lambda: away(bench) < 7.0)
    assert away(bench) < 7.0
