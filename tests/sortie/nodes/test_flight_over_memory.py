"""The eight scenarios of seed 002 over MAVLink, in virtual time: the whole service with the simulated copter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from autopilot.flight.faults import ACTORS
from autopilot.interface import report
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd
from sortie import MissionItem, Session, events
from tests.fakes.flight_station import (
    ABORT,
    ACCEPTED,
    ARM,
    FAILED,
    GO,
    HANGING,
    HOP,
    IN_PROGRESS,
    STATUS,
    TEMPORARILY_REJECTED,
    UNSUPPORTED,
    WHOLE,
    A,
    Ack,
    D,
    F,
    FlightStation,
    I,
    L,
    P,
)

Ready = Callable[..., FlightStation]


@pytest.fixture
def ready() -> Iterator[Ready]:
    """Makes a station whose vehicle can be armed, has a mission and counts down from 3 s."""
    with ExitStack() as stack:

        def make(mission: Any = HOP, **given: Any) -> FlightStation:
            params = {"FM_COUNTDOWN": 3, "SIM_BATT_CAP_AH": 0, **given.pop("params", {})}
            session = stack.enter_context(Session(seed=5, params=params, **given))
            if mission:
                session.upload(mission)
            session.wait_armable()
            return FlightStation(session)

        yield make


def test_single_flight(ready: Ready) -> None:
    """GO is accepted with the countdown, and every state is announced once, as a number and as a text."""
    station = ready()
    assert station.user(GO) == Ack(ACCEPTED, A, 3)
    station.until(I)
    assert station.states == WHOLE
    assert [text for text in station.texts if text.startswith("Flight: ")] == [
        "Flight: PREFLIGHT",
        "Flight: ARMED, takeoff in 3 s",
        "Flight: FLYING",
        "Flight: LANDING",
        "Flight: LANDED",
        "Flight: IDLE",
    ]
    assert not station.session.state.armed


def test_multiple_flights(ready: Ready) -> None:
    """GO, complete, GO again, and once more without any countdown between landing and takeoff. Right after a landing
    PREFLIGHT waits until the vehicle rests; the fourth GO comes when it does."""
    station = ready()
    for flight, countdown in enumerate((3, 1, 0, 0, 0)):
        station.session.set_param("FM_COUNTDOWN", countdown)
        if flight == 3:
            station.session.run_for(5.0)
        at_once = flight in (0, 3)
        expected = Ack(ACCEPTED, A if countdown else F, countdown) if at_once else Ack(ACCEPTED, P, 0)
        assert station.user(GO) == expected
        if not at_once:
            station.session.run_until(lambda _: station.states[-1] is not P, 6.0)
        station.until(I)
    assert station.states == WHOLE * 5
    assert [event.seq for event in station.session.events_of(events.ItemReached)] == [1, 2] * 5


@pytest.mark.parametrize("fault", ["sensor.reset=fail", "waypoint.reset=fail", "logger.reset=fail"])
def test_reset_failure(ready: Ready, fault: str) -> None:
    """A failed RESET: FAILED, back to IDLE, never armed, and people hear which actor and why. It flies afterwards."""
    station = ready(faults=[f"{fault}@0..60"])
    assert station.user(GO) == Ack(FAILED, I, 0)
    actor = fault.partition(".")[0]
    assert station.said(f"Flight: not started: {actor}: RESET: ")
    assert station.states == [P, I]
    station.session.run_for(60.0)
    assert station.session.events_of(events.ArmedChanged) == []
    assert station.user(GO).result == ACCEPTED


def test_a_reset_that_is_never_answered(ready: Ready) -> None:
    """Accepted at first; after 10 s back in IDLE with the actor's name."""
    station = ready(faults=["logger.reset=hang"])
    assert station.user(GO) == Ack(ACCEPTED, P, 0)
    station.session.run_for(9.5)
    assert station.user(STATUS) == Ack(ACCEPTED, P, 0)
    station.session.run_for(1.0)
    assert station.user(STATUS) == Ack(ACCEPTED, I, 0)
    assert station.said("Flight: not started: logger: RESET: no answer")


@pytest.mark.parametrize(("value", "result"), [("fail", FAILED), ("hang", ACCEPTED)])
def test_arm_failure(ready: Ready, value: str, result: int) -> None:
    """Motors that do not arm, or do not say: back to IDLE with the reason."""
    station = ready(faults=[f"motor.arm={value}"])
    assert station.user(GO).result == result
    station.until(I, 6.0)
    assert station.states == [P, I]
    assert station.said("Flight: not started: motor: ARM: ")


def test_abort_during_armed(ready: Ready) -> None:
    """ABORT disarms; the next GO flies."""
    station = ready()
    station.user(GO)
    station.session.run_for(1.0)
    assert station.session.state.armed
    assert station.user(ABORT) == Ack(ACCEPTED, I, 0)
    assert not station.session.state.armed
    assert station.states == [P, A, I]
    station.user(GO)
    station.until(I)
    assert station.states == [P, A, I, *WHOLE]


