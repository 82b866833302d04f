"""A command loads what it uses: a new import at the top of a module is noticed here, and either made late or listed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

OWN = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie")
HEAVY = frozenset((
    "asyncio", "concurrent", "csv", "ctypes", "email", "fcntl", "http", "importlib.metadata", "multiprocessing",
    "random", "sqlite3", "subprocess", "tempfile", "termios", "unittest", "xml",
))  # fmt: skip
"""Of the standard library: what takes long, or is not there on every system."""
ASKING = frozenset((
    "autopilot.context", "autopilot.control", "autopilot.flight", "autopilot.interface", "autopilot.mav",
    "autopilot.mission", "autopilot.parameters", "autopilot.vehicles", "mavlink_bridge.clients",
    "mavlink_bridge.firmware", "mavlink_bridge.links", "mavlink_bridge.routing", "mavlink_bridge.wire",
    "sortie.commands", "sortie.config", "sortie.logs", "sortie.metrics", "sortie.nodes", "sortie.runtime",
    "click", "fastcrc", "random",
))  # fmt: skip
"""Of a command that asks a running service: no numpy, no vehicle, no service of one, no numba."""
SERVICES = frozenset((
    "authorization", "broadcast", "commands", "component", "digicam", "equipment", "events", "failures", "flight",
    "ftp", "german", "gimbal", "guided", "landing_target", "mission", "modes", "operator", "parameters", "proximity",
    "setup", "spoken", "sticks", "system", "telemetry", "terrain", "traffic",
))  # fmt: skip
"""Of a vehicle without a camera."""
FLYING = ASKING | {f"mavlink_bridge.services.{name}" for name in SERVICES} | {
    "autopilot.commands", "autopilot.core", "autopilot.modes", "autopilot.mount", "autopilot.personality",
    "autopilot.personality.ardupilot", "autopilot.precision", "mavlink_bridge.spoken",
    "autopilot.rehearsal", "autopilot.safety", "sortie.assembly", "sortie.storage", "numpy",
    "ctypes", "fcntl", "sqlite3", "tempfile",
}  # fmt: skip
"""Of one that has a vehicle, with open links until it is armable: no camera, PX4, web, fleet, rehearsal (but what an
upload is looked at with), campaign; no email (importlib.metadata), processes, statistics."""
MAY: dict[str, frozenset[str]] = {
    "--version": frozenset(("sortie.config", "sortie.runtime")),
    "--help": frozenset((
        "autopilot.interface", "autopilot.mav", "autopilot.mission", "autopilot.parameters", "autopilot.vehicles",
        "sortie.commands", "sortie.config", "sortie.runtime", "click", "random",
    )),
    "status": ASKING | {"mavlink_bridge.services.ftp"},
    "manager": ASKING,
    "param": ASKING - {"autopilot.flight"},
    "serve": FLYING - {"mavlink_bridge.clients"},
    "armable": FLYING - {"mavlink_bridge.clients"} | {"sitl.kernel", "sitl.vehicles", "cython_runtime"},
}  # fmt: skip
SCRIPT = """
import importlib, json, sys
what = sys.argv.pop()
if what == "armable":
    import tempfile
    from sortie.assembly.program import Program
    from sortie.commands.cli import run
    from sortie.runtime.runtime import Runtime
    opened, unbounded = Program.open_links, Runtime.run
    def open_links(program):
        opened(program)
        Runtime.run = lambda runtime, *_: unbounded(runtime, lambda: program.service.autopilot.prearm.ok)
    Program.open_links = open_links
    with tempfile.TemporaryDirectory() as state:
        status = run(["serve", "--speedup", "0", "--link", "tcpin:127.0.0.1:0", "--state-dir", state])
    assert status == 0, status
elif what.startswith("--"):
    import contextlib, io
    from sortie.__main__ import main
    sys.argv = ["sortie", what]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
else:
    import sortie.commands.cli
    importlib.import_module("sortie.commands." + what)
print(json.dumps(sorted(sys.modules)))
"""


SITE = f"""
import sys
if sys.modules.pop("sitecustomize", None):
    for name in {sorted(HEAVY)}:
        sys.modules.pop(name, None)
"""
"""What a distribution's own start of Python loads (Debian's 3.14: fcntl) is not ours."""


def _loaded(command: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SITE + SCRIPT, command], capture_output=True, text=True, check=True)
    modules: list[str] = json.loads(done.stdout)
    return modules


def _room(module: str) -> str | None:
    """What the tables above call it; None for a small part of the standard library, and for a package itself."""
    package, *rooms = module.split(".")
    if package in OWN:
        if module == "mavlink_bridge.services" or not rooms or module == "sortie.__main__":
            return None
        return ".".join((package, *rooms[: 2 if rooms[0] in ("services", "personality") else 1]))
    if module in HEAVY:
        return module
    return None if package in sys.stdlib_module_names or package.startswith("_") else package


@pytest.mark.parametrize("command", MAY)
def test_a_command_loads_what_it_uses(command: str) -> None:
    rooms = {room for module in _loaded(command) if (room := _room(module)) is not None}
    assert sorted(rooms - MAY[command]) == [], "import it where it is used, or list it"
    assert sorted(MAY[command] - rooms) == [], "it is loaded no more: leave it out of the list"
