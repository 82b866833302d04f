"""A session flies in virtual time: commands, events, conditions, state."""

from __future__ import annotations

import asyncio
from math import hypot
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint, distance, to_global
from autopilot.mission.sequencer import MissionState
from sortie import MissionItem, RefusedError, Session, UserError, events
from sortie.api.sample import square

HOME = GeoPoint(47.3769, 8.5417, 408.0)


@pytest.fixture
def session():
    with Session(home=(HOME, 90.0), seed=1) as session:
        yield session


def test_a_mission_is_flown_to_its_end(session):
    """Upload, start, wait: every item is reached in order, and the vehicle stands disarmed at home."""
    session.upload(square(HOME))
    session.start()
    session.run_until(events.MissionComplete)
    session.run_until(lambda s: not s.state.armed)
    assert [event.seq for event in session.events_of(events.ItemReached)] == [1, 2, 3, 4, 5, 6]
    assert session.state.mission.state is MissionState.COMPLETED
    assert distance(session.state.place, HOME) < 2.0
    assert session.state.landed


def test_guided_flight_goes_where_it_is_told(session):
    """Arm, take off, go to, land: each takes effect as its name says."""
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(15.0)
    session.run_until(lambda s: s.state.height > 14.5, 30.0)
    there = to_global(HOME, (40.0, 20.0, 0.0))
    session.goto(there.lat, there.lon, 20.0)
    session.run_until(lambda s: distance(s.state.place, there) < 1.0 and abs(s.state.height - 20.0) < 1.0, 60.0)
    session.land()
    session.run_until(lambda s: not s.state.armed, 60.0)
    assert distance(session.state.place, there) < 2.0
    assert [e.number for e in session.events_of(events.ModeChanged)] == [4, 9]


def test_rtl_comes_home(session):
    """RTL from 30 m away lands within 2 m of home."""
    session.wait_armable()
    session.set_mode("guided")
    session.arm()
    session.takeoff(10.0)
    session.run_until(lambda s: s.state.height > 9.0)
    session.goto(*_offset(30.0, 0.0), 10.0)
    session.run_until(lambda s: distance(s.state.place, HOME) > 28.0)
    session.rtl()
    session.run_until(lambda s: not s.state.armed)
    assert hypot(*session.state.position[:2]) < 2.0


def _offset(north: float, east: float) -> tuple[float, float]:
    place = to_global(HOME, (north, east, 0.0))
    return place.lat, place.lon


def test_run_for_passes_exactly_that_time(session):
    """Vehicle time stands at the sum of what was asked for."""
    session.run_for(1.5)
    session.run_for(0.02)
    assert session.time_s == 1.52


@pytest.mark.parametrize("every_s", [0.0, 0.0004])
def test_a_condition_is_looked_at_once_a_tick_at_most(session, every_s):
    """Also if it is to be looked at without a pause: no time passed, for ever."""
    looks = []

    def look(s):
        looks.append(s.time_s)
        assert len(looks) < 100
        return False

    assert not session.pass_until(look, 0.5, every_s)
    assert len(looks) == 26 and session.time_s == 0.5


def test_run_until_gives_the_event_and_stops_at_its_tick(session):
    """The returned event is the one that just happened."""
    session.upload(square(HOME))
    session.start()
    reached = session.run_until(events.ItemReached)
    assert reached.seq == 1
    assert session.events[-1].time_s == session.time_s
    assert any(entry.event is reached for entry in session.events)


def test_a_condition_is_asked_often_enough(session):
    """A height is seen within `every_s` of being passed, although nothing happens at it."""
    session.upload(square(HOME))
    session.start()
    session.run_until(lambda s: s.state.height >= 5.0, every_s=0.02)
    assert 5.0 <= session.state.height < 5.2


def test_waiting_in_vain_says_where_things_stand(session):
    """TimeoutError names what was waited for and what the vehicle is doing."""
    with pytest.raises(TimeoutError, match="MissionComplete did not occur within 5 s: STABILIZE, disarmed"):
        session.run_until(events.MissionComplete, timeout_s=5.0)
    assert session.time_s == 5.0