def test_emergency_cutoff(ready: Ready) -> None:
    """Higher than FM_CUT_ALT: the motors stop, and the flight passes through LANDED and says why."""
    station = ready(params={"FM_CUT_ALT": 4})
    station.user(GO)
    station.until(I)
    assert station.states == [P, A, F, D, I]
    assert station.said("Flight: LANDED: emergency cutoff")
    assert not station.session.state.armed


def test_log_truncation(ready: Ready, tmp_path: Path) -> None:
    """Each GO begins fresh logs in a folder of their own, complete with the landing."""
    station = ready(log_dir=tmp_path)
    for _ in range(2):
        station.user(GO)
        station.until(I)
        station.session.run_for(0.1)
    folders = sorted((tmp_path / "flights").iterdir())
    assert [folder.name for folder in folders] == ["0001", "0002"]
    for folder in folders:
        assert {path.name for path in folder.iterdir()} >= {
            "flight.tlog",
            "flight.bin",
            "telemetry.csv",
            "events.jsonl",
            "summary.json",
        }
        story = (folder / "events.jsonl").read_text()
        assert story.count("Flight: FLYING") == story.count("Flight: LANDED") == 1
    assert (tmp_path / "latest").resolve() == folders[1]


def test_a_log_that_cannot_be_opened_fails_reset(ready: Ready, tmp_path: Path) -> None:
    """A file stands where the folder should be: the file system's reason reaches the operator; nothing is armed."""
    (tmp_path / "logs").mkdir()
    station = ready(log_dir=tmp_path / "logs")
    (tmp_path / "logs" / "flights").write_text("in the way")
    assert station.user(GO) == Ack(FAILED, I, 0)
    assert station.said("Flight: not started: logger: RESET: ")
    assert station.said("exists") or station.said("directory")
    (tmp_path / "logs" / "flights").unlink()
    assert station.user(GO).result == ACCEPTED


def test_status_polling_in_each_state(ready: Ready) -> None:
    """By USER_1 and by TUNNEL, in all six states; and asking changes nothing."""
    station = ready(HANGING, faults=["logger.reset=hang@0..20", "motor.disarm=hang"])
    seen: list[tuple[int, int]] = []

    def poll() -> None:
        ack, packed = station.user(STATUS), station.tunnel(STATUS)
        assert packed == bytes((ack.state, ack.countdown_s))
        assert ack.result == ACCEPTED
        if not seen or seen[-1] != (ack.state, ack.countdown_s):
            seen.append((ack.state, ack.countdown_s))

    poll()
    station.user(GO)
    poll()
    station.session.run_for(20.0)
    poll()
    station.user(GO)
    while seen[-1] != (D, 0):
        poll()
        station.session.run_for(0.1)
    assert seen == [(I, 0), (P, 0), (I, 0), (A, 3), (A, 2), (A, 1), (F, 0), (L, 0), (D, 0)]


def test_go_and_abort_at_the_wrong_moment(ready: Ready) -> None:
    """TEMPORARILY_REJECTED with the state, as command; a text and no answer, by TUNNEL; and the flight goes on."""
    station = ready()
    assert station.user(ABORT) == Ack(TEMPORARILY_REJECTED, I, 0)
    station.user(GO)
    station.until(F)
    assert station.user(GO) == Ack(TEMPORARILY_REJECTED, F, 0)
    assert station.user(ABORT) == Ack(TEMPORARILY_REJECTED, F, 0)
    before = len(station.texts)
    assert station.tunnel(GO) is station.tunnel(ABORT) is None
    assert station.texts[before:] == [
        "GO refused in FLYING: a flight is under way",
        "ABORT refused in FLYING: there is no countdown",
    ]
    station.until(I)
    assert station.states == WHOLE


def test_go_by_tunnel_flies(ready: Ready) -> None:
    station = ready()
    assert station.tunnel(GO) is None
    assert station.states == [P, A]
    assert station.tunnel(ABORT) is None
    assert station.states == [P, A, I]


def test_go_without_a_mission_and_an_unknown_number(ready: Ready) -> None:
    station = ready(None)
    assert station.user(GO) == Ack(FAILED, I, 0)
    assert station.said("GO refused: no mission")
    assert station.user(0x23).result == UNSUPPORTED


CRITICAL = [name for name in ACTORS if name not in ("battery", "comms", "logger")]


@pytest.mark.parametrize("actor", ACTORS)
def test_an_actor_that_raises_in_flight(ready: Ready, actor: str) -> None:
    """A flight-critical one: all of them restart, and the vehicle lands. Another: the flight goes on to its end. The
    next flight is whole in either case."""
    station = ready(faults=[f"{actor}.raise@20"])
    station.session.run_for(15.0 - station.session.time_s)
    station.user(GO)
    station.until(I)
    assert station.said(f"Flight: actor {actor} failed: ")
    if actor in CRITICAL:
        assert station.states == [P, A, F, L, D, I]
        assert station.said("Flight: LANDING: actors restarted")
    else:
        assert station.states == WHOLE
        assert station.session.events_of(events.MissionComplete)
    before = len(station.states)
    assert station.user(GO).result == ACCEPTED
    station.until(I)
    assert station.states[before:] == WHOLE


