"""The stand-in as a program: a TCP port or a serial device as its first serial port, in real time times `--speedup`."""

from __future__ import annotations

import argparse
import os
import select
import socket
import struct
import sys
import termios
import time
import tty
from collections.abc import Sequence
from pathlib import Path

from autopilot.interface.geo import GeoPoint
from autopilot.parameters.files import parse_parameters
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from sortie.api.testing.stand_in import HOME, StandIn

_TURN_S = 0.005
_MAX_LAG_S = 0.1
"""What it makes up for when the machine was too slow; the rest is forgotten, as by ArduPilot SITL (`sleep_debt_us` in
libraries/SITL/SIM_Aircraft.cpp)."""
_BASE_PORT = 5760


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="arducopter", description=__doc__, allow_abbrev=False)
    parser.add_argument("--model", "-M", default="quad")
    parser.add_argument("--home", "-O", default="")
    parser.add_argument("--speedup", "-s", type=float, default=1.0)
    parser.add_argument("--instance", "-I", type=int, default=0)
    parser.add_argument("--defaults", default="")
    parser.add_argument("--serial0", "--uartA", default="")
    parser.add_argument("--rc-in-port", type=int, default=0)
    parser.add_argument("--wipe", "-w", action="store_true")
    parser.add_argument("--sysid", type=int, default=1)
    joined: list[str] = []
    for word in words:  # a latitude may be negative, which argparse takes for an option
        if joined and joined[-1] in ("--home", "-O"):
            joined[-1] = f"--home={word}"
        else:
            joined.append(word)
    return parser.parse_known_args(joined)[0]  # ArduPilot has many more


def _params(arguments: argparse.Namespace, kind: str) -> dict[str, float]:
    """The defaults that our table has; ArduPilot too only warns of the others."""
    table = Parameters(vehicle_class(kind).parameters)
    found: dict[str, float] = {}
    for name in filter(None, arguments.defaults.split(",")):
        found |= parse_parameters(Path(name).read_bytes())
    known = {name: value for name, value in found.items() if name in table}
    return {**known, "SYSID_THISMAV": float(arguments.sysid)}


class TcpSerial:
    """A serial port that is a TCP server for one client; the next one may come when it has gone."""

    def __init__(self, port: int) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self._client: socket.socket | None = None

    def wait(self) -> None:
        """Until somebody connects."""
        print(f"Waiting for connection on {self._server.getsockname()[1]}", flush=True)
        self._accept()

    def _accept(self) -> None:
        self._client, _ = self._server.accept()
        self._client.setblocking(False)

    def fileno(self) -> int:
        return (self._client or self._server).fileno()

    def read(self) -> bytes:
        if self._client is None:
            self._accept()
            return b""
        try:
            data = self._client.recv(4096)
        except BlockingIOError:
            return b""
        except ConnectionError:
            data = b""
        if not data:
            self._client.close()
            self._client = None
        return data

    def write(self, data: bytes) -> None:
        """What does not fit is lost, as on a serial line without flow control."""
        if self._client is not None:
            try:
                self._client.send(data)
            except (BlockingIOError, ConnectionError):
                return


class DeviceSerial:
    """A serial device or pseudo-terminal."""

    def __init__(self, path: str) -> None:
        self._device = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._device, termios.TCSANOW)

    def wait(self) -> None:
        """It is there."""

    def fileno(self) -> int:
        return self._device

    def read(self) -> bytes:
        try:
            return os.read(self._device, 4096)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        try:
            os.write(self._device, data)
        except BlockingIOError:
            return


def _serial(text: str, instance: int) -> TcpSerial | DeviceSerial:
    """`tcp:PORT[:wait]` (ArduPilot adds 5760 to ports below 1000), `uart:PATH[:BAUD]`."""
    kind, _, rest = text.partition(":")
    if kind == "uart":
        return DeviceSerial(rest.partition(":")[0])
    number = int(rest.partition(":")[0] or 0)
    return TcpSerial(number if number >= 1000 else _BASE_PORT + 10 * instance + number)


class Radio:
    """The pilot's receiver: datagrams of 8 or 16 pulse widths, us, as ArduPilot SITL takes them; 0: any port."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", port))

    def switch(self) -> int | None:
        """Channel 5 of what came in last, None when nothing did."""
        position = None
        while True:
            try:
                data = self._socket.recv(64)
            except BlockingIOError:
                return position
            if len(data) in (16, 32):
                position = struct.unpack_from("<H", data, 8)[0]


def _home(text: str) -> tuple[GeoPoint, float]:
    if not text:
        return HOME, 353.0
    lat, lon, alt, heading = (float(part) for part in text.split(","))
    return GeoPoint(lat, lon, alt), heading


def main(words: Sequence[str], name: str) -> int:
    """Run until it is killed."""
    arguments = _arguments(words)
    kind = "rover" if "rover" in name or "rover" in arguments.model else "copter"
    place, heading = _home(arguments.home)
    print(f"Starting stand-in {kind} with {' '.join(words)}", flush=True)
    port = _serial(arguments.serial0, arguments.instance)
    stand_in = StandIn(kind, home=place, heading_deg=heading, params=_params(arguments, kind))
    stand_in.service.load()
    port.wait()
    radio = Radio(arguments.rc_in_port)
    begin_s = time.monotonic()
    now_ms = 0
    while True:
        ready, _, _ = select.select([port], [], [], _TURN_S)
        lag_s = time.monotonic() - begin_s - now_ms / 1000.0 / arguments.speedup
        begin_s += max(lag_s - _MAX_LAG_S, 0.0)
        now_ms = int((time.monotonic() - begin_s) * 1000.0 * arguments.speedup)
        stand_in.run_to(now_ms)
        switched = radio.switch()
        if switched is not None:
            stand_in.turn_switch(switched)
        if ready:
            data = port.read()
            if data:
                stand_in.receive(data, now_ms)
        out = stand_in.take()
        if out:
            port.write(out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.argv[0]))
