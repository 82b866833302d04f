"""A firmware that flies in our world as a node of a runtime in virtual time, against the stand-in for SITL's JSON
backend."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import get_ident
from types import SimpleNamespace
from typing import cast

import pytest

from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint
from autopilot.mav import Cmd, FailureType, FailureUnit, Result, VehicleType
from mavlink_bridge.links.memory import MemoryLink
from sitl.ardupilot.faults import BY_PARAMETER, UNKNOWN
from sitl.ardupilot.lockstep import JsonLockstep, SerialLine, open_receiver
from sitl.child import SitlChild, SitlError, free_port
from sitl.kernel import layout as M
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.outside_faults import FirmwareFaults
from sitl.vehicles.wiring import STEPS, body_of
from sitl.ways_in import Lockstep
from sortie import Session, mavlink
from sortie.api.simulation import end_fault, inject
from sortie.nodes.firmware import LOOK_MS, FirmwareNode, SerialPlug
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import Wire
from tests.stand_in.json_firmware import build

ROOT = Path(__file__).parents[3]
STABILIZE, RTL = 0, 6
HOME = GeoPoint(-35.0, 149.0, 584.0)
Start = Callable[..., FirmwareNode]


def ended(number: int, error: SitlError) -> None:
    """As of a vehicle that is alone."""
    raise error


def flies_on(number: int) -> None:
    """Nothing speaks against it."""


class Listener(QuietNode):
    """Node and plug of a wire's other end; `heard`: lines with the vehicle time at which they came."""

    endpoints = ()
    full = False

    def __init__(self, firmware: FirmwareNode) -> None:
        self.node = self
        self.heard: list[tuple[int, str]] = []
        self._firmware = firmware

    @property
    def now_ms(self) -> int:
        return self._firmware.now_ms

    def take(self) -> bytes:
        return b""

    def hand(self, data: bytes, link_ms: int) -> None:
        self.heard += [(self.now_ms, line) for line in data.decode().splitlines()]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a firmware in a runtime of its own."""
    started: list[JsonLockstep] = []

    def begin(runtime: Runtime, manner: str = "") -> FirmwareNode:
        receiver, port = open_receiver(), free_port()
        words = [sys.executable, "-m", "tests.stand_in.json_firmware"]
        words += ["--sim-port-out", str(receiver.getsockname()[1]), "--serial0", f"tcp:{port}:wait"]
        environment = {"SORTIE_STAND_IN": manner, "PYTHONPATH": str(ROOT)}
        child = SitlChild("stand-in", words, "", tmp_path, environment=environment)
        body = body_of("copter", make_simulated("copter", HOME, 0.0, 1, steps=STEPS["copter"]), {})
        started.append(JsonLockstep(body, receiver, SerialLine(port), child))
        node = FirmwareNode([started[-1]], runtime.signals, flies_on, ended)
        runtime.add_vehicle(node)
        return node

    yield begin
    for lockstep in started:
        lockstep.close()


def test_its_words_come_at_the_vehicle_time_at_which_it_said_them(start: Start) -> None:
    runtime = Runtime()
    node = start(runtime)
    listener = Listener(node)
    runtime.add(listener)
    runtime.connect(Wire(MemoryLink(), SerialPlug(node, node.locksteps[0].line), listener))
    while node.now_ms < 3100:
        runtime.step(3100)
    times = [(at_ms, line) for at_ms, line in listener.heard if line.startswith("time=")]
    assert [line for _, line in times] == ["time=1.000", "time=2.000", "time=3.000"]
    assert all(0 <= at_ms - 1000 * second <= LOOK_MS for second, (at_ms, _) in enumerate(times, 1))
    assert node.locksteps[0].body.time_ms == pytest.approx(node.now_ms)


def test_its_end_ends_the_run_with_a_line(start: Start) -> None:
    runtime = Runtime()
    node = start(runtime, "exit")
    with pytest.raises(SitlError, match=r"ended \(status 3\)"):
        while node.now_ms < 5000:
            runtime.step(5000)


def test_a_signal_ends_the_wait_for_one_that_says_nothing(start: Start) -> None:
    runtime = Runtime()
    node = start(runtime, "silent")
    runtime.signals.number = 15
    node.advance(1000)
    assert node.locksteps[0].body.time_ms == 0.0


class ThreadNoting:
    """A firmware in lockstep that notes the thread that answers it, and to which processors that thread keeps."""

    def __init__(self, processor: int, in_python: bool) -> None:
        self.child = SimpleNamespace(processor=processor)
        self.in_python = in_python
        self.answered: set[tuple[int, frozenset[int]]] = set()

    def step(self, until_ms: float, stop: Callable[[], bool]) -> bool:
        self.answered.add((get_ident(), frozenset(os.sched_getaffinity(0))))
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="a thread keeps to a processor on Linux only")
@pytest.mark.parametrize("in_python", [0, 1, 2])
def test_those_of_one_processor_have_a_thread_on_it_and_those_that_python_answers_one_for_all(in_python: int) -> None:
    """`in_python` of four are answered by Python; the last of these two are on one processor."""
    allowed = sorted(os.sched_getaffinity(0))
    processors = [allowed[0], allowed[-1], allowed[0], allowed[0]]
    flown = [ThreadNoting(processor, number < in_python) for number, processor in enumerate(processors)]
    node = FirmwareNode(cast(Sequence[Lockstep], flown), Runtime().signals, flies_on, ended)
    for until_ms in (40, 80):
        node.advance(until_ms)
    node.close()
    answered = [each for lockstep in flown for each in lockstep.answered]
    assert len(answered) == 4, "always by the same thread"
    assert get_ident() not in {thread for thread, _ in answered}
    assert answered[2] == answered[3]
    for number, (_, kept_to) in enumerate(answered):
        assert kept_to == (frozenset(allowed) if number < in_python == 2 else {processors[number]})
    if in_python == 2:
        assert answered[0] == answered[1] != answered[2]


def test_what_is_logged_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The firmware is looked at, and written to, at the same vehicle times."""
    heard: list[tuple[float, bytes]] = []
    flown: list[float] = []
    step, write = JsonLockstep.step, SerialLine.write

    def step_and_note(lockstep: JsonLockstep, until_ms: float, stop: Callable[[], bool]) -> bool:
        if flown[-1:] != [until_ms]:
            flown.append(until_ms)
        return step(lockstep, until_ms, stop)

    def write_and_note(line: SerialLine, data: bytes) -> None:
        heard.append((flown[-1], data))
        write(line, data)

    monkeypatch.setattr(JsonLockstep, "step", step_and_note)
    monkeypatch.setattr(SerialLine, "write", write_and_note)
    flights = []
    for logged in (False, True):
        flown.clear()
        heard.clear()
        with Session(f"ardupilot:copter={build(tmp_path)},world=ours") as session:
            if logged:
                link = session.service.open_log_link("flight.tlog", 10.0, lambda _: None)
            session.run_for(2.2)
            session.run_for(0.81)  # somebody stops it between two looks
            session.run_for(2.0)
            assert not logged or session.service.endpoint.take_bytes(link)
            flights.append((list(flown), list(heard)))  # how far it comes while it ends is chance
    assert heard and flights[0] == flights[1]
    assert {3000, 3040, 3080} <= set(flown)


