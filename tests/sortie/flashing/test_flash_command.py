"""`sortie flash` through a real pseudo-terminal: stdout, stderr, status."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mavlink_bridge.bootloader.protocol import BootStatus, Op
from mavlink_bridge.testing.board import BoardFirmware as Behaviour
from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.bootloader import BoardSpec, BootloaderFaults
from sortie.commands.cli import run
from sortie.config.given import GivenOptions
from tests.fakes.flash_bench import apj, image_of
from tests.fakes.patience import PATIENCE_S
from tests.fakes.pty_board_thread import ServedPtyBoard

pytestmark = pytest.mark.waits

QUICK = Behaviour(starts_ms=50, returns_ms=50)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "arducopter.apj"
    path.write_bytes(apj(size=60_001))
    return str(path)


def board(faults: BootloaderFaults | None = None, spec: BoardSpec | None = None) -> SimulatedBoard:
    made = faults or BootloaderFaults()
    made.erase_ms = 50
    return SimulatedBoard(spec, made, QUICK)


def test_an_empty_board_is_flashed_and_the_vehicle_is_told_on_stdout(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with ServedPtyBoard(board()) as served:
        assert run(["flash", file, "--port", str(served.path), "--yes"]) == 0
        assert bytes(served.board.bootloader.flash[:60_001]) == image_of(60_001)
    out, err = capsys.readouterr()
    assert out == f"ArduPilot copter 4.6.2 on {served.path}\n"
    assert [line for line in err.splitlines() if "%" not in line] == [
        f"sortie: {stage}"
        for stage in (
            "looking for the board",
            "identifying",
            "erasing",
            "programming",
            "verifying",
            "starting the firmware",
            "waiting for the vehicle",
        )
    ]


def test_a_running_board_is_flashed_again_although_its_port_vanishes_and_comes_back(file: str) -> None:
    with ServedPtyBoard(board()) as served:
        command = ["flash", file, "--port", str(served.path), "--yes"]
        assert (run(command), run(command)) == (0, 0)
        assert served.board.bootloader.counts[Op.CHIP_ERASE] == 2


def test_a_second_try_is_told(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ServedPtyBoard(board(BootloaderFaults(answers={(Op.PROG_MULTI, 9): BootStatus.FAILED}))) as served:
        assert run(["flash", file, "--port", str(served.path), "--yes"]) == 0
    expected = "sortie: programming failed (PROG_MULTI was answered FAILED); trying once more from the start\n"
    assert expected in capsys.readouterr().err


def test_a_wrong_board_is_status_2_with_one_line_and_its_old_firmware_runs_again(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with ServedPtyBoard(board(spec=BoardSpec(board_id=9))) as served:
        assert run(["flash", file, "--port", str(served.path), "--yes"]) == 2
        assert served.board.bootloader.counts[Op.CHIP_ERASE] == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        f"sortie: {file}: the firmware is for board id 140 (Cube Orange), the board is 9 (Pixhawk 1, fmuv2, fmuv3, "
        "Cube Black); nothing was erased; take the firmware for this board (--force writes it all the same)"
    )


def test_unplugged_in_the_middle_is_status_1_with_what_to_do(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ServedPtyBoard(board(BootloaderFaults(unplug_at=(Op.PROG_MULTI, 100)))) as served:
        assert run(["flash", file, "--port", str(served.path), "--yes"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "sortie: the board went away during programming; the board has no whole firmware now and stays in its "
        "bootloader; plug it in and run the same command again"
    )


def test_without_a_terminal_and_without_yes_nothing_is_touched(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path(os.devnull).open() as nobody, ServedPtyBoard(board()) as served:
        monkeypatch.setattr("sys.stdin", nobody)
        assert run(["flash", file, "--port", str(served.path)]) == 2
        assert not served.board.bootloader.counts
    assert "give --yes" in capsys.readouterr().err


class Answers(io.StringIO):
    """A person at a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_person_is_asked_once_and_yes_goes_on(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Answers("y\n"))
    with ServedPtyBoard(board()) as served:
        assert run(["flash", file, "--port", str(served.path)]) == 0
    out, err = capsys.readouterr()
    assert out == f"ArduPilot copter 4.6.2 on {served.path}\n"
    assert err.count("[y/N]") == 1
    assert "firmware for board id 140 (Cube Orange)" in err


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_a_person_who_does_not_say_yes_leaves_the_board_alone(
    file: str, answer: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Answers(answer))
    with ServedPtyBoard(board()) as served:
        assert run(["flash", file, "--port", str(served.path)]) == 1
        assert not served.board.bootloader.counts
    assert capsys.readouterr().err.endswith("sortie: nothing was done\n")


