"""Other aircraft: each action of AVD_F_ACTION and recovery of AVD_F_RCVRY, on the simulated copter and plane."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.targets import Velocity
from autopilot.interface.traffic import Contact, Lookout
from autopilot.mav import CollisionAction, CollisionThreat, VtolState
from autopilot.modes.auxiliary import AVOID_AIRCRAFT, HIGH, LOW
from autopilot.safety.threat import Threat
from autopilot.vehicles.mode_table import PlaneMode
from tests.autopilot.vehicles.test_quadplane_decides import flying, lifted
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import from_the_ground
from tests.fakes.sim_copter import AUTO, BRAKE, GUIDED, LAND, LOITER, RTL, in_air, ready

AVOID_ADSB = 19


def meet(bench: Bench, at: Ned, velocity: Ned, seconds: float, icao: int = 1) -> None:
    """An aircraft that is reported each second, from NED `at` on."""
    for k in range(round(seconds)):
        place = (at[0] + k * velocity[0], at[1] + k * velocity[1], at[2] + k * velocity[2])
        bench.core.traffic.hear(Contact(icao, to_global(ORIGIN, place), velocity, bench.now_ms))
        bench.run(1.0)


def hovering(action: int, up: float = 30.0, mode: int = LOITER, **parameters: Any) -> Bench:
    bench = in_air(up, AVD_ENABLE=1, AVD_F_ACTION=action, ADSB_TYPE=1, **parameters)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(3.0)
    return bench


def moved(bench: Bench) -> Ned:
    position: Ned = bench.vehicle.true_ned
    return position


@pytest.mark.parametrize(
    ("action", "mode", "direction"),
    [
        (0, LOITER, (0, 0, 0)),
        (1, LOITER, (0, 0, 0)),
        (2, AVOID_ADSB, (0, 0, -1)),  # it comes 20 m lower: climb
        (3, AVOID_ADSB, (0, -1, 0)),  # it passes 30 m to the east: go west
        (4, AVOID_ADSB, (0, -1, -1)),
        (5, RTL, None),
        (6, LOITER, (0, 0, 0)),
    ],
)
def test_actions(action: int, mode: int, direction: tuple[int, int, int] | None) -> None:
    """Of one that comes from the north, 20 m lower and 30 m to the east."""
    bench = hovering(action, AVD_F_RCVRY=0)
    n0, e0, d0 = moved(bench)
    meet(bench, (1000.0, 30.0, -10.0), (-50.0, 0.0, 0.0), 6)
    assert bench.core.modes.number == mode
    if direction is not None:
        n, e, d = moved(bench)
        went = [0 if abs(x) < 3.0 else 1 if x > 0 else -1 for x in (n - n0, e - e0, d - d0)]
        assert tuple(went) == direction
    told = [(collision.threat.level, collision.action) for collision in bench.core.traffic.collisions]
    assert told[0] == (CollisionThreat.HIGH, action if action > 1 else CollisionAction.NONE)


@pytest.mark.parametrize("action", [2, 5, 6])
def test_nothing_disturbs_a_copter_that_waits_to_be_thrown(action: int) -> None:
    """As in ArduCopter's handle_avoidance, also a flip; it was disarmed in the hand."""
    bench = ready(AVD_ENABLE=1, AVD_F_ACTION=action, ADSB_TYPE=1)
    assert bench.core.modes.set(18, bench.now_ms).ok
    bench.arm()
    meet(bench, (1000.0, 30.0, -10.0), (-50.0, 0.0, 0.0), 3)
    assert bench.core.facts.armed
    assert bench.core.modes.number == 18
    assert bench.core.traffic.collisions[0].action is CollisionAction.NONE


def test_from_one_that_stands_straight_above_there_is_no_side_to_go_to() -> None:
    """As in ArduCopter's handle_avoidance_horizontal: it is told that nothing is done."""
    bench = Bench(parameters={"AVD_ENABLE": 1, "AVD_F_ACTION": 3, "ADSB_TYPE": 1})
    bench.airborne(30.0)
    here = bench.vehicle.state.place
    bench.core.traffic.hear(Contact(1, GeoPoint(here.lat, here.lon, here.alt + 20.0), (0.0, 0.0, 0.0), bench.now_ms))
    bench.run(1.0)
    told = [(collision.threat.level, collision.action) for collision in bench.core.traffic.collisions]
    assert told == [(CollisionThreat.HIGH, CollisionAction.NONE)]


