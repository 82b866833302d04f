"""`sortie serve` as a process between a controller program and pymavlink stations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.fakes.pymavlink_station import PymavlinkStation
from tests.fakes.served import free_port

_ROOT = Path(__file__).resolve().parents[2]
_END_S = 240.0


class ControllerService:
    """`vehicle` is what --vehicle gets. State and logs are below `folder`, and stay over `kill` and `begin`."""

    def __init__(self, folder: Path, vehicle: str, *arguments: str) -> None:
        self._folder = folder
        self._vehicle = vehicle
        self._arguments = arguments
        self._stations: list[PymavlinkStation] = []
        self.begin()

    def begin(self) -> None:
        """Start it, on a new port."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SORTIE_")}
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sortie",
                "serve",
                "--vehicle",
                self._vehicle,
                "--state-dir",
                str(self._folder / "state"),
                "--log-dir",
                str(self._folder / "log"),
                "--link",
                f"tcpin:127.0.0.1:{self.port}",
                *self._arguments,
            ],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "stderr").open("a"),
        )

    @property
    def said(self) -> str:
        return (self._folder / "stderr").read_text()

    def station(self, system: int = 255) -> PymavlinkStation:
        """A new ground station on it."""
        made = PymavlinkStation(self.port, system=system, story=lambda: self.said)
        self._stations.append(made)
        return made

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it as a person does."""
        for station in self._stations:
            station.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self.kill()
