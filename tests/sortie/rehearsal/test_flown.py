"""A rehearsal that flies: what it measures, what it draws, and what it finds."""

from __future__ import annotations

import json
from dataclasses import replace
from math import sin
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import Session, UserError, rehearse
from sortie.api.sample import square
from sortie.commands.cli import run
from sortie.config.vehicle_spec import VehicleSpec
from sortie.config.wind import WindProfile
from sortie.rehearsal.flown import RehearsedFlight, drawn

SQUARE = Path(__file__).parents[3] / "examples" / "square.waypoints"
HOME = GeoPoint(47.0, 8.0, 400.0)


def away(metres: float) -> Plan:
    """Up, so far to the north, and down there."""
    place = to_global(HOME, (metres, 0.0, 0.0))
    items = (
        MissionItem(Cmd.NAV_TAKEOFF, z=10.0, seq=1),
        MissionItem(Cmd.NAV_WAYPOINT, x=place.lat, y=place.lon, z=10.0, seq=2),
        MissionItem(Cmd.NAV_LAND, x=place.lat, y=place.lon, seq=3),
    )
    return Plan(HOME, items)


def test_a_circle_is_part_of_the_plan() -> None:
    """At most 100 m "from the plan", by its middle, where the plan has a circle of 100 m."""
    around, back = (to_global(HOME, (north, 0.0, 0.0)) for north in (200.0, 60.0))
    turns = MissionItem(Cmd.NAV_LOITER_TURNS, param1=1.0, param3=100.0, x=around.lat, y=around.lon, z=10.0)
    items = (MissionItem(Cmd.NAV_TAKEOFF, z=10.0), turns, MissionItem(Cmd.NAV_LAND, x=back.lat, y=back.lon))
    flown = rehearse(Plan(HOME, items), flights=1).flown
    assert flown is not None and flown.off_way_m < 15.0


def test_the_first_flight_is_calm_and_the_others_are_drawn_by_their_number() -> None:
    """So that the number of processes changes nothing."""
    spec = VehicleSpec("copter", None, HOME, 0.0, 1)
    order = RehearsedFlight(away(50.0), spec, 0, 100.0, 10.0, WindProfile.same(6.0, 9.0, 90.0), 50.0)
    assert (drawn(order).wind.at(0.0, 0.0).mean_mps, drawn(order).battery_wh) == (0.0, 50.0)
    many = [drawn(replace(order, number=number)) for number in range(1, 200)]
    assert many == [drawn(replace(order, number=number)) for number in range(1, 200)]
    winds = [one.wind.at(0.0, 0.0) for one in many]
    assert all(45.0 <= one.battery_wh <= 50.0 for one in many)
    assert all(wind.gust_mps >= wind.mean_mps >= 0.0 for wind in winds)
    assert 5.5 < sum(wind.mean_mps for wind in winds) / len(winds) < 6.5
    assert sum(sin(((wind.from_deg or 0.0) - 90.0) * 0.01745) > 0.9 for wind in winds) == 0


def test_flights_tell_when_with_what_and_what_is_left() -> None:
    """Percentiles at each item, in order; calm flights keep to the way."""
    flown = rehearse(Plan(HOME, square(HOME)), flights=3).flown
    assert flown is not None
    assert flown.completed == 1.0
    assert sorted(flown.items) == [1, 2, 3, 4, 5, 6]
    assert flown.items[2].time_s.p50 < flown.items[4].time_s.p50 < flown.time_s.p50 + 10.0
    first, last = flown.items[1], flown.items[6]
    assert first.energy_wh.p50 < last.energy_wh.p50 == pytest.approx(flown.energy_wh.p50, abs=0.3)
    assert first.reserve_wh.p5 <= first.reserve_wh.p50 <= first.reserve_wh.p95
    assert flown.off_way_m < 2.0


def test_the_flown_way_is_the_one_a_session_flies() -> None:
    """The calm flight is what `sortie fly` would do: the same time."""
    plan = Plan(HOME, square(HOME))
    flown = rehearse(plan, flights=1).flown
    with Session(home=HOME, params={"FM_COUNTDOWN": 0}) as session:
        session.upload(plan)
        session.wait_armable()
        session.go()
        session.run_until(lambda s: s.state.armed)
        began_s = session.time_s
        session.run_until(lambda s: not s.state.armed)
        took_s = session.time_s - began_s
    assert flown is not None
    assert flown.time_s.p50 == pytest.approx(took_s, abs=4.0)