def test_a_plain_ground_station_passes_through_the_same_states(ready: Ready) -> None:
    """Arm, AUTO, MISSION_START: PREFLIGHT, ARMED without a countdown, FLYING, LANDING, LANDED, IDLE."""
    station = ready()
    station.command(176, 1, 4)
    station.command(ARM, 1)
    assert station.acks(ARM) == [ACCEPTED]
    assert station.states == [P, A]
    assert station.user(STATUS) == Ack(ACCEPTED, A, 0)
    station.command(300)
    station.until(I)
    assert station.states == WHOLE


def test_an_arm_command_whose_resets_take_long_is_in_progress(ready: Ready) -> None:
    """Quiet for half a second, then IN_PROGRESS; what changes something waits for it on its link, and on no other."""
    station = ready(faults=["logger.reset=hang"])
    other = FlightStation(station.session)
    station.command(176, 1, 4)
    station.command(ARM, 1)
    station.command(178, 1, 5, -1)
    station.session.run_for(0.4)
    assert station.acks(ARM) == station.acks(178) == []
    station.session.run_for(0.2)
    assert station.acks(ARM) == [IN_PROGRESS]
    other.command(178, 1, 5, -1)
    assert other.acks(178) == [ACCEPTED]
    assert station.acks(178) == []
    station.session.run_for(11.0)
    assert station.acks(ARM)[-1] == FAILED
    assert station.acks(178) == [ACCEPTED]
    assert station.states == [P, I]


def test_a_flight_that_was_begun_by_go_lands_when_its_mission_hangs(ready: Ready) -> None:
    """A mission without an end: LANDING when it is done."""
    station = ready(HANGING)
    station.user(GO)
    station.until(I)
    assert station.states == WHOLE


@pytest.mark.parametrize("seconds", [0, 7, 255])
def test_countdown_by_parameter(ready: Ready, seconds: int) -> None:
    """FM_COUNTDOWN is what GO counts down from, up to the one byte that STATUS has."""
    assert ready(params={"FM_COUNTDOWN": seconds}).user(GO).countdown_s == seconds


def test_parameters_outlive_the_process(tmp_path: Path) -> None:
    """What was set is there after a restart; what is no number is refused."""
    wanted = {"FM_COUNTDOWN": 11.0, "FM_AUTO_GO": 2.0, "FM_DURATION": 33.0}
    with Session(state_dir=tmp_path) as session:
        for name, value in wanted.items():
            session.set_param(name, value)
        with pytest.raises(ValueError, match="FM_COUNTDOWN"):
            session.set_param("FM_COUNTDOWN", float("nan"))
    with Session(state_dir=tmp_path) as session:
        assert {name: session.param(name) for name in wanted} == wanted


def test_a_countdown_beyond_the_range_never_overflows_status(ready: Ready) -> None:
    """300 s: STATUS has one byte for the seconds, and says 255 until they are fewer."""
    station = ready()
    station.session.set_param("FM_COUNTDOWN", 300.0)
    assert station.user(GO).countdown_s == 255
    packed = station.tunnel(STATUS)
    assert packed == bytes((A, 255))


def test_auto_go_fires_once(ready: Ready) -> None:
    """FM_AUTO_GO begins one flight after the start, none after it."""
    station = ready(params={"FM_AUTO_GO": 2})
    station.until(F, 30.0)
    station.until(I)
    station.session.run_for(100.0)
    assert station.user(STATUS) == Ack(ACCEPTED, I, 0)
    assert [event.armed for event in station.session.events_of(events.ArmedChanged)] == [True, False]


def test_an_actor_that_is_told_to_raise_is_no_error_of_the_program(ready: Ready) -> None:
    """A session raises what goes wrong inside the service; a fault that was asked for does not go wrong."""
    station = ready(faults=["rate.raise@10"])
    station.session.run_for(12.0 - station.session.time_s)
    assert station.said("Flight: actor rate failed: rate.raise")
    assert station.user(STATUS) == Ack(ACCEPTED, I, 0)


def test_a_rover_brakes_and_stands_before_it_is_disarmed() -> None:
    """LANDING begins with the end of the mission: where the car, called back on its way, has nearly come to rest, as
    ArduRover's; LANDED when it stands still."""
    with Session("sim:rover", seed=5, params={"FM_COUNTDOWN": 0, "RTL_SPEED": 6.0}) as session:
        session.wait_armable()
        home = session.autopilot.facts.home
        assert home is not None
        away = to_global(home, (30.0, 0.0, 0.0))
        session.upload((MissionItem(16, 3, x=away.lat, y=away.lon), MissionItem(20, 3)))
        station = FlightStation(session)
        assert station.user(GO).result == ACCEPTED
        session.run_until(lambda session: session.state.ground_speed > 2.0, 30.0)
        station.command(Cmd.DO_SET_MISSION_CURRENT, 2.0)
        station.until(L)
        assert 0.0 < session.state.ground_speed < 1.0
        session.run_until(lambda session: not session.state.armed, 30.0, 0.02)
        truth = session.service.vehicle.state.report
        assert hypot(truth[report.TRUE_VN], truth[report.TRUE_VE]) < 0.25
        assert station.states == WHOLE