# --- its faults -------------------------------------------------------------------------------------------------------
def test_faults_are_of_the_body_or_of_the_firmware() -> None:
    machine = make_simulated("copter", HOME, 0.0, 1)
    faults = FirmwareFaults(machine, BY_PARAMETER, {}, UNKNOWN)
    assert faults.inject("motor1.loss", None, active=True) == {}
    assert faults.inject("gps.loss", None, active=True) == {"SIM_GPS1_ENABLE": 0.0}
    assert faults.inject("gps.loss", None, active=False) == {"SIM_GPS1_ENABLE": 1.0}
    assert faults.inject("baro.wrong", 25.0, active=True) == {"SIM_BARO_GLITCH": 25.0, "SIM_BAR2_GLITCH": 25.0}
    assert faults.inject("gps.glitch", METRES_PER_DEGREE, active=True) == {"SIM_GPS1_GLTCH_X": pytest.approx(1.0)}
    assert faults.inject("gps.stuck", None, active=True) is None
    assert faults.inject("nothing.such", None, active=True) is None


def test_a_low_battery_is_the_firmware_s_and_the_body_s() -> None:
    """An ArduPilot that takes our battery ignores the parameter; motors turn by the body's in any case."""
    machine = make_simulated("copter", HOME, 0.0, 1)
    faults = FirmwareFaults(machine, BY_PARAMETER, {}, UNKNOWN)
    settings = machine.rows()[1][0]
    assert faults.inject("battery.low", 0.8, active=True) == {"SIM_BATT_VOLTAGE": pytest.approx(11.8)}
    assert settings[M.P_FAULT_V] == 0.8
    assert faults.inject("battery.low", None, active=False) == {"SIM_BATT_VOLTAGE": 12.6}
    assert settings[M.P_FAULT_V] == 0.0


