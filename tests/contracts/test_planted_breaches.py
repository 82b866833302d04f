"""The import contracts catch what they are for: a breach is planted in a copy of the packages, and the linter fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
PACKAGES = ("sortie", "depot", "mavlink_bridge", "sitl", "autopilot")
LAYERS = "Layers: imports only point down"
PURE = "The core is pure"
PARTIES = "Depot and skimmer share messages only"
KERNEL = "The simulator's kernel knows no vehicle"
PARTS = "Who serves takes the parts, not the whole autopilot"
ROOMS = "Rooms of sortie: imports only point down"
LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The packages and their contracts, in a folder that may be spoilt."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint(folder: Path) -> tuple[int, str]:
    """Status and output of lint-imports there. The folder comes first on the path, before the installed packages."""
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", LINTER], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    return done.returncode, done.stdout + done.stderr


def test_the_contracts_are_kept(copy):
    """Without a breach the linter is content, with the copy: what fails below is the planted line."""
    status, said = lint(copy)
    assert status == 0, said
    assert f"{LAYERS} KEPT" in said
    assert f"{PURE} KEPT" in said
    assert f"{ROOMS} KEPT" in said


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("autopilot/interface/geo.py", "import mavlink_bridge.wire.codec", LAYERS),
        ("autopilot/interface/geo.py", "import sitl.kernel.layout", LAYERS),
        ("autopilot/interface/geo.py", "import sortie.config.errors", LAYERS),
        ("mavlink_bridge/wire/framing.py", "import sitl.kernel.layout", LAYERS),
        ("mavlink_bridge/wire/framing.py", "import sortie.config.errors", LAYERS),
        ("sitl/kernel/layout.py", "import mavlink_bridge.wire.codec", LAYERS),
        ("sitl/kernel/layout.py", "def late():\n    import sortie.config.errors", LAYERS),
        ("sortie/config/errors.py", "import sortie.runtime.pacing", ROOMS),
        ("sortie/runtime/pacing.py", "import sortie.nodes.vehicle", ROOMS),
        ("sortie/flashing/shell.py", "import sortie.companion.connection", ROOMS),
        ("sortie/api/sample.py", "import sortie.commands.serve", ROOMS),
        ("sitl/kernel/layout.py", "import sitl.vehicles.simulated", KERNEL),
        ("mavlink_bridge/routing/service.py", "from autopilot.core.autopilot import Autopilot", PARTS),
        ("depot/skimmer/skimmer_controller.py", "import depot.decisions.watches", PARTIES),
        ("depot/decisions/phase_context.py", "from depot.skimmer.skimmer_controller import SkimmerController", PARTIES),
        ("autopilot/interface/geo.py", "import socket", PURE),
        ("autopilot/interface/geo.py", "from time import monotonic", PURE),
        ("autopilot/interface/geo.py", "import random", PURE),
        ("autopilot/interface/geo.py", "from pymavlink import mavutil", PURE),
    ],
)
def test_a_planted_breach_is_caught(copy, module, line, contract):
    """Each direction that is forbidden, also inside a function, and each kind of impurity."""
    path = copy / module
    sound = path.read_text()
    path.write_text(f"{sound}\n\n{line}\n")
    try:
        status, said = lint(copy)
    finally:
        path.write_text(sound)
    assert status == 1, said
    assert f"{contract} BROKEN" in said


def test_a_file_beside_the_rooms_is_a_breach(copy):
    """What is new in sortie/ has a room, or makes one that the contract names."""
    stray = copy / "sortie" / "stray.py"
    stray.write_text('"""In no room."""\n')
    try:
        status, said = lint(copy)
    finally:
        stray.unlink()
    assert status == 1, said
    assert f"{ROOMS} BROKEN" in said
    assert "stray" in said
