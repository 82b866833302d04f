"""PX4 SITL with SIH as the controller of a test, in place of the stand-in: the program that PX4_SITL names.

Its first link is the one that Sortie is on. A second one is the test's own: it says what the controller itself has, and
is the pilot, whose sticks rest in the middle (MANUAL_CONTROL). Its process is stopped between the
steps of a test: a slow machine makes a test long, never late.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from autopilot.interface.geo import Ned, to_local
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sitl.px4.launcher import DEFAULTS as LAUNCHED
from sitl.px4.launcher import VARIABLE, free_instances, write_startup
from sortie.api.testing.stand_in import HOME
from tests.fakes.served import free_port
from tests.stand_in.px4 import NUMBERS, PAIRS, Px4StandIn
from tests.stand_in.px4_navigator import OFFBOARD
from tests.stand_in.px4_parameters import DEFAULTS, INT32

SPEEDUP: Final = 3.0
_GIVE_UP_S: Final = 60.0
_STREAMS: Final = {33: 10.0, 30: 50.0}  # GLOBAL_POSITION_INT; ATTITUDE, for its clock
_RATE: Final = 4_000_000  # bytes/s; on a serial line it takes a twentieth of the baud rate (mavlink_main.cpp)
_READ: Final = 8000  # so much it takes of one datagram (mavlink_receiver.cpp)
_BEAT_MS: Final = 200  # HEARTBEAT is asked for so often, and sticks are told
#: rcS makes these longer with the speed; here they are vehicle time. The pilot may be late, since a test may be.
_OWN: Final = {
    **LAUNCHED, "COM_OF_LOSS_T": 3.0, "COM_DL_LOSS_T": 10.0, "COM_RC_LOSS_T": 30.0, "COM_RC_IN_MODE": 1.0
}  # fmt: skip
#: How each failsafe that `px4_commander.FAILSAFES` names is brought about: parameters, set in flight.
_CAUSES: Final[dict[str, dict[str, float]]] = {
    "battery warning": {"SIM_BAT_MIN_PCT": 12.0, "SIM_BAT_DRAIN": 1.0},
    "battery critical": {"SIM_BAT_MIN_PCT": 6.0, "SIM_BAT_DRAIN": 1.0},
    "battery emergency": {"SIM_BAT_MIN_PCT": 3.0, "SIM_BAT_DRAIN": 1.0},
    "station lost": {"COM_DL_LOSS_T": 5.0, "NAV_DLL_ACT": 2.0},
    "transmitter lost": {"NAV_RCL_ACT": 2.0, "COM_RC_LOSS_T": 0.5},
    "geofence": {"GF_MAX_HOR_DIST": 1.0},
    "flight time": {"COM_FLT_TIME_MAX": 1.0},
    "position lost": {},
}
_MORE_INTEGERS: Final = ("SIM_GPS_USED", "COM_FLT_TIME_MAX", "COM_DL_LOSS_T", "COM_RC_IN_MODE")


def px4_controller(params: Mapping[str, float] | None = None, baud: int | None = None) -> Px4StandIn | RealPx4:
    """The stand-in, or the program that PX4_SITL names. `baud`: of the line to it."""
    given = os.environ.get(VARIABLE)
    if not given:
        return Px4StandIn(params=params)
    if not Path(given).is_file():
        pytest.skip(f"there is no {given}")
    return RealPx4(Path(given), params or {}, _RATE if baud is None else baud // 20)


class RealPx4:
    """The same face as `tests.stand_in.px4.Px4StandIn`."""

    kind = "copter"

    def __init__(self, program: Path, params: Mapping[str, float], rate: int) -> None:
        self._program, self._params, self._rate = program, {**_OWN, **params}, rate
        self.restarts = 0
        self.armed = False
        self.pair = (0, 0)
        self.system_status = 0
        self.position: Ned = (0.0, 0.0, 0.0)
        self.ground_speed = 0.0
        self.received: list[tuple[int, Any]] = []
        self.busy_refusals = 0
        self.texts: list[str] = []
        self._zero_ms = self._boot_ms = 0
        self._beat_ms = 0
        self._has_pilot = True
        self._answers: list[Any] = []
        self._folder = Path(tempfile.mkdtemp(prefix="sortie-px4-"))
        self._main, self._own = (_Port() for _ in range(2))
        self._main_in = FrameReader()
        self._links()
        self._start()

    def _links(self) -> None:
        """Two links, and what rcS has set otherwise by then."""
        links = (
            f"mavlink start -x -u {port.theirs} -r {rate} -f -m onboard -o {port.ours}\n"
            for port, rate in ((self._main, self._rate), (self._own, _RATE))
        )
        write_startup(self._folder, f"#!/bin/sh\n{''.join(links)}", 1, self._params)

    def _start(self) -> None:
        place = {
            "PX4_PARAM_SIH_LOC_LAT0": HOME.lat,
            "PX4_PARAM_SIH_LOC_LON0": HOME.lon,
            "PX4_PARAM_SIH_LOC_H0": HOME.alt,
        }
        environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(self._folder), os.environ["PATH"])),
            "PX4_SIM_MODEL": "sihsim_quadx",
            "PX4_SIM_SPEED_FACTOR": f"{SPEEDUP:g}",
            **{name: repr(value) for name, value in place.items()},
        }
        self._instance = next(free_instances())
        self._log = (self._folder / "output").open("ab")
        self._process = subprocess.Popen(
            [str(self._program), "-i", str(self._instance), "-d", str(self._program.parent.parent / "etc")],
            cwd=self._folder,
            env=environment,
            preexec_fn=_give_way,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._reader, self._writer = FrameReader(), FrameWriter(250, 190)
        self._main_bytes = b""
        self.pair = (0, 0)
        self._wait(lambda: self.pair != (0, 0))
        for number, hertz in _STREAMS.items():
            self._command(511, float(number), 1e6 / hertz)
        self._command(176, 1.0, *map(float, PAIRS[4]))  # chosen once, it does not go to Position for the sticks

    # --- time and bytes -------------------------------------------------------------------------------------------
    @property
    def time_ms(self) -> int:
        """Its clock, going on over restarts."""
        return self._zero_ms + self._boot_ms

    def run_to(self, now_ms: int) -> None:
        """Wait until it is that late there."""
        self._wait(lambda: self.time_ms >= now_ms)

    def _wait(self, condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + _GIVE_UP_S
        self._pump(0.0)
        if condition():
            return
        with self._running():
            while not condition():
                assert time.monotonic() < end_s, f"PX4 SITL stands still: {self._folder}"
                self._pump(0.002)

    @contextmanager
    def _running(self) -> Iterator[None]:
        self._process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGSTOP)

    def _pump(self, wait_s: float) -> None:
        sockets = (self._main.socket, self._own.socket)
        ready, _, _ = select.select(sockets, [], [], wait_s)
        if self._main.socket in ready:
            self._main_bytes += self._main.take()
        if self._own.socket in ready:
            for frame in self._reader.receive(self._own.take()):
                if (frame.system, frame.component) == (1, 1) and frame.known:
                    self._hear(frame.msg_id, frame.payload)
        if self.time_ms >= self._beat_ms and self.pair != (0, 0):
            self._beat_ms = self.time_ms + _BEAT_MS
            self._command(512, 0.0)
            if self._has_pilot:
                self._send(dialect.MAVLink_manual_control_message(1, 0, 0, 500, 0, 0))

    def _hear(self, number: int, payload: bytes) -> None:
        if number == 30:
            self._boot_ms = max(self._boot_ms, struct.unpack_from("<I", payload.ljust(4, b"\0"))[0])
            return
        message: Any = codec.decode(number, payload)
        assert message is not None
        name = message.get_type()
        if name == "HEARTBEAT":
            mode = message.custom_mode
            self.system_status = int(message.system_status)
            self.pair, self.armed = (mode >> 16 & 0xFF, mode >> 24 & 0xFF), bool(message.base_mode & 128)
        elif name == "GLOBAL_POSITION_INT":
            self.position = to_local(HOME, message.lat / 1e7, message.lon / 1e7, message.alt / 1e3)
            self.ground_speed = (message.vx**2 + message.vy**2) ** 0.5 / 100.0
        elif name == "STATUSTEXT":
            self.texts.append(message.text)
            self.busy_refusals += "Busy" in message.text or "already active" in message.text
        elif name in ("MISSION_COUNT", "PARAM_VALUE"):
            self._answers.append(message)

    def take(self) -> bytes:
        """What it has sent to Sortie."""
        self._pump(0.0)
        data, self._main_bytes = self._main_bytes, b""
        return data

    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes of Sortie's."""
        del now_ms
        for frame in self._main_in.receive(data):
            message: Any = codec.decode(frame.msg_id, frame.payload)
            if message is not None:
                self.received.append((self.time_ms, message))
        self._main.send(data)

    # --- what it has ----------------------------------------------------------------------------------------------
    def _send(self, message: Any) -> None:
        self._own.send(self._writer.frame(*codec.payload(message)))

    def _command(self, number: int, *params: float) -> None:
        self._send(codec.command_message(1, 1, number, *params))

    def _ask(self, question: Any, fits: Callable[[Any], bool]) -> Any:
        """Again each second: a datagram may be lost, and a mission transfer may be under way."""
        self._answers.clear()
        found: list[Any] = []
        again_s = 0.0

        def answered() -> bool:
            nonlocal again_s
            if time.monotonic() >= again_s:
                again_s = time.monotonic() + 1.0
                self._send(question)
            found.extend(answer for answer in self._answers if fits(answer))
            return bool(found)

        self._wait(answered)
        return found[0]

    def total(self, kind: int) -> int:
        """Items of its own plan of this MAV_MISSION_TYPE."""
        question = dialect.MAVLink_mission_request_list_message(1, 1, kind)
        count = self._ask(question, lambda m: getattr(m, "mission_type", -1) == kind).count
        self._send(dialect.MAVLink_mission_ack_message(1, 1, 0, kind))
        return int(count)

    def parameter(self, name: str) -> float:
        """Its own value."""
        question = dialect.MAVLink_param_request_read_message(1, 1, name.encode(), -1)
        answer = self._ask(question, lambda m: getattr(m, "param_id", "") == name)
        wire = float(answer.param_value)
        return wire if answer.param_type == 9 else float(struct.unpack("<i", struct.pack("<f", wire))[0])

    def set_parameter(self, name: str, value: float) -> None:
        """As a ground station would."""
        kind = INT32 if name in _MORE_INTEGERS or DEFAULTS.get(name, (9, 0.0))[0] == INT32 else 9
        wire = value if kind == 9 else struct.unpack("<f", struct.pack("<i", int(value)))[0]
        question = dialect.MAVLink_param_set_message(1, 1, name.encode(), wire, kind)
        self._ask(question, lambda m: getattr(m, "param_id", "") == name)

    @property
    def mode(self) -> int:
        """By ArduPilot's number."""
        return NUMBERS[self.pair]

    @property
    def offboard(self) -> bool:
        return self.pair == OFFBOARD

    @property
    def repositions(self) -> int:
        """How many it was sent."""
        return sum(getattr(message, "command", 0) == 192 for _, message in self.received)

    @property
    def took_over(self) -> bool:
        """Has a user overridden a failsafe, by its own account?"""
        client = self._program.with_name("px4-listener")
        words = [str(client), "--instance", str(self._instance), "vehicle_status"]
        with self._running():
            said = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
        return "failsafe_and_user_took_over: True" in said

    # --- what happens to it ---------------------------------------------------------------------------------------
    def turn_switch(self, pwm_us: int) -> None:
        """The pilot's mode switch: above the middle Position, else Stabilized."""
        main, sub = PAIRS[5 if pwm_us > 1500 else 0]
        self._command(176, 1.0, float(main), float(sub))

    def fail(self, name: str) -> None:
        """Bring this failsafe about; it acts when PX4 has noticed."""
        if name == "transmitter lost":
            self._has_pilot = False
        for parameter, value in _CAUSES[name].items():
            self.set_parameter(parameter, value)
        if name == "position lost":
            self.lose_gps()

    def lose_gps(self) -> None:
        """Its receiver has no fix any more (sensor_gps_sim; it knows no MAV_CMD_INJECT_FAILURE)."""
        self.set_parameter("SIM_GPS_USED", 0.0)

    def forbid_guided(self) -> None:
        pytest.skip("nothing makes a real PX4 refuse Hold")

    def refuse_arming(self, _why: str) -> None:
        pytest.skip("a real PX4 refuses in its own words")

    def restart(self, now_ms: int) -> None:
        """Its power is lost and comes back; missions and parameters are kept."""
        self._end()
        self.restarts += 1
        self.armed = False
        self._zero_ms, self._boot_ms, self._beat_ms = now_ms, 0, now_ms
        self._start()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def close(self) -> None:
        """End it."""
        self._end()
        self._main.socket.close()
        self._own.socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _give_way() -> None:
    """The test goes first on a machine that is busy."""
    os.nice(10)


class _Port:
    """One of its links: a socket of ours, the port that is its."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.ours = int(self.socket.getsockname()[1])
        self.theirs = free_port(socket.SOCK_DGRAM)

    def send(self, data: bytes) -> None:
        for start in range(0, len(data), _READ):
            self.socket.sendto(data[start : start + _READ], ("127.0.0.1", self.theirs))

    def take(self) -> bytes:
        found = b""
        while True:
            try:
                found += self.socket.recv(65536)
            except BlockingIOError:
                return found
