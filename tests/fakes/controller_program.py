"""A controller as a program of its own: the stand-in, or ArduPilot SITL when ARDUPILOT_SITL names one."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

from sitl.ardupilot.launcher import VARIABLE
from tests.fakes.served import free_port
from tests.stand_in.radio import SitlRadio
from tests.stand_in.real import started

STAND_IN = Path(__file__).resolve().parents[1] / "stand_in" / "arducopter"
_START_S = 240.0
_COMES_DOWN = "RTL_ALT 600\nRTL_LOIT_TIME 0\nLAND_SPEED 100\n"
"""Half of a short flight would be a climb to 15 m, a wait there, and the last 10 m down at half a metre per second."""


def copter_binary() -> str:
    """The program for a copter."""
    given = os.environ.get(VARIABLE)
    if not given:
        return str(STAND_IN)
    return str(Path(given) / "arducopter") if Path(given).is_dir() else given


class ControllerProgram:
    """Running at HOME. `line` is its first serial port; `speedup`: its time to the wall's."""

    def __init__(self, folder: Path, *, speedup: float = 1.0) -> None:
        self.speedup = speedup
        self._port = free_port()
        self._radio = SitlRadio(free_port(socket.SOCK_DGRAM))
        self._output = (folder / "controller.log").open("wb")
        self._quick = folder / "quick.parm"
        self._quick.write_text(_COMES_DOWN)
        self._start()

    def _start(self) -> None:
        serials = f"tcp:{self._port}:wait", "none"
        self._process = started(
            copter_binary(), "copter", self.speedup, self._quick, serials, self._radio, self._output
        )
        self.line = self._connect()

    def _connect(self) -> socket.socket:
        waited = threading.Event()
        for _ in range(int(_START_S / 0.1)):
            try:
                return socket.create_connection(("127.0.0.1", self._port), 1.0)
            except ConnectionRefusedError:
                waited.wait(0.1)
        raise AssertionError("the controller did not start")

    def restart(self) -> None:
        """Its power is lost and comes back: `line` is another connection."""
        self._end()
        self._start()

    def turn_switch(self, pwm_us: int) -> None:
        """The pilot's mode switch, on the radio that is wired to the controller."""
        self._radio.turn_switch(pwm_us)

    def _end(self) -> None:
        self.line.close()
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self._end()
        self._radio.close()
        self._output.close()
