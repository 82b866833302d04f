"""`sortie flash` without `--port`: a board that is found by its USB ids, and found again under each new name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from serial.tools import list_ports

from mavlink_bridge.testing.board import BoardFirmware as Behaviour
from mavlink_bridge.testing.board import Power, SimulatedBoard
from mavlink_bridge.testing.bootloader import BootloaderFaults
from sortie.commands.cli import run
from tests.fakes.flash_bench import apj, image_of
from tests.fakes.pty_board_thread import ServedPtyBoard


class Machine:
    """A machine that one board is plugged into, as pyserial lists it. Its port has another name, and its product
    another text, whenever it comes back. `seen`: (path, product) in order."""

    def __init__(self, board: ServedPtyBoard, patch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, str]] = []
        self._board = board
        patch.setattr(list_ports, "comports", self._list)

    def _list(self) -> list[Any]:
        try:
            path = str(self._board.path.readlink())
        except FileNotFoundError:
            return []
        bootloader = self._board.board.power is Power.BOOTLOADER
        product = "CubeOrange-BL" if bootloader else "CubeOrange"
        if (path, product) not in self.seen:
            self.seen.append((path, product))
        return [
            SimpleNamespace(
                device=path,
                vid=0x2DAE,
                pid=0x1016,
                serial_number="350039000351",
                location="1-2:1.0",
                manufacturer="Hex/ProfiCNC",
                product=product,
            )
        ]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ServedPtyBoard, Machine]]:
    board = SimulatedBoard(faults=BootloaderFaults(erase_ms=50), firmware=Behaviour(starts_ms=100, returns_ms=100))
    with ServedPtyBoard(board, renamed=True) as served:
        yield served, Machine(served, monkeypatch)


def test_a_board_is_found_and_found_again_under_each_new_name(
    machine: tuple[ServedPtyBoard, Machine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice: an empty board, then one whose firmware has to restart into the bootloader."""
    served, seen = machine
    for size in (20_000, 20_004):
        path = tmp_path / "arducopter.apj"
        path.write_bytes(apj(size=size))
        assert run(["flash", str(path), "--yes"]) == 0
        assert bytes(served.board.bootloader.flash[:size]) == image_of(size)
        assert capsys.readouterr().out == f"ArduPilot copter 4.6.2 on {served.path.readlink()}\n"
    assert len({path for path, _ in seen.seen}) == 4, "bootloader, firmware, bootloader, firmware"
    assert [product for _, product in seen.seen] == ["CubeOrange-BL", "CubeOrange"] * 2


def test_a_named_port_whose_board_comes_back_under_another_name_is_followed_too(
    machine: tuple[ServedPtyBoard, Machine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--port /dev/ttyACM0`, and the board returns as ttyACM1."""
    served, _ = machine
    first = str(served.path.readlink())
    path = tmp_path / "arducopter.apj"
    path.write_bytes(apj(size=20_000))
    assert run(["flash", str(path), "--yes", "--port", first]) == 0
    now = str(served.path.readlink())
    assert now != first
    assert capsys.readouterr().out == f"ArduPilot copter 4.6.2 on {now}\n"
