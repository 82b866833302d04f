"""Drag and wind by flying, and where a log of a vehicle without a place, or on its back, is judged."""

from __future__ import annotations

from math import cos, radians, sin

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from autopilot.interface.geo import GeoPoint, to_global
from sortie.config.errors import UserError
from sortie.incident.evidence import Evidence
from sortie.incident.happened import rests_from
from sortie.incident.scenario import Gust, HappenedInFlight, Scenario, ScenarioFault
from sortie.incident.tuning import AIR, LETS_GO, OffTrack, let_go, tuned
from sortie.reading.facts import FlightFacts, Sample
from sortie.reading.logs import LogForm

HOME = GeoPoint(47.0, 8.0, 400.0)
LASTS_S = 80.0


def facts(north: float, east: float, *, jumps_m: float = 0.0) -> FlightFacts:
    """Up, then with this speed, m/s; elsewhere from 60 s on."""
    found = FlightFacts(name="made", home=HOME)
    found.arm(0.0, True)
    for at_s in np.arange(0.0, LASTS_S, 0.5).tolist():
        away = jumps_m if at_s > 60.0 else 0.0
        place = to_global(HOME, (north * at_s + away, east * at_s, -min(at_s, 10.0)))
        found.samples.append(Sample(at_s, place.lat, place.lon, min(at_s, 10.0), 5.0, 12.0, 80.0))
    return found


def fly(scenario: Scenario) -> FlightFacts:
    """A vehicle that the wind carries along, and that drag slows."""
    params = scenario.params
    source, speed = radians(params["SIM_WIND_DIR"]), params["SIM_WIND_SPD"]
    drag = params["SIM_DRAG_ROTOR"] / 30.0
    return facts(0.2 * (5.0 / drag - speed * cos(source)), -0.2 * speed * sin(source) / drag**2)


def scenario(**params: float) -> Scenario:
    given = {"SIM_WIND_SPD": 5.0, "SIM_WIND_DIR": 250.0, "SIM_DRAG_ROTOR": 30.0, "SIM_DRAG_AREA": 400.0}
    happened = HappenedInFlight(liftoff_s=0.5)
    return Scenario("a.bin", "sim:copter", "", LASTS_S, params=given | params, happened=happened)


def apart(one: FlightFacts, other: FlightFacts) -> npt.NDArray[np.float64]:
    last = zip(one.samples[-1:], other.samples[-1:], strict=True)
    return np.array([(a.lat - b.lat, a.lon - b.lon) for a, b in last]) * 111_000.0


def test_drag_and_wind_are_those_that_fly_the_log() -> None:
    log = fly(scenario(SIM_WIND_SPD=5.8, SIM_WIND_DIR=262.0, SIM_DRAG_ROTOR=33.0))
    given = scenario()
    found, before_m, after_m = tuned(given, OffTrack(log, given, fly))
    assert np.abs(apart(fly(given), log)).max() > 5.0
    assert np.abs(apart(fly(found), log)).max() < 1.0
    assert after_m < 0.5 * before_m
    ratio = found.params["SIM_DRAG_ROTOR"] / 30.0
    assert found.params["SIM_DRAG_AREA"] == pytest.approx(400.0 * ratio)  # one factor for both


def test_a_px4_is_as_much_slower_as_its_reference_waits() -> None:
    """Speeds by a factor, accelerations by its square, jerk by its cube; a measured wind hardly moves."""

    def fly_px4(tried: Scenario) -> FlightFacts:
        return facts(tried.params.get("MPC_XY_CRUISE", 5.0) + 0.1 * tried.params["SIM_WIND_SPD"], 0.0)

    given = msgspec.structs.replace(scenario(SIM_WIND_SPD=0.1), firmware="px4")
    log = fly_px4(msgspec.structs.replace(given, params=given.params | {"MPC_XY_CRUISE": 4.5}))
    found, _, after_m = tuned(given, OffTrack(log, given, fly_px4))
    assert after_m < 1.0
    assert found.params["MPC_XY_CRUISE"] == pytest.approx(4.5, rel=0.02)
    share = found.params["MPC_XY_CRUISE"] / 5.0
    assert found.params["MPC_ACC_HOR"] == pytest.approx(3.0 * share**2)
    assert found.params["MPC_JERK_AUTO"] == pytest.approx(4.0 * share**3)
    assert found.params["SIM_WIND_SPD"] < 0.4
    assert found.params["SIM_DRAG_ROTOR"] == 30.0  # that of its calibration


def rolls(metres: float) -> FlightFacts:
    """North on its wheels for so long a way, 10 m in each second, then up."""
    found = FlightFacts(name="made", home=HOME)
    found.arm(0.0, True)
    for at_s in np.arange(0.0, 40.0, 0.1).tolist():
        place = to_global(HOME, (10.0 * at_s, 0.0, 0.0))
        height = min(max(10.0 * at_s - metres, 0.0) * 0.5, 50.0)
        found.samples.append(Sample(at_s, place.lat, place.lon, height, 10.0, 12.0, 80.0))
    return found