def test_a_refusal_is_an_error_with_its_reason(session):
    """Arming before there is a position raises RefusedError, and the reason is the vehicle's."""
    with pytest.raises(RefusedError, match=r"Need Position Estimate|Bad fix|Arm"):
        session.arm()
    assert not session.state.armed


@pytest.mark.parametrize(("firmware", "reason"), [("ardupilot", "Leaning"), ("px4", "Attitude failure detected")])
def test_a_copter_that_has_fallen_on_its_side_is_not_armed(firmware: str, reason: str) -> None:
    with Session(firmware=firmware, seed=1) as session:  # a wind that turns it over
        session.wait_armable()
        if firmware == "ardupilot":
            session.set_mode("GUIDED")
        session.arm()
        session.takeoff(14.0)
        session.run_for(20.0)
        session.disarm(force=True)
        session.run_for(8.0)
        assert session.state.landed
        with pytest.raises(RefusedError, match=reason):
            session.arm()


def test_an_unknown_mode_is_named_with_its_neighbour(session):
    """A near miss gets a suggestion."""
    with pytest.raises(UserError, match="unknown mode GIUDED; did you mean GUIDED"):
        session.set_mode("GIUDED")


def test_an_armable_wait_names_what_is_missing():
    """Without GPS the vehicle never gets ready, and the error says why."""
    with Session(faults=["gps.loss"]) as session, pytest.raises(TimeoutError, match=r"not armable after 20 s: .*GPS"):
        session.wait_armable(20.0)


def test_an_armable_wait_names_what_the_mission_or_the_settings_lack() -> None:
    """All reasons, not those of the sensors alone."""
    late = pytest.raises(TimeoutError, match=r"not armable after 20 s: .*ROLL_LIMIT_DEG")
    with Session("sim:plane", params={"ROLL_LIMIT_DEG": 1.0}) as session, late:
        session.wait_armable(20.0)


def test_parameters_are_set_and_clamped(session):
    """What holds is returned; an unknown name is a KeyError, a value that is no number a ValueError."""
    assert session.set_param("WPNAV_SPEED", 500.0) == 500.0
    assert session.param("WPNAV_SPEED") == 500.0
    with pytest.raises(KeyError):
        session.param("WPNAV_SPED")
    with pytest.raises(ValueError, match="not finite"):
        session.set_param("WPNAV_SPEED", float("nan"))


def test_parameters_given_at_the_start_hold():
    """`params` win over defaults; an unknown one is refused with the nearest name."""
    with Session(params={"WPNAV_SPEED": 300}) as session:
        assert session.param("WPNAV_SPEED") == 300.0
    for number in (np.float64(300.0), np.float32(300.0), np.int64(300)):
        with Session(params={"WPNAV_SPEED": number}) as session:
            assert session.param("WPNAV_SPEED") == 300.0
    with pytest.raises(UserError, match="unknown parameter WPNAV_SPED; did you mean WPNAV_SPEED"):
        Session(params={"WPNAV_SPED": 300})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"vehicle": "sim:blimp"}, "sim:blimp"),
        ({"vehicle": "tcp:127.0.0.1:1"}, "use sim:copter or sim:rover"),
        ({"home": "1,2"}, "home 1,2: expected LAT,LON,ALT,HEADING"),
        ({"faults": ["gps.los"]}, "did you mean gps.loss"),
        ({"links": ["tcpn:127.0.0.1:0"]}, "is not a kind of link"),
        ({"faults": "gps.loss"}, "faults 'gps.loss': expected a list"),
        ({"home": (47.0, 8.0, 400.0, 90.0)}, r'expected "LAT,LON,ALT,HEADING", a GeoPoint, or one with its heading'),
        ({"home": GeoPoint(float("nan"), 8.0)}, "expected latitude to 90"),
        ({"home": (GeoPoint(95.0, 8.0, 400.0), 90.0)}, "expected latitude to 90"),
        ({"home": (HOME, float("inf"))}, "an altitude and a heading"),
        ({"seed": -1}, "seed -1: expected a whole number from 0 on"),
        ({"strategy": "native"}, "expected guided or native, and a vehicle with ,world=ours"),
    ],
)
def test_wrong_arguments_are_user_errors(arguments, complaint):
    """One line says what is wrong, without the command line's dashes."""
    with pytest.raises(UserError, match=complaint) as caught:
        Session(**arguments)
    assert not str(caught.value).startswith("--")