@pytest.mark.parametrize(
    ("recovery", "before", "after"),
    [(0, LOITER, AVOID_ADSB), (1, LOITER, LOITER), (1, GUIDED, GUIDED), (2, LOITER, RTL), (3, LOITER, AVOID_ADSB)],
)
def test_recoveries(recovery: int, before: int, after: int) -> None:
    """When the threat is over, and the mode is still the one that it has led to."""
    bench = hovering(3, mode=before, AVD_F_RCVRY=recovery)
    meet(bench, (600.0, 30.0, -30.0), (-50.0, 0.0, 0.0), 20)
    assert bench.core.traffic.level is CollisionThreat.NONE
    assert bench.core.modes.number == after


def test_who_changes_the_mode_keeps_it() -> None:
    """The pilot takes over: no velocity, no recovery."""
    bench = hovering(3, AVD_F_RCVRY=2)
    meet(bench, (1000.0, 30.0, -30.0), (-50.0, 0.0, 0.0), 3)
    assert bench.core.modes.number == AVOID_ADSB
    assert bench.core.modes.set(BRAKE, bench.now_ms).ok
    meet(bench, (850.0, 30.0, -30.0), (-50.0, 0.0, 0.0), 30)
    assert bench.core.modes.number == BRAKE


def test_a_landing_goes_on() -> None:
    bench = hovering(2, mode=LAND)
    meet(bench, (1000.0, 30.0, -10.0), (-50.0, 0.0, 0.0), 5)
    assert bench.core.modes.number == LAND


def test_no_descent_below_the_height_of_a_return() -> None:
    """One that comes higher: down, but not where RTL_ALT is higher than the vehicle."""
    low = hovering(2, up=12.0)
    meet(low, (1000.0, 0.0, -40.0), (-50.0, 0.0, 0.0), 6)
    assert moved(low)[2] == pytest.approx(-12.0, abs=1.0)
    high = hovering(2, up=30.0)
    meet(high, (1000.0, 0.0, -60.0), (-50.0, 0.0, 0.0), 6)
    assert moved(high)[2] > -26.0


@pytest.mark.parametrize(("down", "above"), [(0.1, False), (0.0, True), (-0.1, True)])
def test_one_at_the_same_height_is_descended_from(down: float, above: bool) -> None:
    """End of the descent: the height of a return, which limits no climb."""
    bench = hovering(2)
    threat = Threat(Contact(1, ORIGIN, None, bench.now_ms), CollisionThreat.HIGH, (50.0, 0.0, down), 50.0, down, 0.0)
    evasion = bench.core.traffic._evasion
    evasion.evade(threat, CollisionAction.ASCEND_OR_DESCEND, bench.now_ms)
    conditions = evasion.repeat_conditions(threat, CollisionAction.ASCEND_OR_DESCEND)
    assert conditions is not None and conditions.above is above
    assert (conditions.deepest_m < 0.0) is above
    flown = bench.core.helm.target
    assert isinstance(flown, Velocity) and (flown.velocity[2] > 0.0) is above


def test_on_the_ground_a_copter_is_disarmed() -> None:
    bench = ready(AVD_ENABLE=1, AVD_F_ACTION=3, ADSB_TYPE=1)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.arm()
    meet(bench, (500.0, 0.0, 0.0), (-50.0, 0.0, 0.0), 2)
    assert not bench.core.facts.armed


def test_a_plane_on_the_ground_changes_its_mode_only() -> None:
    """As ArduPlane, also disarmed."""
    bench = Bench("plane", parameters={"AVD_ENABLE": 1, "AVD_F_ACTION": 5, "ADSB_TYPE": 1})
    assert bench.core.modes.set(PlaneMode.FBWA, bench.now_ms).ok
    meet(bench, (500.0, 0.0, 0.0), (-50.0, 0.0, 0.0), 2)
    assert bench.core.modes.number == PlaneMode.RTL


def test_a_switch_enables_and_disables_it() -> None:
    """RCn_OPTION 38; without a receiver it stays off."""
    bench = hovering(1)
    bench.core.auxiliary.act(AVOID_AIRCRAFT, LOW)
    assert bench.parameters["AVD_ENABLE"] == 0.0 and bench.texts[-1] == "ADSB Avoidance Disabled"
    bench.core.auxiliary.act(AVOID_AIRCRAFT, HIGH)
    assert bench.parameters["AVD_ENABLE"] == 1.0 and bench.texts[-1] == "ADSB Avoidance Enabled"
    bench.core.auxiliary.act(AVOID_AIRCRAFT, LOW)
    bench.parameters.set("ADSB_TYPE", 0.0)
    bench.core.auxiliary.act(AVOID_AIRCRAFT, HIGH)
    assert bench.parameters["AVD_ENABLE"] == 0.0 and bench.texts[-1] == "ADSB not available"


