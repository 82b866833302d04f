"""The lockstep with a firmware, against a stand-in for it that dies in every way that such a program has."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from sitl.ardupilot.lockstep import JsonLockstep, SerialLine, open_receiver
from sitl.child import SitlChild, SitlError, free_port
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.wiring import STEPS, body_of
from tests.fakes.lockstep import fly
from tests.fakes.orphans import await_ends

ROOT = Path(__file__).parents[3]
Start = Callable[..., JsonLockstep]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts stand-ins; ends them."""
    started: list[JsonLockstep] = []

    def begin(manner: str = "", silent_s: float = 20.0) -> JsonLockstep:
        receiver, port = open_receiver(), free_port()
        words = [sys.executable, "-m", "tests.stand_in.json_firmware"]
        words += ["--sim-port-out", str(receiver.getsockname()[1]), "--serial0", f"tcp:{port}:wait"]
        environment = {"SORTIE_STAND_IN": manner, "PYTHONPATH": str(ROOT)}
        child = SitlChild("stand-in", words, f"tcp:127.0.0.1:{port}", tmp_path, environment=environment)
        machine = make_simulated("copter", GeoPoint(-35.0, 149.0, 584.0), 0.0, 1, steps=STEPS["copter"])
        made = JsonLockstep(body_of("copter", machine, {}), receiver, SerialLine(port), child, silent_s)
        started.append(made)
        return made

    yield begin
    for lockstep in started:
        lockstep.close()


def said(lockstep: JsonLockstep) -> list[str]:
    return lockstep.line.read().decode().splitlines()


def test_time_goes_as_far_as_it_is_asked_to(start: Start) -> None:
    lockstep = start()
    fly(lockstep, 1000.0)
    assert lockstep.body.time_ms == pytest.approx(1000.0)
    assert lockstep.body.answers == 800


def test_what_it_has_said_is_there_when_time_stops(start: Start) -> None:
    lockstep = start()
    fly(lockstep, 998.75)
    assert not any(line.startswith("time=") for line in said(lockstep))
    fly(lockstep, 1001.25)
    assert said(lockstep) == ["time=1.000"]


def test_a_packet_that_comes_again_is_answered_once(start: Start) -> None:
    """While an answer is held, ArduPilot sends its packet again each second: time does not jump by it."""
    lockstep = start("repeat")
    fly(lockstep, 2000.0)
    assert lockstep.body.answers == 1600
    assert lockstep.restarts == 0


def test_it_hangs(start: Start) -> None:
    lockstep = start("hang", silent_s=0.3)
    with pytest.raises(SitlError, match=r"hangs: nothing came for 0.3 s") as caught:
        fly(lockstep, 3000.0)
    assert caught.value.ended


def test_it_hangs_while_it_asks_for_the_same_answer_again_and_again(start: Start) -> None:
    """Our answers do not reach it: seen when another of its sockets got the number of its simulator's."""
    with pytest.raises(SitlError, match=r"hangs: nothing came for 0.5 s"):
        fly(start("deaf", silent_s=0.5), 3000.0)


def test_its_ports_are_none_that_sockets_get_by_themselves() -> None:
    """A port below the range from which Linux chooses, and free."""
    ports = {free_port(kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM) for _ in range(20)}
    assert len(ports) > 20
    assert all(20_000 <= port < 32_768 for port in ports)


def test_it_never_connects(start: Start) -> None:
    with pytest.raises(SitlError, match="hangs"):
        fly(start("silent", silent_s=0.3), 3000.0)


@pytest.mark.parametrize(("manner", "how"), [("crash", "signal SIGABRT"), ("exit", "status 3")])
def test_it_ends(start: Start, manner: str, how: str) -> None:
    with pytest.raises(SitlError, match=rf"ended \({how}\): .*stand-in: {manner}"):
        fly(start(manner), 3000.0)


def test_it_comes_back_from_a_reboot_in_the_same_place_and_time(start: Start) -> None:
    lockstep = start("reboot")
    fly(lockstep, 1000.0)
    assert said(lockstep)[0].startswith("pid=")
    fly(lockstep, 3000.0)
    assert lockstep.restarts == 1
    assert lockstep.body.time_ms == pytest.approx(3000.0)
    assert [line[:7] for line in said(lockstep)][-2:] == ["time=2.", "time=3."]


def test_garbage_on_its_port_takes_no_time(start: Start) -> None:
    lockstep = start("flood")
    fly(lockstep, 200.0)
    assert lockstep.body.answers == 160


def test_it_is_answered_until_it_notices_its_end(start: Start) -> None:
    """Else each flight would end with three seconds of waiting and SIGKILL. Its body does not move any more."""
    lockstep = start("late")
    fly(lockstep, 500.0)
    exchanges, state = lockstep.body.answers, lockstep.body.machine.rows()[0].copy()
    lockstep.close()
    assert lockstep.body.answers > exchanges
    assert lockstep.child.status == 0
    assert (lockstep.body.machine.rows()[0] == state).all()


def test_it_may_be_told_to_stop_waiting(start: Start) -> None:
    lockstep = start("silent")
    fly(lockstep, 1000.0, lambda: True)
    assert lockstep.body.time_ms == 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_no_orphan_is_left_by_kill_9(tmp_path: Path) -> None:
    """A program that has started a firmware is killed: the firmware ends with it."""
    code = (
        "import sys, time; from pathlib import Path; from sitl.child import SitlChild\n"
        f"child = SitlChild('x', [sys.executable, '-c', 'import time; time.sleep(600)'], '', Path({str(tmp_path)!r}))\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    await_ends([pid])
