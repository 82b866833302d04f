"""ArduPilot SITL as the controller of a test, in place of the stand-in: the program that ARDUPILOT_SITL names.

Its first serial port is the one that Sortie is on. A second one is the test's own: it says what the controller itself
has (mode, position, plans, parameters), whatever Sortie makes of it. Time is the controller's: `run_to` waits for its
clock, so that tests may count in vehicle time as they do with the stand-in.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from autopilot.interface.geo import GeoPoint, Ned, to_local
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sitl.ardupilot.launcher import VARIABLE, defaults_file
from tests.fakes.served import free_port
from tests.stand_in.radio import SitlRadio

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
SPEEDUP = 8.0
_MODELS = {"copter": "quad", "rover": "rover"}
_GIVE_UP_S = 60.0
_CONNECTS = 20
_FORCED_REBOOT = 20190226.0  # parameter 6 of PREFLIGHT_REBOOT_SHUTDOWN: also while armed
_STREAMS = {0: 10.0, 33: 10.0, 30: 50.0}  # HEARTBEAT; GLOBAL_POSITION_INT; ATTITUDE, for its clock


def binary(kind: str) -> Path | None:
    """The program for this kind of vehicle, None when ARDUPILOT_SITL is not set. It names the copter's, or the folder
    of both. The test is skipped when it is not there."""
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    path = Path(given)
    name = {"copter": "arducopter", "rover": "ardurover"}[kind]
    found = path / name if path.is_dir() else path if kind == "copter" else path.with_name(name)
    if not found.is_file():
        pytest.skip(f"there is no {found}")
    return found


def started(
    program: str,
    kind: str,
    speedup: float,
    parameters: Path,
    serials: tuple[str, str],
    radio: SitlRadio,
    output: IO[bytes],
) -> subprocess.Popen[bytes]:
    """A SITL at HOME, in the folder of the file `parameters`; `serials`: its first two ports."""
    words = [program, "--model", _MODELS[kind], "--speedup", f"{speedup:g}", "-w"]
    words += ["--home", f"{HOME.lat},{HOME.lon},{HOME.alt},0", "--defaults", f"{defaults_file(kind)},{parameters}"]
    words += ["--serial0", serials[0], "--serial1", serials[1], "--serial2", "none", "--rc-in-port", str(radio.port)]
    folder, nothing = parameters.parent, subprocess.DEVNULL
    return subprocess.Popen(words, cwd=folder, stdin=nothing, stdout=output, stderr=subprocess.STDOUT)


class RealController:
    """The same face as `sortie.api.testing.stand_in.StandIn`."""

    def __init__(self, kind: str, program: Path, *, params: Mapping[str, float] | None = None) -> None:
        self.kind = kind
        self.restarts = 0
        self.armed = False
        self.mode = -1
        self.position: Ned = (0.0, 0.0, 0.0)
        self.ground_speed = 0.0
        self._zero_ms = 0
        self._boot_ms = 0
        self._answers: list[Any] = []
        self._folder = Path(tempfile.mkdtemp(prefix="sortie-sitl-"))
        extra = self._folder / "extra.parm"
        extra.write_text("".join(f"{name} {value}\n" for name, value in (params or {}).items()))
        self._ports = free_port(), free_port()
        self._radio = SitlRadio(free_port(socket.SOCK_DGRAM))
        self._log = (self._folder / "output").open("wb")
        serials = f"tcp:{self._ports[0]}:wait", f"tcp:{self._ports[1]}"
        self._process = started(str(program), kind, SPEEDUP, extra, serials, self._radio, self._log)
        self._connect()

    def _connect(self) -> None:
        """Again when it goes away meanwhile: a restarting one may still have had its port open."""
        for _ in range(_CONNECTS):
            try:
                self._connect_once()
                return
            except ConnectionError:
                self._main.close()
        raise AssertionError(f"ArduPilot SITL closes its ports: {self._folder}")

    def _connect_once(self) -> None:
        self._main = self._open(self._ports[0])
        self._own = self._open(self._ports[1])
        self._reader, self._writer = FrameReader(), FrameWriter(250, 190)
        self._main_bytes = b""
        self._wait(lambda: self.mode >= 0)
        for number, hertz in _STREAMS.items():
            self._command(511, float(number), 1e6 / hertz)

    def _open(self, port: int) -> socket.socket:
        end_s = time.monotonic() + _GIVE_UP_S
        while True:
            try:
                found = socket.create_connection(("127.0.0.1", port), 1.0)
                break
            except OSError:
                assert time.monotonic() < end_s, f"ArduPilot SITL does not listen on {port}"
                time.sleep(0.02)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.setblocking(False)
        return found

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
        while not condition():
            assert time.monotonic() < end_s, f"ArduPilot SITL stands still: {self._folder}"
            self._pump(0.002)

    def _pump(self, wait_s: float) -> None:
        ready, _, _ = select.select([self._main, self._own], [], [], wait_s)
        if self._main in ready:
            self._main_bytes += self._main.recv(65536)
        if self._own in ready:
            for frame in self._reader.receive(self._own.recv(65536)):
                if (frame.system, frame.component) == (1, 1) and frame.known:
                    self._hear(frame.msg_id, frame.payload)

    def _hear(self, number: int, payload: bytes) -> None:
        if number == 30:
            self._boot_ms = max(self._boot_ms, struct.unpack_from("<I", payload.ljust(4, b"\0"))[0])
            return
        message = codec.decode(number, payload)
        assert message is not None
        name = message.get_type()
        if name == "HEARTBEAT":
            self.mode, self.armed = message.custom_mode, bool(message.base_mode & 128)
        elif name == "GLOBAL_POSITION_INT":
            self.position = to_local(HOME, message.lat / 1e7, message.lon / 1e7, message.alt / 1e3)
            self.ground_speed = (message.vx**2 + message.vy**2) ** 0.5 / 100.0
        elif name in ("MISSION_COUNT", "PARAM_VALUE"):
            self._answers.append(message)

    def take(self) -> bytes:
        """What it has sent on its first port."""
        data, self._main_bytes = self._main_bytes, b""
        return data

    def receive(self, data: bytes, now_ms: int) -> None:
        """Bytes on its first port."""
        self._main.setblocking(True)
        self._main.sendall(data)
        self._main.setblocking(False)

    # --- what it has ----------------------------------------------------------------------------------------------
    def _send(self, message: Any) -> None:
        self._own.setblocking(True)
        self._own.sendall(self._writer.frame(*codec.payload(message)))
        self._own.setblocking(False)

    def _command(self, number: int, *params: float) -> None:
        self._send(codec.command_message(1, 1, number, *params))

    def _ask(self, question: Any, fits: Callable[[Any], bool]) -> Any:
        self._answers.clear()
        found: list[Any] = []

        def answered() -> bool:
            found.extend(answer for answer in self._answers if fits(answer))
            return bool(found)

        self._send(question)
        self._wait(answered)
        return found[0]

    def total(self, kind: int) -> int:
        """Items of its own plan of this MAV_MISSION_TYPE, home not counted."""
        count = self._ask(
            dialect.MAVLink_mission_request_list_message(1, 1, kind), lambda m: getattr(m, "mission_type", -1) == kind
        ).count
        return max(int(count) - 1, 0) if kind == 0 else int(count)

    def parameter(self, name: str) -> float:
        """Its own value."""
        question = dialect.MAVLink_param_request_read_message(1, 1, name.encode(), -1)
        return float(self._ask(question, lambda m: getattr(m, "param_id", "") == name).param_value)

    def parameter_names(self) -> list[str]:
        """In the order of their indices."""
        listed: dict[int, str] = {}

        def all_heard() -> bool:
            listed.update({m.param_index: m.param_id for m in self._answers if m.param_index != 65535})
            return bool(self._answers) and len(listed) == self._answers[0].param_count

        self._answers.clear()
        self._send(dialect.MAVLink_param_request_list_message(1, 1))
        self._wait(all_heard)
        return [listed[index] for index in range(len(listed))]

    def _set(self, name: str, value: float) -> None:
        question = dialect.MAVLink_param_set_message(1, 1, name.encode(), value, 9)
        self._ask(question, lambda m: getattr(m, "param_id", "") == name)

    # --- what happens to it ---------------------------------------------------------------------------------------
    def turn_switch(self, pwm_us: int) -> None:
        """The pilot's own radio."""
        self._radio.turn_switch(pwm_us)

    def restart(self, now_ms: int) -> None:
        """Its processor starts anew, its clock at 0; the vehicle stands where it was switched on first."""
        self._command(246, 1.0, 0.0, 0.0, 0.0, 0.0, _FORCED_REBOOT)
        self._wait_for_the_end()
        self.restarts += 1
        self.mode, self.armed = -1, False
        self._zero_ms, self._boot_ms = now_ms, 0
        self._connect()

    def _wait_for_the_end(self) -> None:
        end_s = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < end_s:
            select.select([self._own], [], [], 1.0)
            try:
                if not self._own.recv(65536):
                    break
            except ConnectionError:
                break
            except BlockingIOError:
                continue
        self._own.close()
        self._main.close()

    def lose_gps(self) -> None:
        """Its receiver has no fix any more."""
        self._set("SIM_GPS1_ENABLE", 0.0)

    def forbid_guided(self) -> None:
        """Ground stations may not choose GUIDED."""
        self._set("FLTMODE_GCSBLOCK", 1 << 4)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for one in (self._main, self._own, self._radio, self._log):
            one.close()
        shutil.rmtree(self._folder, ignore_errors=True)
