"""The import contracts catch what they are for: a breach is planted in a copy of the packages, and the linter fails."""

from __future__ import annotations

import os
import re
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
PYMAVLINK = "pymavlink is for who asks for a connection of it"
PARTIES = "Depot and skimmer share messages only"
KERNEL = "The simulator's kernel knows no vehicle"
PARTS = "Who serves takes the parts, not the whole autopilot"
ROOMS = "Rooms of sortie: imports only point down"
CORE_ROOMS = "Rooms of autopilot: imports only point down"
BRIDGE_ROOMS = "Rooms of mavlink_bridge: imports only point down"
CIRCLES = "No circle of imports"
LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"


BREACHES = (
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
    ("sortie/companion/connection.py", "import sortie.assembly.pace", ROOMS),
    ("sortie/assembly/pace.py", "import sortie.loop.faults", ROOMS),
    ("sortie/api/sample.py", "import sortie.commands.serve", ROOMS),
    ("autopilot/mav/camera.py", "import autopilot.interface.geo", CORE_ROOMS),
    ("autopilot/interface/geo.py", "import autopilot.control.curves", CORE_ROOMS),
    ("autopilot/control/curves.py", "import autopilot.parameters.definition", CORE_ROOMS),
    ("autopilot/parameters/definition.py", "import autopilot.mission.items", CORE_ROOMS),
    ("autopilot/mission/items.py", "import autopilot.vehicles.kinds", CORE_ROOMS),
    ("autopilot/vehicles/kinds.py", "import autopilot.context.events", CORE_ROOMS),
    ("autopilot/context/events.py", "import autopilot.precision.tracker", CORE_ROOMS),
    ("autopilot/precision/tracker.py", "import autopilot.modes.mode", CORE_ROOMS),
    ("autopilot/mount/rotation.py", "import autopilot.precision.tracker", CORE_ROOMS),
    ("autopilot/modes/mode.py", "import autopilot.safety.fence", CORE_ROOMS),
    ("autopilot/safety/fence.py", "import autopilot.rehearsal.findings", CORE_ROOMS),
    ("autopilot/rehearsal/findings.py", "import autopilot.commands.plans", CORE_ROOMS),
    ("autopilot/commands/plans.py", "import autopilot.flight.lifecycle", CORE_ROOMS),
    ("autopilot/flight/lifecycle.py", "import autopilot.core.guarded", CORE_ROOMS),
    ("mavlink_bridge/wire/framing.py", "import mavlink_bridge.routing.router", BRIDGE_ROOMS),
    ("mavlink_bridge/routing/router.py", "import mavlink_bridge.links.memory", BRIDGE_ROOMS),
    ("mavlink_bridge/links/memory.py", "import mavlink_bridge.firmware.identity", BRIDGE_ROOMS),
    ("mavlink_bridge/firmware/identity.py", "import mavlink_bridge.services.broadcast", BRIDGE_ROOMS),
    ("mavlink_bridge/services/broadcast.py", "import mavlink_bridge.clients.outcome", BRIDGE_ROOMS),
    ("mavlink_bridge/clients/outcome.py", "import mavlink_bridge.px4.face", BRIDGE_ROOMS),
    ("mavlink_bridge/px4/face.py", "import mavlink_bridge.flight_controller.orders", BRIDGE_ROOMS),
    ("mavlink_bridge/bootloader/boards.py", "import mavlink_bridge.flight_controller.orders", BRIDGE_ROOMS),
    ("mavlink_bridge/flight_controller/orders.py", "import mavlink_bridge.testing.wires", BRIDGE_ROOMS),
    ("sitl/kernel/layout.py", "import sitl.vehicles.simulated", KERNEL),
    ("mavlink_bridge/routing/service.py", "from autopilot.core.autopilot import Autopilot", PARTS),
    ("depot/skimmer/skimmer_controller.py", "import depot.decisions.watches", PARTIES),
    ("depot/decisions/phase_context.py", "from depot.skimmer.skimmer_controller import SkimmerController", PARTIES),
    ("autopilot/interface/geo.py", "import socket", PURE),
    ("autopilot/interface/geo.py", "from time import monotonic", PURE),
    ("autopilot/interface/geo.py", "import random", PURE),
    ("autopilot/interface/geo.py", "from pymavlink import mavutil", PURE),
    ("sortie/reading/facts.py", "def late():\n    from pymavlink import mavutil", PYMAVLINK),
)


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
    assert f"{ROOMS} KEPT" in said and f"{CORE_ROOMS} KEPT" in said and f"{BRIDGE_ROOMS} KEPT" in said
    assert f"{CIRCLES} KEPT" in said


@pytest.fixture(scope="module")
def said_of_all(copy):
    """Output of the linter about a copy with all breaches in it: one run for all of them."""
    sound = {}
    for module, line, _ in BREACHES:
        path = copy / module
        sound.setdefault(path, path.read_text())
        path.write_text(f"{path.read_text()}\n\n{line}\n")
    try:
        status, said = lint(copy)
    finally:
        for path, text in sound.items():
            path.write_text(text)
    assert status == 1, said
    return said


@pytest.mark.parametrize(("module", "line", "contract"), BREACHES)
def test_a_planted_breach_is_caught(said_of_all, module, line, contract):
    """Each direction that is forbidden, also inside a function, and each kind of impurity: named by its two modules."""
    importer = module.removesuffix(".py").replace("/", ".")
    found = re.search(r"(?:from|import) ([\w.]+)", line)
    assert found is not None
    imported = found[1] if contract not in (PURE,) else found[1].split(".")[0]
    assert f"{contract} BROKEN" in said_of_all
    assert re.search(rf"{re.escape(importer)} -> {re.escape(imported)}\b", said_of_all), said_of_all[-3000:]


def test_a_file_beside_the_rooms_and_a_circle_for_type_checking_are_breaches(copy):
    """What is new in sortie/ has a room, or makes one that the contract names; and two modules of one room that know
    each other are a circle, though Python never runs one of the two imports."""
    stray, facts = copy / "sortie" / "stray.py", copy / "sortie" / "conform" / "facts.py"
    sound = facts.read_text()
    stray.write_text('"""In no room."""\n')
    facts.write_text(f"{sound}\n\nif TYPE_CHECKING:\n    from sortie.conform.case import Verdict\n")
    try:
        status, said = lint(copy)
    finally:
        stray.unlink()
        facts.write_text(sound)
    assert status == 1, said
    assert f"{ROOMS} BROKEN" in said and "stray" in said
    assert f"{CIRCLES} BROKEN" in said and re.search(r"No cycles are allowed in sortie\.conform\b", said), said