def test_a_plan_that_no_upload_could_bring_is_refused():
    """As many items as a station may upload, and not one more."""
    items = [MissionItem(16, 3, x=47.3769, y=8.5417, z=10.0)] * 5001
    with Session(home=HOME) as session:
        with pytest.raises(UserError, match="plan: 5001 mission items; a vehicle takes at most 5000"):
            session.upload(items)
        assert len(session.upload(items[1:]).items) == 5000


def test_a_fault_strikes_at_its_time():
    """GPS lost from 10 s to 14 s of vehicle time is seen in the state then, and not after."""
    with Session(home=HOME, faults=["gps.loss@10..14"]) as session:
        session.set_mode("GUIDED")
        session.run_for(9.0)
        assert session.state.armable
        session.run_for(3.0)
        assert not session.state.armable
        session.run_for(30.0)
        assert session.state.armable


def test_items_can_be_given_as_a_list(session):
    """Upload takes plain items, and refuses what a ground station's upload would be refused for."""
    plan = session.upload([MissionItem(22, 3, z=5.0), MissionItem(21, 3)])
    assert len(plan.items) == 2
    assert session.state.mission.items == 2
    with pytest.raises(UserError, match="mission item 1"):
        session.upload([MissionItem(401, 3)])
    assert session.state.mission.items == 2


def test_other_tasks_run_while_a_flight_is_awaited():
    """`arun_until` gives the event loop its turn between passes."""

    async def fly() -> tuple[int, float]:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        with Session(home=HOME) as session:
            session.upload(square(HOME))
            session.start()
            await session.arun_for(1.0)
            await session.arun_until(events.MissionComplete)
            task.cancel()
            return turns, session.time_s

    turns, time_s = asyncio.run(fly())
    assert turns > 5
    assert time_s > 60.0


def test_a_closed_session_may_be_closed_again():
    """Closing is safe to repeat."""
    session = Session()
    session.close()
    session.close()


def test_the_flight_manager_can_be_told_to_go(session):
    """GO counts down, flies the mission and is IDLE again; ABORT calls a countdown off and is refused in the air."""
    session.upload(square(HOME))
    session.set_param("FM_COUNTDOWN", 10)
    session.wait_armable()
    session.go()
    session.run_for(3.0)
    assert session.state.landed
    session.abort()
    session.run_until(lambda s: not s.state.armed)
    session.go()
    session.run_until(lambda s: s.state.height > 3.0)
    with pytest.raises(RefusedError):
        session.abort()
    session.run_until(events.MissionComplete)
    session.run_until(lambda s: not s.state.armed)
    assert [event.state for event in session.events_of(events.FlightStateChanged)][-5:] == [2, 3, 4, 5, 0]


def test_a_rover_drives_its_mission():
    """The same session with another vehicle: two waypoints, and it stops at the last one."""
    places = [to_global(HOME, (north, east, 0.0)) for north, east in ((20.0, 0.0), (20.0, 20.0))]
    with Session("sim:rover", home=HOME) as session:
        session.upload([MissionItem(16, 3, x=place.lat, y=place.lon) for place in places])
        session.start()
        session.run_until(events.MissionComplete, timeout_s=120.0)
        assert distance(session.state.place, places[1]) < 3.0
        session.run_for(10.0)
        assert session.state.ground_speed < 0.3


def test_a_closed_session_changes_no_stored_state(tmp_path: Path) -> None:
    """It waited for its closed store for ever. What it has seen can still be read."""
    with Session(state_dir=tmp_path) as session:
        session.wait_armable()
    with pytest.raises(UserError, match="closed vehicle"):
        session.set_param("WPNAV_SPEED", 700.0)
    assert session.state.armable
