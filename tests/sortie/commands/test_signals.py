"""Every command ends on SIGTERM and SIGHUP with status 0 and on Ctrl-C with 130, and without a traceback.

A controller that flies is held by the first Ctrl-C: `test_serial_controller.py` and `test_loop_with_a_controller.py`.
How soon is in scripts/bench.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sortie.commands.cli import COMMANDS
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import begin
from tests.fakes.signalled import AT_ONCE, LINK, TABLE, Row, start, wait_until_caught
from tests.fakes.warm import begin_warm

pytestmark = pytest.mark.waits

ENDS = ((signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0))


def test_no_command_is_left_out() -> None:
    """Whoever adds a command adds its row."""
    assert {row.command[0] for row in TABLE} | AT_ONCE == {name.split()[0] for name in COMMANDS}


def test_signals_are_taken_in_one_place() -> None:
    """Handlers of a command of its own would be the next ones that differ."""
    package = Path(__file__).parents[3] / "sortie"
    handlers = [path.name for path in package.rglob("*.py") if "signal.signal(" in path.read_text(encoding="utf-8")]
    assert handlers == ["signals.py"]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


@pytest.mark.parametrize(("number", "status"), ENDS[:2], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_signal_ends_it(tmp_path: Path, silent: socket.socket, row: Row, number: signal.Signals, status: int) -> None:
    """Before a command's own statuses."""
    process = start(tmp_path, row, silent, begin_warm)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status, err
    assert "Traceback" not in err
    if row.command[0] == "serve" and row.until is not None:
        assert f"sortie: stopped by {number.name}; logs in {tmp_path}" in err


@pytest.mark.parametrize(("number", "status"), ENDS, ids=["SIGTERM", "Ctrl-C", "SIGHUP"])
def test_a_signal_ends_a_command_that_is_still_starting(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """From the first moment at which the program can hear a signal."""
    process = begin(tmp_path, "serve", *LINK)
    wait_until_caught(process.pid, signal.SIGTERM)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status, err
    assert "Traceback" not in err