def test_below_its_least_height_it_is_only_told() -> None:
    """AVD_F_ALT_MIN, above the sea."""
    bench = hovering(2, AVD_F_ALT_MIN=ORIGIN.alt + 100.0)
    meet(bench, (1000.0, 0.0, -10.0), (-50.0, 0.0, 0.0), 5)
    assert bench.core.modes.number == LOITER
    assert bench.core.traffic.level is CollisionThreat.HIGH


@pytest.mark.parametrize(("most", "level"), [(1, CollisionThreat.NONE), (2, CollisionThreat.HIGH)])
def test_the_latest_reports_are_judged(most: int, level: CollisionThreat) -> None:
    """AVD_OBS_MAX of them: the one that threatens was heard before the other."""
    bench = hovering(1, AVD_OBS_MAX=most)
    for icao, north, speed, age_ms in ((1, 500.0, -50.0, 500), (2, 1500.0, 50.0, 0)):
        place = to_global(ORIGIN, (north, 0.0, -30.0))
        bench.core.traffic.hear(Contact(icao, place, (speed, 0.0, 0.0), bench.now_ms - age_ms))
    bench.run(0.2)
    assert bench.core.traffic.level is level


def test_one_that_is_special_is_kept_from_any_distance() -> None:
    """ADSB_ICAO_SPECL."""
    bench = ready(ADSB_TYPE=1, ADSB_ICAO_SPECL=7)
    for icao in (7, 8):
        place = to_global(ORIGIN, (50_000.0, 0.0, 0.0))
        bench.core.traffic.hear(Contact(icao, place, (0.0, 0.0, 0.0), bench.now_ms))
    assert [number for _, number in bench.core.traffic.contacts] == [7]


def test_the_list_keeps_the_nearest() -> None:
    """ADSB_LIST_MAX within ADSB_LIST_RADIUS and ADSB_LIST_ALT; its own address and what is too old are none."""
    bench = ready(ADSB_TYPE=1, ADSB_LIST_MAX=2, ADSB_LIST_ALT=1000, ADSB_ICAO_ID=9)

    def hear(icao: int, north: float, up: float = 0.0) -> None:
        place = to_global(ORIGIN, (north, 0.0, -up))
        bench.core.traffic.hear(Contact(icao, place, (0.0, 0.0, 0.0), bench.now_ms))

    def known() -> set[int]:
        return {number for _, number in bench.core.traffic.contacts}

    hear(1, 1500.0)
    hear(2, 1000.0)
    hear(3, 500.0)
    assert known() == {2, 3}
    hear(4, 2100.0)
    hear(5, 100.0, 1100.0)
    hear(9, 10.0)
    assert known() == {2, 3}
    hear(2, 2001.0)
    assert known() == {3}
    above = GeoPoint(ORIGIN.lat, ORIGIN.lon, bench.vehicle.state.place.alt + 1000.0)
    bench.core.traffic.hear(Contact(6, above, None, bench.now_ms))
    assert known() == {3, 6}  # at the very limit
    bench.run(5.2)
    assert not known()
    assert bench.core.traffic.look_ms is None  # nothing is left to judge


def test_without_traffic_nobody_is_called() -> None:
    """The part joins the pass with the first report."""
    bench = ready()
    assert "traffic" not in [row.part for row in bench.core.turns.rows]
    bench.core.traffic.hear(Contact(1, to_global(ORIGIN, (500.0, 0.0, 0.0)), None, bench.now_ms))
    parts = [row.part for row in bench.core.turns.rows]
    assert parts.index("fence") < parts.index("traffic") < parts.index("modes")


def test_the_same_by_tick_and_by_deadline() -> None:
    """Called at each tick or when it wants to be called, it decides the same."""
    flights = []
    for by_tick in (False, True):
        bench = hovering(4, AVD_F_RCVRY=1)
        bench.by_tick = by_tick
        meet(bench, (1900.0, 20.0, -20.0), (-60.0, 0.0, 0.0), 45)
        flights.append((bench.modes, moved(bench)))
    assert flights[0] == flights[1]


