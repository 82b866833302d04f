"""A stand-in for ArduPilot SITL's JSON backend, written from its documents (libraries/SITL/examples/JSON) and compared
with arducopter 4.7: packets over UDP in lockstep, a serial port as a TCP server that is waited for at the start, and
the ways in which such a program dies.

`SORTIE_STAND_IN`: what it does after a second of its time: `crash`, `exit`, `hang`, `deaf` (it sends its packet
again and again, as if no answer came), `reboot`; or all the time: `silent` (it never speaks), `flood` (garbage on its
port), `repeat` (each packet twice), `late` (as ArduCopter, it notices SIGTERM when its packet has been answered),
`climb` (armed, all motors turning), `yaw` (the same, and those that turn left faster than the others), `plane` (so its
HEARTBEAT says). Of a fleet `2:crash` is what system 2 does. Its frame is that of FRAME_CLASS in its files of defaults.
It says each second of its time on its serial port, as `time=1.000`, and its process number at the start; with a system
id it says HEARTBEAT instead, in RTL when the HEARTBEATs of a ground station have not come for 5 s (FS_GCS_ENABLE 1).
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


_SCRIPT = """#!/bin/sh
cd {root} && exec {python} -m tests.stand_in.json_firmware "$@"
"""
_HEARTBEAT_EXTRA = 50
_OF_STATION = re.compile(rb"\xfd\x09[\x00\x01]\x00.\xff.\x00\x00\x00", re.DOTALL)  # HEARTBEAT of system 255
_STATION_LOST_S = 5.0
_STABILIZE, _RTL = 0, 6
_FLYING = ("climb", "yaw")
_PLANE = 1  # MAV_TYPE
#: MAV_TYPE and which of its motors turn left, by FRAME_CLASS: AP_MotorsMatrix.cpp, the same for + and X.
_FRAMES = {1: (2, (1, 1, 0, 0)), 2: (13, (0, 1, 0, 1, 1, 0)), 3: (14, (0, 0, 1, 1, 1, 1, 0, 0))}


def build(folder: Path) -> Path:
    """A program that is called as ArduPilot SITL is."""
    path = folder / "arducopter"
    path.write_text(_SCRIPT.format(root=ROOT, python=sys.executable))
    path.chmod(0o755)
    return path


def heartbeat(system: int, sequence: int, mode: int, vehicle_type: int, base_mode: int) -> bytes:
    """HEARTBEAT of an ArduPilot, as MAVLink 2 has it."""
    body = struct.pack("<BBBBBB3xIBBBBB", 9, 0, 0, sequence % 256, system, 1, mode, vehicle_type, 3, base_mode, 3, 3)
    crc = 0xFFFF
    for byte in (*body, _HEARTBEAT_EXTRA):
        mixed = (byte ^ crc) & 0xFF
        mixed ^= (mixed << 4) & 0xFF
        crc = (crc >> 8) ^ (mixed << 8) ^ (mixed << 3) ^ (mixed >> 4)
    return b"\xfd" + body + struct.pack("<H", crc & 0xFFFF)


def argument(words: Sequence[str], name: str) -> str:
    """The word behind `name`."""
    return words[words.index(name) + 1]


def frame_class(words: Sequence[str]) -> int:
    """FRAME_CLASS of the last of its files of defaults that has one."""
    files = argument(words, "--defaults").split(",") if "--defaults" in words else []
    given = [line.split() for file in files for line in Path(file).read_text().splitlines()]
    return next((int(float(words[1])) for words in reversed(given) if words[:1] == ["FRAME_CLASS"]), 1)


class JsonFirmware:
    """See the module."""

    def __init__(self, words: Sequence[str], manner: str) -> None:
        self.system = int(argument(words, "--sysid")) if "--sysid" in words else None
        whose, _, what = manner.rpartition(":")
        self.manner = what if whose in ("", str(self.system)) else ""
        self.rate = 800
        self.vehicle_type, left = _FRAMES[frame_class(words)]
        if self.manner == "plane":
            self.vehicle_type = _PLANE
        self._widths = [self._width(bool(turns_left)) for turns_left in left]
        self.count = 0
        self.now_s = 0.0
        self._world = "127.0.0.1", int(argument(words, "--sim-port-out"))
        self._packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._packets.settimeout(1.0)
        self._server = socket.create_server(("127.0.0.1", int(argument(words, "--serial0").split(":")[1])))
        self._line, _ = self._server.accept()
        self._line.setblocking(False)
        self._station_s: float | None = None  # when one was heard last
        self._ending = False
        if self.manner == "late":
            signal.signal(signal.SIGTERM, self._end)
        self.say(f"pid={os.getpid()}")

    def _end(self, *_: object) -> None:
        self._ending = True

    def _width(self, left: bool) -> int:
        """Pulse of a motor that turns left, or right, us."""
        return (1700 + (50 if left else -50) * (self.manner == "yaw")) if self.manner in _FLYING else 1000

    def say(self, text: str) -> None:
        """A line, or that it is there."""
        base_mode = 209 if self.manner in _FLYING else 81
        if self.system is None:
            self._line.send(f"{text}\n".encode())
            return
        with suppress(BlockingIOError):
            if _OF_STATION.search(self._line.recv(65536)):
                self._station_s = self.now_s
        lost = self._station_s is not None and self.now_s - self._station_s > _STATION_LOST_S
        mode = _RTL if lost else _STABILIZE
        self._line.send(heartbeat(self.system, int(self.now_s), mode, self.vehicle_type, base_mode))

    def _packet(self) -> bytes:
        return struct.pack("<HHI16H", 18458, self.rate, self.count, *self._widths, *[0] * (16 - len(self._widths)))

    def frame(self) -> None:
        """One packet, and its answer, which is waited for: asked for once more after a second."""
        data = self._packet()
        answer = None
        while answer is None:
            self._packets.sendto(data, self._world)
            if self.manner == "repeat":
                self._packets.sendto(data, self._world)
            try:
                answer = json.loads(self._packets.recv(65536))
            except TimeoutError:
                continue
        self.count += 1
        before, self.now_s = int(self.now_s), answer["timestamp"]
        if int(self.now_s) > before:
            self.say(f"time={self.now_s:.3f}")

    def flood(self) -> None:
        """Garbage where packets are expected."""
        for size in (0, 7, 40, 72, 1400):
            self._packets.sendto(b"\xff" * size, self._world)

    def run(self, words: Sequence[str]) -> int:
        print("stand-in is ready", flush=True)
        while True:
            if self.manner == "silent":
                time.sleep(0.1)
                continue
            self.frame()
            if self._ending:
                return 0
            if self.manner == "flood":
                self.flood()
            elif self.manner and self.count == self.rate:
                status = self._die(words)
                if status is not None:
                    return status

    def _die(self, words: Sequence[str]) -> int | None:
        print(f"stand-in: {self.manner}", flush=True)
        match self.manner:
            case "crash":
                os.kill(os.getpid(), signal.SIGABRT)
            case "exit":
                return 3
            case "hang":
                time.sleep(600.0)
            case "deaf":
                while True:
                    self._packets.sendto(self._packet(), self._world)
                    time.sleep(0.1)  # ArduPilot's pause is a second
            case "reboot":
                os.environ["SORTIE_STAND_IN"] = ""
                os.execv(sys.executable, [sys.executable, "-m", "tests.stand_in.json_firmware", *words])
        return None


if __name__ == "__main__":
    sys.exit(JsonFirmware(sys.argv[1:], os.environ.get("SORTIE_STAND_IN", "")).run(sys.argv[1:]))
