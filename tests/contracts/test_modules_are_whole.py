"""A module is a whole idea: one that is small and has a single user stands with it, and none is a heap.

Small modules that stand alone for a reason are named here with it; a name that is no such module any more has to go.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.syntax import nodes

ROOT = Path(__file__).parents[2]
PACKAGES = ("autopilot", "sitl", "mavlink_bridge", "depot", "sortie")
SMALL, LONGEST = 80, 450

ALONE: Mapping[str, str] = {
    "sortie.config.transponders": "a format that an optional library reads",
    "sortie.incident.wings": "rules of one kind of vehicle; `sortie.incident.diagnosis` is long enough",
    "sortie.reading.older_formats": "what firmwares called otherwise, apart from how a log is unpacked",
    "mavlink_bridge.px4.actuators": "a command and a document about one thing, beside its data",
    "mavlink_bridge.px4.vehicle": "puts together all that is PX4's: loaded for those who speak with one",
    "mavlink_bridge.spoken": "the table of firmwares",
    "mavlink_bridge.services.authorization": "one module for each service",
    "mavlink_bridge.services.digicam": "messages of before the camera protocol, and a camera that is not ours",
    "autopilot.mav.traffic": "numbers of one protocol: `mav.fields` is long enough",
    "mavlink_bridge.services.guided.lead": "one module for each protocol: setpoints and sticks are long enough",
    "autopilot.mav.gimbal": "numbers of one protocol: `mav.fields` is long enough",
    "autopilot.mount.control": "the rules of a protocol: who may move a gimbal, apart from its aim",
    "autopilot.personality.ardupilot": "one module for each firmware",
    "autopilot.personality.px4.flight_stages": "a state machine as a table, which a test walks",
    "autopilot.core.statistics": "what is counted over a life: the composition of all parts is long enough",
    "autopilot.safety.object_database": "what is left of earlier looks, apart from what a sensor sees now",
    "autopilot.vehicles.boat": "one module for each kind",
    "sortie.kernels.make": "needs numba; `python -m sortie.kernels` says so where that is missing",
    "sortie.kernels.objects": "from a module to object code: LLVM, apart from what numba makes and what links",
    "sitl.ardupilot.faults": "a table: faults of what one firmware simulates by itself",
    "sitl.kernel.lookout": "judges others, apart from what advances rows",
    "sitl.vehicles.readiness": "by sensors alone; `sitl.vehicles.simulated` is long enough",
    "sortie.incident.telemetry": "one module for each form of log",
    "sortie.incident.again": "imported by the tests that `sortie reproduce` writes",
    "sortie.incident.page": "a page, apart from what flies",
    "mavlink_bridge.flight_controller.offboard": "PX4's way of following targets: another firmware has none of it",
    "mavlink_bridge.flight_controller.mode_answers": "a service, as each of `services`",
    "mavlink_bridge.flight_controller.onboard_component": "a service, as each of `services`",
    "mavlink_bridge.flight_controller.onboard_sensors": "a service, as each of `services`",
    "mavlink_bridge.services.camera.items": "a mission's executor, beside the service that stations speak to",
    "sortie.logs.flight_story": "a log of a run, as each of `logs`",
    "sortie.logs.trace_file": "a log of a run, as each of `logs`",
    "sortie.nodes.obstacle_watch": "loaded for those who have obstacles",
    "sortie.rehearsal.obstructed": "asks the simulator's obstacles, as no rule about a plan alone does",
    "sortie.nodes.pulse_port": "a node, as each of `nodes`",
    "sortie.runtime.standard_streams": "what systems give a program at its start, apart from how it ends",
    "sortie.runtime.wakeup": "what wakes the loop: found by its name",
    "sortie.web.footprint": "where a photo lies on the ground; the picture is long enough",
    "sortie.api.events": "the public events, loaded with the first name that is asked for",
}
LONG: Mapping[str, str] = {}
"""Longer than `LONGEST`, and why."""


def sources() -> dict[str, str]:
    """All modules of the packages, and what else imports them."""
    files = [path for folder in (*PACKAGES, "scripts", "examples") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text("utf-8") for path in files}


def imported(name: str, source: str, known: Mapping[str, object]) -> set[str]:
    """The modules of `known` that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {one for one in found if one in known and one != name}


def crumbs(modules: Mapping[str, str]) -> set[str]:
    """Small modules with a single user or none; a package's own file and a program are none."""
    users: dict[str, set[str]] = {name: set() for name in modules}
    for name, source in modules.items():
        for one in imported(name, source, modules):
            users[one].add(name)
    return {
        name
        for name, source in modules.items()
        if name.partition(".")[0] in PACKAGES and not _is_entrance(name)
        if source.count("\n") < SMALL and len(users[name]) <= 1
    }


def _is_entrance(name: str) -> bool:
    """Is it a package's own file, or a command of `sortie`?"""
    own = name.endswith((".__init__", ".__main__"))
    return own or name.startswith("sortie.commands.")


def test_small_modules_have_several_users_or_a_reason() -> None:
    """Whoever reads one idea opens one file."""
    assert crumbs(sources()) == set(ALONE)


def test_no_module_is_a_heap() -> None:
    """400 lines are the measure, 450 the end."""
    assert {name for name, source in sources().items() if source.count("\n") > LONGEST} == set(LONG)


@pytest.mark.parametrize(("users", "lines", "found"), [(1, 79, True), (2, 79, False), (1, 80, False), (0, 3, True)])
def test_what_counts_as_a_crumb(users: int, lines: int, found: bool) -> None:
    """A planted module with so many users and lines."""
    modules = {"depot.__init__": "", "depot.small": "\n" * lines}
    modules |= {f"depot.user{number}": "from depot import small\n" * 80 for number in range(users)}
    assert ("depot.small" in crumbs(modules)) is found