@pytest.mark.parametrize(("action", "above"), [(1, None), (2, False)])
def test_the_vehicle_looks_out_until_the_next_report_is_due(
    action: int, above: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second later, for a change of level; while it evades by height, also for a change of who is higher."""
    bench = hovering(action)
    asked: list[Lookout | None] = []
    monkeypatch.setattr(bench.vehicle, "look_out", asked.append)
    bench.core.traffic.hear(Contact(1, to_global(ORIGIN, (0.0, 50.0, -20.0)), (0.0, 0.0, 0.0), bench.now_ms))
    heard_ms = bench.now_ms
    bench.run(0.3)
    first = asked[0]
    assert first is not None
    assert (first.level, first.above) == (CollisionThreat.HIGH, above)
    assert 1000 <= first.until_ms - heard_ms <= 1200


def test_a_mission_goes_on_afterwards() -> None:
    """AVD_F_RCVRY 3: AUTO is resumed."""
    from tests.fakes.core_bench import takeoff, waypoint

    bench = ready(AVD_ENABLE=1, AVD_F_ACTION=2, AVD_F_RCVRY=3, ADSB_TYPE=1)
    bench.begin([takeoff(20.0), waypoint(300.0, 0.0, 20.0), waypoint(0.0, 0.0, 20.0)])
    bench.run(15.0)
    meet(bench, (1500.0, 0.0, -20.0), (-50.0, 0.0, 0.0), 40)
    assert bench.modes[-2:] == [AVOID_ADSB, AUTO]
    assert bench.core.modes.number == AUTO


def test_who_would_have_to_evade_is_not_armed_until_it_is_over() -> None:
    """AVD_F_ALT_MIN: what is only told does not keep it on the ground."""
    bench = ready(AVD_ENABLE=1, AVD_F_ACTION=2, ADSB_TYPE=1)
    meet(bench, (0.0, 0.0, -10.0), (0.0, 0.0, 0.0), 1)
    assert not bench.core.arming.arm(bench.now_ms).ok
    assert "Arm: ADSB threat detected" in bench.texts
    bench.run(15.0)
    bench.parameters.set("AVD_F_ALT_MIN", 16.0 + ORIGIN.alt)
    meet(bench, (0.0, 0.0, -10.0), (0.0, 0.0, 0.0), 1)
    bench.arm()


def test_aircraft_that_have_left_are_forgotten() -> None:
    """The time of the last report of each threat was kept as long as the service ran."""
    bench = hovering(1)
    for icao in range(1, 6):
        meet(bench, (100.0, 0.0, -15.0), (0.0, 0.0, 0.0), 1, icao)
        bench.run(6.0)
    assert {collision.threat.contact.number for collision in bench.core.traffic.collisions} == set(range(1, 6))
    assert not bench.core.traffic._reported_ms
    assert bench.core.traffic.level is CollisionThreat.NONE


def _near(bench: Bench, action: int) -> str:
    """What is told of one that stands straight above."""
    for name, value in (("ADSB_TYPE", 1.0), ("AVD_ENABLE", 1.0), ("AVD_F_ACTION", float(action))):
        bench.core.parameters.set(name, value)
    here = bench.vehicle.state.place
    bench.core.traffic.hear(Contact(1, GeoPoint(here.lat, here.lon, here.alt + 20.0), (0.0, 0.0, 0.0), bench.now_ms))
    bench.run(1.0)
    return next(text for text in bench.texts if text.startswith("Avoid"))


@pytest.mark.parametrize("action", [3, 5])
def test_a_takeoff_of_a_mission_goes_on(action: int) -> None:
    """ArduPlane's handle_avoidance: none while AUTO's takeoff is not complete; 7 m high it turned to RTL, or away."""
    bench = from_the_ground(takeoff(80.0), waypoint(800.0, 0.0, 80.0))
    bench.run(3.0)
    assert 0.0 < bench.core.facts.height < 20.0
    assert _near(bench, action) == "Avoid: Performing action: 0"
    assert bench.core.modes.number == PlaneMode.AUTO
    bench.core.traffic.contacts.clear()


def test_lift_motors_that_carry_it_hover() -> None:
    """AVD_F_ACTION 6: QLOITER, as ArduPlane's handle_avoidance; a hover went to its wings for LOITER."""
    bench = lifted()
    bench.run(60.0)
    assert bench.core.modes.set(PlaneMode.QHOVER, bench.now_ms).ok
    bench.vehicle.state.report[R.VTOL_STATE] = VtolState.MC
    assert _near(bench, 6) == "Avoid: Performing action: 6"
    assert bench.core.modes.number == PlaneMode.QLOITER
    wings = flying()
    _near(wings, 6)
    assert wings.core.modes.number == PlaneMode.LOITER
