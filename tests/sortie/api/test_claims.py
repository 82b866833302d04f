"""Claims about a vehicle: sentences in its own time, which fail with what was seen; and the simulator's own facts."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import GeoPoint, distance
from sortie import Session, UserError, events
from sortie.api.sample import square


@pytest.fixture
def vehicle():
    """A copter that flies the sample square."""
    with Session(seed=1) as session:
        session.wait_armable()
        session.upload(square(session.autopilot.facts.home))
        session.start()
        yield session


def lines_of(claim) -> list[str]:
    """What a failing claim says."""
    with pytest.raises(AssertionError) as failure:
        claim()
    return str(failure.value).splitlines()


def test_an_item_is_reached_once_for_each_claim(vehicle):
    """The claim's time is the event's; what happened before it, but after the last claim, counts; what an earlier claim
    has passed does not."""
    at_s = vehicle.reaches(item=2, within_s=60.0)
    (entry,) = [entry for entry in vehicle.events if entry.event == events.ItemReached(2)]
    assert at_s == entry.time_s == vehicle.time_s
    vehicle.run_until(lambda s: s.state.mission.item == 5)
    now_s = vehicle.time_s
    assert vehicle.reaches(item=3, within_s=1.0) < vehicle.reaches(item=4, within_s=1.0) <= now_s == vehicle.time_s
    claim, standing, *story = lines_of(lambda: vehicle.reaches(item=2, within_s=3.0))
    assert claim == "item 2: not reached within 3 s; reached: none"
    assert vehicle.time_s == pytest.approx(now_s + 3.0, abs=0.02)
    assert standing.startswith(f"at {vehicle.time_s:.2f} s: AUTO, armed, item 5 of 6, 10.")
    assert any(line.endswith("item  4 reached") for line in story)


def test_an_item_in_the_wrong_order_is_told(vehicle):
    """All that was reached instead, with times."""
    claim = lines_of(lambda: vehicle.reaches(item=6, within_s=20.0))[0]
    one, two = (entry.time_s for entry in vehicle.events if isinstance(entry.event, events.ItemReached))
    assert claim == f"item 6: not reached within 20 s; reached: 1 at {one:.2f} s, 2 at {two:.2f} s"


def test_heights_places_and_modes_are_reached(vehicle):
    """Up and down; by the truth; each failure names the nearest that was seen."""
    vehicle.reaches(height=9.0)
    assert 8.5 <= vehicle.state.height < 9.5
    claim = lines_of(lambda: vehicle.reaches(height=30.0, within_s=5.0))[0]
    assert claim.startswith("30 m: not within 5 s; 1") and claim.endswith(" m was nearest")
    corner = vehicle.autopilot.plans.mission.items()[2]
    vehicle.reaches(place=(corner.x, corner.y), radius=3.0)
    assert distance(GeoPoint(corner.x, corner.y), vehicle.truth.place) <= 3.0
    far = GeoPoint(corner.x + 0.01, corner.y)
    assert " m was nearest" in lines_of(lambda: vehicle.reaches(place=far, within_s=1.0))[0]
    vehicle.set_mode("rtl")
    assert vehicle.reaches(mode="rtl", within_s=1.0) == vehicle.time_s
    vehicle.reaches(height=1.0)
    assert vehicle.state.height <= 1.5
    assert lines_of(lambda: vehicle.reaches(mode="LOITER", within_s=1.0))[0] == "mode LOITER: not within 1 s"
    with pytest.raises(UserError, match="unknown mode LOITRE; did you mean LOITER"):
        vehicle.reaches(mode="LOITRE", within_s=1.0)


def test_a_claim_names_one_thing():
    """Nothing, or two, is a mistake in the test."""
    with Session() as session:
        with pytest.raises(TypeError, match="give one of item=, mode=, height=, place="):
            session.reaches(within_s=1.0)
        with pytest.raises(TypeError, match="give one of"):
            session.reaches(item=1, height=2.0)


def test_what_holds_is_looked_at_all_the_time(vehicle):
    """The first look that is otherwise ends the claim, at its time."""
    vehicle.reaches(height=9.0)
    began_s = vehicle.time_s
    vehicle.holds(lambda s: s.state.height > 8.0, for_s=10.0)
    vehicle.never(lambda s: s.state.height > 12.0, for_s=5.0)
    assert vehicle.time_s == pytest.approx(began_s + 15.0, abs=0.05)
    began_s = vehicle.time_s
    claim, standing, *_ = lines_of(lambda: vehicle.holds(lambda s: s.state.mission.item < 5, for_s=60.0))
    assert claim == f"it held for {vehicle.time_s - began_s:.2f} s of 60 s"
    assert "item 5 of 6" in standing
    began_s = vehicle.time_s
    claim = lines_of(lambda: vehicle.never(lambda s: s.state.height < 5.0, for_s=60.0))[0]
    assert claim == f"it was so after {vehicle.time_s - began_s:.2f} s of 60 s"
    assert vehicle.time_s > began_s


def test_it_lands_by_the_truth(vehicle):
    """Metres from home, or from a place, with the direction in which it missed."""
    home = vehicle.autopilot.facts.home
    assert vehicle.lands_within(1.0) == pytest.approx(distance(home, vehicle.truth.place))
    claim = lines_of(lambda: vehicle.lands_within(1.5, of=(home.lat + 1e-4, home.lon)))[0]
    assert claim.startswith("it landed 1") and f"m from {home.lat + 1e-4:.7f},{home.lon:.7f}, not within 1.5 m" in claim
    assert ": 11." in claim and " m south, " in claim


def test_who_never_flew_did_not_land():
    """Standing disarmed is no landing."""
    with Session() as session:
        claim = lines_of(lambda: session.lands_within(1.0, within_s=10.0))[0]
        assert claim == "it did not land within 10 s; it was never armed"
        session.wait_armable()
        session.arm()
        claim = lines_of(lambda: session.lands_within(1.0, within_s=30.0))[0]
        assert not session.state.armed  # after DISARM_DELAY; the claim took that for a landing
        assert claim == "it did not land within 30 s; it never flew"
    with Session("sim:rover") as rover:
        rover.wait_armable()
        rover.arm()
        rover.disarm()
        assert rover.lands_within(1.0) < 1.0


def test_faults_begin_and_end_when_told():
    """Now, or at a time; a known one that does not hold cannot be ended; the standing line names what holds."""
    with Session() as session:
        session.set_mode("GUIDED")  # which needs a position
        session.wait_armable()
        session.inject("gps.loss")
        session.run_for(5.0)
        assert not session.state.armable
        assert "faults gps.loss" in lines_of(lambda: session.reaches(item=1, within_s=0.1))[1]
        session.clear("gps.loss")
        session.run_until(lambda s: s.state.armable, 60.0)
        session.inject(f"gps.loss@{session.time_s + 10.0:g}..{session.time_s + 20.0:g}")
        session.holds(lambda s: s.state.armable, for_s=9.5)
        session.run_for(3.0)
        assert [fault.name for fault in session.service.faults.active] == ["gps.loss"]
        session.run_for(10.0)
        assert session.service.faults.active == ()
        with pytest.raises(UserError, match=r"did you mean gps\.loss"):
            session.inject("gps.lost")
        with pytest.raises(UserError, match=r"fault gps\.loss is not active; active are none"):
            session.clear("gps.loss")


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_a_time_without_an_end_is_refused(vehicle, seconds):
    """In words: what waits for it never ends."""
    for wait in (vehicle.run_for, vehicle.sleep, lambda limit: vehicle.reaches(item=1, within_s=limit)):
        with pytest.raises(ValueError, match=f"{seconds} s: expected a finite time"):
            wait(seconds)


def test_wind_blows_from_where_it_was_told(vehicle):
    """5 m/s from the east move the air at 10 m to the west."""
    vehicle.reaches(height=9.9)
    vehicle.set_wind(5.0, 90.0)
    vehicle.run_for(2.0)
    assert vehicle.truth.wind == (pytest.approx(0.0, abs=0.1), pytest.approx(-5.0, abs=0.1))


@pytest.mark.parametrize("place", [(91.0, 200.0, 10.0), (float("nan"), 8.0, 10.0), (47.0, 8.0, float("inf"))])
def test_no_place_on_earth_is_no_target(vehicle, place):
    """It is refused with what would be one, and the vehicle stays what it is."""
    with pytest.raises(
        UserError, match="expected a latitude from -90 to 90, a longitude from -180 to 180, and a height"
    ):
        vehicle.goto(*place)
    assert vehicle.state.mode == "AUTO"


def test_a_fault_that_is_like_none_is_answered_with_all(vehicle):
    """There is no other list where it is typed."""
    with pytest.raises(UserError, match=r"^fault x\.y: unknown fault 'x\.y'; known are accel.*gps\.loss, .*wind\.gust"):
        vehicle.inject("x.y")
