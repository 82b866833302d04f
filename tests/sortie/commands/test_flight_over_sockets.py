"""The eight scenarios of seed 002 against `sortie serve` as a process: by its own commands, and by pymavlink."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from mavlink_bridge.clients import MissionUpload, TransferOutcome
from sortie import MissionItem
from sortie.nodes.client import Remote
from tests.fakes.flight_station import (
    ABORT,
    ACCEPTED,
    FAILED,
    GO,
    HOP,
    STATUS,
    TEMPORARILY_REJECTED,
    TUNNEL_TYPE,
    USER_1,
    WHOLE,
    A,
    D,
    F,
    I,
    L,
    P,
)
from tests.fakes.program import last_line, run
from tests.fakes.served import Served, free_port, served
from tests.fakes.warm import begin_warm

pytestmark = pytest.mark.waits

PATIENCE_S = 240.0
FASTER = "10"


def upload(service: Served, items: tuple[MissionItem, ...] = HOP) -> None:
    with Remote(service.tcp) as remote:
        transfer = MissionUpload(remote.target, items)
        remote.ask(transfer)
        assert transfer.outcome is TransferOutcome.ACCEPTED


def order(service: Served, *words: str) -> subprocess.CompletedProcess[str]:
    """One of the flight manager's commands of `sortie`, to this service."""
    return run(service.folder, *words, "--connect", service.tcp)


class Pymavlink:
    """A ground station made of pymavlink."""

    def __init__(self, service: Served) -> None:
        self.link: Any = mavutil.mavlink_connection(service.tcp, source_system=255, autoreconnect=False)
        self.link.wait_heartbeat(timeout=PATIENCE_S)
        self.states: list[int] = []
        self.texts: list[str] = []

    def hear(self, name: str) -> Any:
        """The next message of this name; states and texts on the way are kept."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            message = self.link.recv_match(blocking=True, timeout=1.0)
            if message is None:
                continue
            kind = message.get_type()
            if kind == "NAMED_VALUE_INT" and message.name == "FM_STATE":
                self.states.append(message.value)
            elif kind == "STATUSTEXT":
                self.texts.append(message.text)
            if kind == name:
                return message
        raise AssertionError(f"no {name}; states {self.states}, texts {self.texts[-5:]}")

    def user(self, command: int) -> tuple[int, int, int]:
        """Result, state, countdown seconds."""
        self.link.mav.command_long_send(1, 1, USER_1, 0, command, 0, 0, 0, 0, 0, 0)
        while True:
            ack = self.hear("COMMAND_ACK")
            if ack.command == USER_1:
                return ack.result, ack.result_param2 & 0xFF, ack.result_param2 >> 8

    def tunnel(self, byte: int) -> None:
        self.link.mav.tunnel_send(1, 1, TUNNEL_TYPE, 1, [byte] + [0] * 127)

    def status(self) -> tuple[int, int]:
        """By TUNNEL: the seed's two packed bytes."""
        self.tunnel(STATUS)
        answer = self.hear("TUNNEL")
        assert (answer.payload_type, answer.payload_length) == (TUNNEL_TYPE, 2)
        return answer.payload[0], answer.payload[1]

    def until(self, state: int) -> None:
        while not self.states or self.states[-1] != state:
            self.hear("NAMED_VALUE_INT")


@contextmanager
def station(folder: Path, *arguments: str, speedup: str = "0") -> Iterator[tuple[Served, Pymavlink]]:
    """A service with a mission, and pymavlink connected to it."""
    with served(folder, "--param", "FM_COUNTDOWN=3", *arguments, speedup=speedup) as service:
        upload(service)
        yield service, Pymavlink(service)


def test_flights_by_pymavlink_with_fresh_logs(tmp_path: Path) -> None:
    """GO by command, then by TUNNEL: twice the six states; refused in between; a new log folder for each."""
    with station(tmp_path) as (service, pilot):
        assert pilot.user(GO) == (ACCEPTED, A, 3)
        pilot.until(I)
        assert pilot.states == WHOLE
        assert pilot.user(ABORT) == (TEMPORARILY_REJECTED, I, 0)
        pilot.tunnel(GO)
        pilot.until(A)
        pilot.until(I)
        assert pilot.states == WHOLE * 2
        assert pilot.status() == (I, 0)
        flights = sorted((service.folder / "log" / "flights").iterdir())
        assert [flight.name for flight in flights] == ["0001", "0002"]
        for flight in flights:
            assert (flight / "events.jsonl").read_text().count("Flight: LANDED") == 1
            assert (flight / "flight.tlog").stat().st_size > 10_000