def test_wind_against_the_way_costs_time() -> None:
    """Item 2 lies to the north; the calm flight is the fastest but for chance."""
    calm, windy = (rehearse(away(300.0), flights=3, wind=wind).flown for wind in ((0.0, 0.0, None), (9.0, 10.0, 0.0)))
    assert calm is not None
    assert windy is not None
    assert windy.energy_wh.p95 > calm.energy_wh.p95 + 0.05


def test_a_profile_blows_where_its_height_says(tmp_path: Path) -> None:
    """Calm below, against the way above: what flies at 40 m takes longer than what flies at 5 m."""
    file = tmp_path / "aloft.csv"
    file.write_text("height_m,speed_mps,gust_mps,from_deg\n10,0,0,0\n30,9,9,0\n")
    low, high = (
        rehearse(
            Plan(HOME, tuple(replace(one, z=z) if one.z else one for one in away(300.0).items)), flights=4, wind=file
        ).flown
        for z in (5.0, 40.0)
    )
    assert low is not None
    assert high is not None
    still, windy = (flown.flights[0] for flown in (low, high))  # calm
    climb_s = windy.time_s - still.time_s
    assert [one.time_s - still.time_s for one in low.flights] == pytest.approx([0.0] * 4, abs=0.5)
    assert max(one.time_s for one in high.flights) > still.time_s + climb_s + 1.0


def test_a_battery_that_ends_is_found_at_its_item() -> None:
    """As a no-go, by the flights and by the static rule."""
    result = rehearse(away(800.0), flights=2, battery_wh=3.0)
    found = {one.rule.name: one.item for one in result.findings}
    assert not result.go
    assert found["flown-incomplete"] == 2
    assert found["battery"] == 2


def test_no_way_home_is_found_where_it_begins() -> None:
    """The plan itself is flown to its end: it lands out there."""
    result = rehearse(away(400.0), flights=2, battery_wh=5.5)
    found = {one.rule.name: one.item for one in result.findings}
    assert result.flown is not None
    assert result.flown.completed == 1.0
    assert found["flown-reserve"] == 2


def test_a_failsafe_is_found_where_it_acts() -> None:
    """A low battery by its charge, after 60 mAh, is on the way to the waypoint."""
    result = rehearse(away(800.0), flights=1, params={"BATT_LOW_MAH": 3150, "BATT_FS_LOW_ACT": 2})
    assert ("flown-failsafe", 2) in {(one.rule.name, one.item) for one in result.findings}


def test_numbers_that_are_none_are_refused() -> None:
    """A battery of NaN was a GO."""
    with pytest.raises(UserError, match=r"^flights: expected "):
        rehearse(Plan(HOME, square(HOME)), flights=-1)
    with pytest.raises(UserError, match=r"^seed: expected "):
        rehearse(Plan(HOME, square(HOME)), seed=-1)
    for battery_wh in (0.0, float("nan")):
        with pytest.raises(UserError, match=r"^battery_wh: expected Wh above 0, not "):
            rehearse(Plan(HOME, square(HOME)), battery_wh=battery_wh)


def test_processes_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The command flies on all cores; the same figures come from one."""
    assert run(["rehearse", str(SQUARE), "--flights", "3", "--wind", "4,7", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["flown"]
    flown = rehearse(SQUARE, flights=3, wind=(4.0, 7.0, None)).flown
    assert flown is not None
    assert told["time_s"]["p95"] == round(flown.time_s.p95, 2)
    assert [row["item"] for row in told["items"]] == list(flown.items)


@pytest.mark.parametrize("wind", ["5", "9,5", "5,9,x", "-1,2", "1,nan", "5,9,0,0"])
def test_a_wind_that_is_none_is_refused(wind: str) -> None:
    """And one without flights."""
    assert run(["rehearse", str(SQUARE), "--flights", "1", f"--wind={wind}"]) == 2
    assert run(["rehearse", str(SQUARE), "--wind", "5,9"]) == 2
