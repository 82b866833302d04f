"""What a person does on Windows, in a process that looks like one of Windows: see `as_windows`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.links.hub import make_link
from mavlink_bridge.services.ftp.files import FileRefusedError
from sortie import Session
from sortie.api.sample import square
from sortie.config.errors import UserError
from sortie.logs.served import ServedDirectory
from sortie.runtime.signals import end_at_once
from sortie.storage.store import StateLock
from tests.golden.scenarios import HOME, SPEEDY


def main() -> None:
    """Raises where something fails."""
    end_at_once()
    with TemporaryDirectory() as place:
        folder = Path(place)
        fly(folder)
        logs_are_served(folder / "logs")
        a_folder_has_one_owner(folder / "state")
    sockets_are_bound()
    a_serial_line_is_refused()


def fly(folder: Path) -> None:
    with Session(home=HOME, seed=1, params=SPEEDY, log_dir=folder / "logs") as session:
        link = session.connect()
        session.upload(square(HOME))
        session.wait_armable()
        session.go()
        session.run_for(5.0)
        assert link.read() and session.autopilot.facts.armed
    print("flown")


def logs_are_served(logs: Path) -> None:
    """And nothing beside them."""
    (logs / "away").symlink_to(logs.parent)
    served = ServedDirectory(logs)
    served.open("flights/0001/flight.bin", "").close()
    names = [entry.name for entry in served.entries("")]
    assert "flights" in names and "away" not in names, names
    for path in ("away/state/lock", "flights/NUL", "flights/0001/flight.bin:stream", "C:/x", "flights\\0001/x"):
        with pytest.raises(FileRefusedError):
            served.open(path, "")
    print("served")


def a_folder_has_one_owner(state: Path) -> None:
    first = StateLock(state)
    with pytest.raises(UserError, match="in use"):
        StateLock(state)
    first.release()
    print("locked")


def sockets_are_bound() -> None:
    port = make_link(parse_link("tcpin:127.0.0.1:0"))
    port.open(0)
    port.close()
    print("bound")


def a_serial_line_is_refused() -> None:
    with pytest.raises(LinkError, match="Windows"):
        make_link(parse_link("COM3,57600")).open(0)
    print("refused")