def test_own_commands_go_and_abort(tmp_path: Path) -> None:
    """`go` counts down, `status` shows it, a second `go` is refused in words, `abort` disarms; and again."""
    with served(tmp_path, "--param", "FM_COUNTDOWN=200", "--with", "follow,camera", speedup="1") as service:
        refused = order(service, "go", "--json")
        assert (refused.returncode, last_line(refused)["result"]) == (1, "FAILED")
        assert "GO refused: no mission (FAILED in IDLE)" in refused.stderr
        upload(service)
        done = order(service, "go", "--json")
        assert done.returncode == 0, done.stderr
        assert last_line(done) == {"command": "GO", "result": "ACCEPTED", "state": "ARMED", "countdown_s": 200}
        facts = last_line(order(service, "status", "--json"))
        assert (facts["state"], facts["armed"], facts["mode"]) == ("ARMED", True, "GUIDED")
        assert 100 < facts["countdown_s"] <= 200
        assert (facts["mission"]["items"], facts["fitted"]) == (2, ["camera", "follow"])
        again = order(service, "go")
        assert again.returncode == 1
        assert "(TEMPORARILY_REJECTED in ARMED)" in again.stderr
        assert order(service, "abort").returncode == 0
        facts = last_line(order(service, "status", "--json"))
        assert (facts["state"], facts["armed"], facts["countdown_s"]) == ("IDLE", False, 0)
        late = order(service, "abort")
        assert late.returncode == 1
        assert "(TEMPORARILY_REJECTED in IDLE)" in late.stderr


def test_own_command_watch_sees_a_flight(tmp_path: Path) -> None:
    """`status --watch --json` prints a line each second, and the flight passes by in it."""
    with served(tmp_path, "--param", "FM_COUNTDOWN=30", speedup=FASTER) as service:
        upload(service)
        watch = begin_warm(service.folder, "status", "--watch", "--json", "--connect", service.tcp)
        try:
            assert watch.stdout is not None
            seen = [json.loads(watch.stdout.readline())["state"]]
            assert order(service, "go").returncode == 0
            for line in watch.stdout:
                state = json.loads(line)["state"]
                if state != seen[-1]:
                    seen.append(state)
                if state == "IDLE" and len(seen) > 1:
                    break
        finally:
            watch.terminate()
            watch.communicate(timeout=PATIENCE_S)
        # A look each second of the wall may miss a state on a busy machine, but never sees them in another order.
        order_of_states = iter(["IDLE", "PREFLIGHT", "ARMED", "FLYING", "LANDING", "LANDED", "IDLE"])
        assert all(state in order_of_states for state in seen), seen
        assert len(seen) > 2