def test_with_serve_the_linked_port_becomes_the_vehicle_of_the_service(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served_with: list[str | None] = []

    def serve(given: GivenOptions) -> int:
        served_with.append(str(given.settings().vehicle))
        return 0

    monkeypatch.setattr("sortie.commands.serve.serve", serve)
    with ServedPtyBoard(board()) as served:
        assert run(["flash", file, "--port", str(served.path), "--yes", "--serve"]) == 0
    assert served_with == [f"{served.path},115200"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("absent.apj", None, "No such file or directory"),
        ("cut.apj", apj()[:2000], "file is damaged"),
        ("other.apj", b"<html>", "not a firmware file"),
        ("bare.bin", b"\x00\x20", "give --board-id N"),
        ("folder.apj", "", "Is a directory"),
    ],
)
def test_a_file_that_is_no_firmware_is_status_2_with_one_line_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | str | None, expected: str
) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    assert run(["flash", str(path), "--yes"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert str(path) in err
    assert expected in err


def test_a_file_that_no_board_could_hold_is_refused_before_it_is_read_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sparse file of a terabyte, and a device that never ends."""
    path = tmp_path / "long.apj"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "endless.bin").symlink_to("/dev/zero")
    for name, why in (
        ("long.apj", "larger than 64 MB"),
        ("endless.bin", "a pipe or a device; write its content into a file first"),
    ):
        assert run(["flash", str(tmp_path / name), "--board-id", "9", "--yes"]) == 2
        assert capsys.readouterr().err == f"sortie: {tmp_path / name}: {why}; give a firmware file\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["flash"], "give the firmware file"),
        (["flash", "x.apj", "--board-id", "many"], "--board-id"),
        (["flash", "x.apj", "--board-id", "-4"], "--board-id"),
        (["flash", "x.apj", "--prot", "x"], "--prot"),
    ],
)
def test_a_wrong_command_line_is_status_2_with_one_line(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert expected in err


def test_a_port_that_is_a_file_is_status_2(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["flash", file, "--port", file, "--yes"]) == 2
    assert f"{file} is no serial port; nothing was erased" in capsys.readouterr().err


@pytest.fixture
def simulated() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`sortie flash --simulate` as a process, and the path that it printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "sortie", "flash", "--simulate", "--board-id", "9"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        if process.poll() is None:
            process.kill()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_simulated_board_runs_until_it_is_stopped_and_leaves_nothing(
    simulated: tuple[subprocess.Popen[str], str], number: signal.Signals, status: int
) -> None:
    process, path = simulated
    assert Path(path).is_symlink()
    assert str(Path(path).readlink()).startswith("/dev/pts/")
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == status
    assert not Path(path).parent.exists()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_flashing_that_is_stopped_says_how_the_board_is(file: str, number: signal.Signals, status: int) -> None:
    with ServedPtyBoard(SimulatedBoard(firmware=QUICK)) as served:  # its erase takes 9 s
        command = [sys.executable, "-m", "sortie", "flash", file, "--port", str(served.path), "--yes"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "erasing" in line:
                    break
            process.send_signal(number)
            rest = process.stderr.read()
            assert process.wait(PATIENCE_S) == status
    assert "stopped; the board has no whole firmware now and stays in its bootloader; run the same command" in rest
    assert "Traceback" not in rest