def test_what_is_between_body_and_firmware_is_switched() -> None:
    """Only where it is there is the fault known."""
    machine, heard = make_simulated("copter", HOME, 0.0, 1), list[bool]()
    faults = FirmwareFaults(machine, {}, {"rc.loss": heard.append}, ("rc.loss", "rate.freeze"))
    assert faults.inject("rc.loss", None, active=True) == {} == faults.inject("rc.loss", None, active=False)
    assert heard == [True, False] and "rc.loss" in faults.names() and faults.unknown == {"rate.freeze"}
    assert FirmwareFaults(machine, {}, {}, ("rc.loss",)).inject("rc.loss", None, active=True) is None


@pytest.mark.parametrize("how", ["inject", "command"])
def test_a_station_that_is_lost_is_lost_to_the_firmware(tmp_path: Path, how: str) -> None:
    """It acts by itself when HEARTBEATs do not come any more (the stand-in goes to RTL after 5 s); commands of the
    station still pass."""
    with Session(f"ardupilot:copter={build(tmp_path)},world=ours") as session:
        link = session.connect()

        def mode_after(seconds: int) -> int:
            for _ in range(seconds):
                link.send(mavlink.MAVLink_heartbeat_message(VehicleType.GCS, 8, 0, 0, 0, 3))
                session.run_for(1.0)
            return int(link.messages("HEARTBEAT")[-1].custom_mode)

        assert mode_after(8) == STABILIZE
        if how == "inject":
            inject(session.service, "gcs.loss")
        else:
            link.send(
                mavlink.MAVLink_command_long_message(
                    1, 1, Cmd.INJECT_FAILURE, 0, FailureUnit.MAVLINK_SIGNAL, FailureType.OFF, 0, 0, 0, 0, 0
                )
            )
            assert link.receive("COMMAND_ACK").result == Result.ACCEPTED
        assert mode_after(4) == STABILIZE
        assert mode_after(4) == RTL
        end_fault(session.service, "gcs.loss")
        assert mode_after(3) == STABILIZE


def test_every_fault_of_ours_acts_or_is_refused() -> None:
    """None is taken without an effect: GPS, compass and barometer of our body are nobody's in this world."""
    machine = make_simulated("copter", HOME, 0.0, 1)
    ours = set(machine.fault_names())
    acting = set(FirmwareFaults(machine, BY_PARAMETER, {}, UNKNOWN).names())
    assert ours - acting == set(UNKNOWN)
    assert {name for name in ours if name.startswith(("gps.", "compass.", "baro."))} <= {*BY_PARAMETER, *UNKNOWN}
