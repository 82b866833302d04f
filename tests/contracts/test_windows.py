"""What a vehicle, its commands, the pytest plugin and campaigns need is there on Windows.

Nobody has run it there yet: these hold what can be held on another system.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
NEEDED = (
    "sortie.commands.fly", "sortie.commands.serve", "sortie.commands.demo", "sortie.assembly.program",
    "sortie.commands.manager", "sortie.commands.status", "sortie.commands.param",
    "sortie.commands.campaign", "sortie.campaign.execution", "sortie.campaign.folder", "sortie.campaign.flown",
    "sortie.api.testing.plugin", "sortie.nodes.statistics", "sortie.nodes.fleet", "sortie.runtime.client_pace",
    "sortie.storage.store", "mavlink_bridge.links.serial", "tests.fakes.windows_flight",
)  # fmt: skip


def test_a_vehicle_flies_without_what_windows_lacks() -> None:
    """No fcntl, pty, termios or resource, no fork, killpg or descriptors of folders: imports, a flight with its logs,
    a state directory's lock, and sockets."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.as_windows", *NEEDED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={"PYTHONPATH": str(ROOT), "SORTIE_KERNEL": "python", "PATH": ""},
        check=False,
    )
    assert done.stdout.split() == ["flown", "served", "locked", "bound", "refused"], done.stderr[-2000:]


@pytest.mark.long  # mypy reads everything anew for another system
def test_types_are_those_of_windows_too(tmp_path: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--platform", "win32", "--no-warn-unreachable", "--cache-dir", tmp_path]
    done = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, timeout=20 * PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