def test_wheels_let_go_where_those_of_the_log_did() -> None:
    """The longer they are held, the longer they roll; one that was thrown, or never climbs, tells nothing."""
    fitted, rolled_m = let_go(scenario(), rolls(60.0), lambda tried: rolls(30.0 + 40.0 * tried.params[LETS_GO]))
    assert fitted.params[LETS_GO] == pytest.approx(0.75, abs=0.04)
    assert rolled_m == pytest.approx(70.0, abs=0.5)  # up to 5 m of height
    assert LETS_GO not in let_go(scenario(), rolls(-9.5), rolls_never)[0].params
    assert let_go(scenario(), rolls(60.0), rolls_never)[0].params[LETS_GO] < 0.05


def rolls_never(tried: Scenario) -> FlightFacts:
    return rolls(1e6)


def test_gusts_turn_with_the_wind() -> None:
    given = scenario(SIM_WIND_SPD=0.0)
    given = Scenario(
        **{name: getattr(given, name) for name in given.__struct_fields__} | {"wind": (Gust(9.0, 0.0, 0),)}
    )
    log = fly(scenario(SIM_WIND_SPD=1.0, SIM_WIND_DIR=180.0))
    found, _, _ = tuned(given, OffTrack(log, given, fly))
    assert found.wind[0].speed == pytest.approx(found.params["SIM_WIND_SPD"])
    assert found.wind[0].from_deg == pytest.approx(found.params["SIM_WIND_DIR"])


def glides(tried: Scenario) -> FlightFacts:
    """Wings that the wind carries along: the thinner the air, the faster."""
    params = tried.params
    source, speed = radians(params["SIM_WIND_DIR"]), params["SIM_WIND_SPD"]
    fast = 20.0 / params.get(AIR, 1.0) ** 0.5
    return facts(fast - speed * cos(source), -speed * sin(source))


def test_of_wings_the_air_is_fitted_in_place_of_drag() -> None:
    given = msgspec.structs.replace(scenario(), vehicle="sim:plane", params={"SIM_WIND_SPD": 5.0, "SIM_WIND_DIR": 90.0})
    log = glides(msgspec.structs.replace(given, params={**given.params, AIR: 0.95, "SIM_WIND_SPD": 5.3}))
    found, before_m, after_m = tuned(given, OffTrack(log, given, glides))
    assert before_m > 10.0
    assert after_m < 2.0
    assert found.params[AIR] < 1.0
    assert not any(name.startswith("SIM_DRAG") for name in found.params)


def test_a_flight_that_agrees_is_flown_once_and_left_alone() -> None:
    flown: list[Scenario] = []

    def once(tried: Scenario) -> FlightFacts:
        flown.append(tried)
        return fly(tried)

    given = scenario()
    found, _, _ = tuned(given, OffTrack(fly(given), given, once))
    assert found is given
    assert len(flown) == 1
    long = msgspec.structs.replace(given, lasts_s=3600.0)
    tuned(long, OffTrack(fly(given), long, once))
    assert flown[-1].lasts_s < 310.0  # an hour is not flown for it


def test_a_log_whose_place_is_spoilt_from_the_beginning_tells_nothing() -> None:
    given = scenario()
    lost = msgspec.structs.replace(given, fault=(ScenarioFault("gps.loss", 0.0),))
    assert tuned(lost, OffTrack(facts(9.0, 0.0), lost, fly)) == (lost, 0.0, 0.0)


def test_a_place_that_a_fault_spoils_tells_nothing_of_drag_and_wind() -> None:
    given = scenario()
    speeds = fly(given)
    north = (speeds.samples[-1].lat - 47.0) * 111_194.9 / speeds.samples[-1].time_s
    east = 0.2 * 5.0 * -sin(radians(250.0))
    log = facts(north, east, jumps_m=70.0)
    for fault, moved in (
        (ScenarioFault("gps.glitch", 59.0, 75.0), False),
        (ScenarioFault("motor1.loss", 59.0, None, 1.0), False),
        (ScenarioFault("motor1.loss", 59.0, None, 0.2), True),
        (ScenarioFault("rc.loss", 59.0), True),
    ):
        harmed = msgspec.structs.replace(given, fault=(fault,))
        off = OffTrack(log, harmed, fly)(harmed)
        assert bool(np.abs(off).max() > 60.0) is moved, fault


def test_a_change_with_which_it_does_not_fly_is_far_off() -> None:
    given = scenario()

    def fails(tried: Scenario) -> FlightFacts:
        if tried is not given:
            raise UserError("the scenario did not fly")
        return facts(9.0, 0.0)

    found, before_m, after_m = tuned(given, OffTrack(fly(given), given, fails))
    assert found is given
    assert after_m == before_m


def test_a_vehicle_that_lies_where_it_fell_does_not_fly_any_more() -> None:
    found = Evidence(FlightFacts(name="made", home=HOME), LogForm.DATAFLASH)
    found.facts.arm(10.0, True)
    for at_s in range(10, 200):
        height = min(2.0 * (at_s - 10), 30.0) if at_s < 40 else max(30.0 - 10.0 * (at_s - 40), 0.0)
        found.facts.samples.append(Sample(float(at_s), 47.0, 8.0, height, 0.0, 12.0, 80.0))
    found.facts.arm(199.0, False)
    assert rests_from(found, HappenedInFlight(liftoff_s=1.0, crashed=True)) == 32.0  # 42 s: the last that falls
    assert rests_from(found, HappenedInFlight(liftoff_s=1.0)) == 189.0
