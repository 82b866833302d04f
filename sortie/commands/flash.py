"""`sortie flash FIRMWARE`: firmware for a flight controller over USB serial, and the link to the vehicle afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mavlink_bridge.bootloader.firmware import LARGEST, FirmwareError, FirmwareImage, parse_firmware
from sortie.config.errors import UserError
from sortie.config.files import content_of
from sortie.config.given import GivenOptions
from sortie.config.options import BOARD_ID, FIRMWARE, FORCE, GO_ON, PORT, SIMULATE, YES
from sortie.config.settings import Settings

if TYPE_CHECKING:
    from sortie.config.serial_ports import PortFinder


def flash(given: GivenOptions) -> int:
    """Flash a board. Status 0 when the vehicle answers, 1 when flashing failed, 2 on bad input."""
    firmware, board_id = given[FIRMWARE], given[BOARD_ID]
    if given[SIMULATE]:
        if firmware is not None:
            print(f"sortie: --simulate takes no firmware; {firmware} is ignored", file=sys.stderr)
        return _simulate(board_id)
    if firmware is None:
        raise UserError("give the firmware file: sortie flash FIRMWARE")
    loaded = read_firmware(firmware, board_id)
    vehicle = _flash(loaded, firmware, given[PORT], force=given[FORCE], yes=given[YES])
    if vehicle is None:
        return 1
    if not given[GO_ON]:
        return 0
    from sortie.commands import serve

    return serve.serve(GivenOptions({Settings.vehicle.key: Settings.vehicle.read(vehicle)}))


def read_firmware(path: Path, board_id: int | None) -> FirmwareImage:
    """Read a firmware file. UserError with the name of a bad file."""
    try:
        return parse_firmware(content_of(path, LARGEST), path.name, board_id)
    except FirmwareError as error:
        raise UserError(f"{path}: {error}") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give a firmware file") from error


def _flash(firmware: FirmwareImage, path: Path, port: str, *, force: bool, yes: bool) -> str | None:
    """Flash a board and return the vehicle's connection string; None when the person says no. UserError when it
    fails."""
    from mavlink_bridge.bootloader.session import FlashSession
    from mavlink_bridge.links.serial_trouble import users_of
    from sortie.config.serial_ports import PortFinder
    from sortie.flashing.progress import FlashProgress
    from sortie.flashing.shell import FlashShell

    finder = PortFinder(port.partition(",")[0])
    if not yes and not _agreed(firmware, path, finder):
        print("sortie: nothing was done", file=sys.stderr)
        return None
    session = FlashSession(
        firmware, finder.name, auto=finder.auto, force=force, list_ports=finder.list_ports, list_users=users_of
    )
    progress = FlashProgress(session.status)
    progress.start()
    try:
        FlashShell(session.runner, finder, progress).run()
    except (KeyboardInterrupt, SystemExit):
        progress.say(f"stopped; {session.when_stopped}")
        raise
    finally:
        progress.stop()
    if session.failure is not None:
        about = f"{path}: " if session.failure.about_file else ""
        raise UserError(f"{about}{session.failure}", session.failure.status)
    linked = session.linked
    assert linked is not None, "a session ends with a failure or a vehicle"
    print(f"{linked.vehicle} {linked.version} on {linked.port}", flush=True)
    return f"{Path(linked.port).absolute()},{linked.baud}"


def _agreed(firmware: FirmwareImage, path: Path, finder: PortFinder) -> bool:
    """Ask the person once. UserError without a terminal, because nobody can answer."""
    if not sys.stdin.isatty():
        raise UserError("flashing erases the board, and there is no terminal to ask on; nothing was done; give --yes")
    found = finder.find()
    board = f"the board on {finder.describe(found) if found else finder.name}"
    if found is None and finder.auto:
        board = "the flight controller that is plugged in next"
    question = f"Replace the firmware of {board} by {path} ({firmware.describe})?"
    print(f"sortie: {question} [y/N] ", end="", file=sys.stderr, flush=True)  # stdout has the result only
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _simulate(board_id: int | None) -> int:
    from mavlink_bridge.bootloader.boards import board_name
    from mavlink_bridge.testing.board import SimulatedBoard
    from mavlink_bridge.testing.bootloader import BoardSpec
    from mavlink_bridge.testing.pty_board import PtyBoard

    spec = BoardSpec() if board_id is None else BoardSpec(board_id=board_id)
    with PtyBoard(SimulatedBoard(spec)) as board:
        print(board.path, flush=True)
        print(f"sortie: simulated board, id {board_name(spec.board_id)}, {spec.flash} bytes of flash", file=sys.stderr)
        while True:
            board.serve()
