"""`--vehicle ardupilot:copter`: one child process that is started, watched and never left behind.

With ARDUPILOT_SITL set the child is the real one, else the stand-in: the tests are the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sortie.assembly.program import Program, specs_of
from sortie.config.settings import Settings
from sortie.config.values import parse_vehicle
from tests.fakes.orphans import runs
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port

ROOT = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("ARDUPILOT_SITL") or str(ROOT / "tests" / "stand_in" / "arducopter")


class Run:
    """`sortie serve` with a child; `stop` ends what is left."""

    def __init__(self, folder: Path, binary: str = BINARY) -> None:
        self.folder = folder
        self.port = free_port()
        self.stderr = (folder / "stderr").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sortie",
                "serve",
                "--vehicle",
                f"ardupilot:copter={binary}",
                "--state-dir",
                str(folder / "state"),
                "--log-dir",
                str(folder / "log"),
                "--link",
                f"tcpin:127.0.0.1:{self.port}",
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.stderr,
        )

    @property
    def said(self) -> str:
        return (self.folder / "stderr").read_text()

    def children(self) -> list[int]:
        """Process ids of the service's children, zombies not counted."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    def wait_until(self, condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end_s, self.said
            time.sleep(0.05)

    def serving(self) -> int:
        """Wait until it serves; the child's process id."""
        self.wait_until(lambda: "serving" in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.said
        return self.children()[0]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.stderr.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    made.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("how", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_nothing_is_left_running(run: Run, how: signal.Signals, status: int) -> None:
    """SIGTERM, Ctrl-C and kill -9 of the service all end the child."""
    child = run.serving()
    run.process.send_signal(how)
    assert run.process.wait(PATIENCE_S) == status
    run.wait_until(lambda: not runs(child))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_childs_end_is_reported_and_ends_the_service(run: Run) -> None:
    """Status 1, one line with how it ended; its output is in the log directory."""
    os.kill(run.serving(), signal.SIGKILL)
    assert run.process.wait(PATIENCE_S) == 1
    assert "ArduPilot SITL ended (signal SIGKILL)" in run.said
    assert "Traceback" not in run.said
    assert (run.folder / "log" / "ardupilot" / "output.log").read_text()


def test_a_missing_binary_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    """Exit 2 and one line that names it."""
    run = Run(tmp_path, str(tmp_path / "nowhere"))
    try:
        assert run.process.wait(PATIENCE_S) == 2
        assert run.said.count("\n") == 1
        assert "nowhere" in run.said
    finally:
        run.stop()


def test_a_child_that_fails_at_once_is_told_with_its_last_lines(tmp_path: Path) -> None:
    """A binary that only prints and exits: status 1 with what it printed, each line once."""
    binary = tmp_path / "broken"
    binary.write_text("#!/bin/sh\necho no such frame\necho no such frame\necho bye\nexit 3\n")
    binary.chmod(0o755)
    run = Run(tmp_path, str(binary))
    try:
        assert run.process.wait(PATIENCE_S) == 1
        assert "(status 3): no such frame | bye\n" in run.said
    finally:
        run.stop()


@pytest.mark.parametrize("speedup", [0.0, 1.0])
def test_a_child_has_no_fastest_speed(tmp_path: Path, speedup: float, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs at its clock's speed, and who asked for more is told."""
    settings = Settings(
        vehicle=parse_vehicle(f"ardupilot:copter={BINARY}"),
        state_dir=tmp_path / "state",
        log_dir=tmp_path / "log",
        link=(),
        speedup=speedup,
    )
    with Program(settings, specs_of(settings)) as run:
        assert run.controller is not None and run.controller.speedup == 1.0
    assert ("--speedup 0 is ignored: a started program" in capsys.readouterr().err) == (speedup == 0.0)