@pytest.mark.parametrize("word", ["go", "abort", "status"])
def test_no_service(tmp_path: Path, word: str) -> None:
    """Nobody there: said in one line, status 1."""
    done = run(tmp_path, word, "--connect", f"tcp:127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("sortie: no vehicle answers at tcp:127.0.0.1:")


def test_reset_failure(tmp_path: Path) -> None:
    """A calibration that fails: `sortie go` is status 1 and names the actor; the vehicle is disarmed in IDLE."""
    with station(tmp_path, "--fault", "sensor.reset=fail") as (service, pilot):
        done = order(service, "go")
        assert done.returncode == 1
        assert "sensor: RESET: " in done.stderr
        assert pilot.status() == (I, 0)
        assert pilot.states == [P, I]


def test_a_logger_that_hangs(tmp_path: Path) -> None:
    """PREFLIGHT for 10 s of vehicle time, then IDLE with the reason; STATUS is answered meanwhile."""
    with station(tmp_path, "--fault", "logger.reset=hang", speedup="1") as (_, pilot):
        assert pilot.user(GO) == (ACCEPTED, P, 0)
        assert pilot.status() == (P, 0)
        assert pilot.user(GO) == (TEMPORARILY_REJECTED, P, 0)
        pilot.until(I)
        assert pilot.states == [P, I]
        while not any("logger: RESET: no answer" in text for text in pilot.texts):
            pilot.hear("STATUSTEXT")


def test_a_log_directory_that_cannot_be_opened(tmp_path: Path) -> None:
    """RESET fails with the file system's reason."""
    with station(tmp_path) as (service, pilot):
        flights = service.folder / "log" / "flights"
        flights.write_text("in the way")
        done = order(service, "go")
        assert done.returncode == 1
        assert "logger: RESET: " in done.stderr
        assert str(flights.parent) in done.stderr
        flights.unlink()
        assert pilot.user(GO)[0] == ACCEPTED
        pilot.until(I)


def test_arm_failure(tmp_path: Path) -> None:
    with station(tmp_path, "--fault", "motor.arm=fail") as (_, pilot):
        assert pilot.user(GO) == (FAILED, I, 0)
        assert pilot.status() == (I, 0)
        assert pilot.states == [P, I]


def test_abort_by_tunnel(tmp_path: Path) -> None:
    """In the countdown: disarmed, IDLE; the packed bytes count down before."""
    with station(tmp_path, "--param", "FM_COUNTDOWN=100", speedup="1") as (_, pilot):
        pilot.tunnel(GO)
        pilot.until(A)
        state, countdown = pilot.status()
        assert (state, 0 < countdown <= 100) == (A, True)
        pilot.tunnel(ABORT)
        pilot.until(I)
        assert pilot.states == [P, A, I]


def test_emergency_cutoff(tmp_path: Path) -> None:
    """Through LANDED to IDLE, and the reason is said."""
    with station(tmp_path, "--param", "FM_CUT_ALT=4") as (_, pilot):
        pilot.user(GO)
        pilot.until(I)
        assert pilot.states == [P, A, F, D, I]
        assert "Flight: LANDED: emergency cutoff" in pilot.texts


def test_status_in_each_state_of_a_flight(tmp_path: Path) -> None:
    """Polled all the way: countdown seconds fall, every state from ARMED to LANDED is seen."""
    with station(tmp_path, "--fault", "motor.disarm=hang", speedup=FASTER) as (_, pilot):
        seen = [pilot.status()]
        assert pilot.user(GO)[0] == ACCEPTED
        while seen[-1] != (D, 0):
            status = pilot.status()
            if status != seen[-1]:
                seen.append(status)
        assert seen[0] == (I, 0)
        countdown = [seconds for state, seconds in seen if state == A]
        assert countdown == sorted(countdown, reverse=True)
        assert countdown
        assert set(countdown) <= {1, 2, 3}
        assert [state for state, seconds in seen if state != A] == [I, F, L, D]


def test_an_actor_that_raises_in_flight_lands_it_and_the_process_lives(tmp_path: Path) -> None:
    """A hover with the estimator raising at 60 s of vehicle time: LANDING, and the next GO flies."""
    hover = ("--param", "FM_PROFILE=1", "--param", "FM_DURATION=200", "--fault", "estimator.raise@60")
    with station(tmp_path, *hover) as (_, pilot):
        assert pilot.user(GO)[0] == ACCEPTED
        pilot.until(I)
        assert pilot.states == WHOLE
        assert "Flight: LANDING: actors restarted" in pilot.texts
        assert pilot.user(GO)[0] == ACCEPTED
        pilot.until(A)
        pilot.until(I)
        assert pilot.states == WHOLE * 2


def test_parameters_of_the_flight_manager_outlive_the_process(tmp_path: Path) -> None:
    """Set over MAVLink, read back after a restart; no number for what is none."""
    with served(tmp_path, speedup="1", ready=False) as service:
        assert order(service, "param", "set", "FM_COUNTDOWN", "17").returncode == 0
        assert order(service, "param", "set", "FM_DURATION", "nan").returncode != 0
    with served(tmp_path, speedup="1") as service:
        upload(service)
        assert last_line(order(service, "go", "--json"))["countdown_s"] == 17
