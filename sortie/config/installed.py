"""Extensions of installed packages, found by their entry points: three groups, named below, of objects that
`autopilot.core.extensions` defines; examples/package has one of each.

They are looked for once in a process, when the first vehicle is made or the first plan is read: what only talks to a
running service never looks. A package that does not load, or that wants what is taken, ends the start with one line: a
vehicle without the mode that its plans count on would be worse.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from autopilot.core.extensions import ClaimError, Extensions, OwnItem, OwnMode, OwnParameters, Packaged
from sortie.config.errors import UserError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from autopilot.core.autopilot import Autopilot
    from autopilot.core.guarded import Report
    from autopilot.parameters.parameter_set import ParameterSet

MODES: Final = "sortie.modes"
ITEMS: Final = "sortie.mission_items"
PARAMETERS: Final = "sortie.parameters"
GROUPS: Final = (MODES, ITEMS, PARAMETERS)
T = TypeVar("T")


@cache
def installed() -> Extensions:
    """Return all installed extensions. UserError, one line, for a package that does not load and for two in
    conflict."""
    if not is_anything_declared():
        return Extensions(modes=(), items=(), parameters=())
    try:
        return Extensions(
            modes=_loaded(MODES, OwnMode), items=_loaded(ITEMS, OwnItem), parameters=_loaded(PARAMETERS, OwnParameters)
        )
    except ClaimError as error:
        raise UserError(str(error)) from error


def parameter_set(kind: str) -> ParameterSet:
    """The parameters of a kind of vehicle, those of packages among them."""
    return installed().parameter_set(kind)


def install(autopilot: Autopilot, report: Report) -> None:
    """Modes and mission commands of packages on a vehicle. UserError, one line, for what cannot be made; `report` hears
    what they raise in flight."""
    try:
        installed().install(autopilot, report)
    except ClaimError as error:
        raise UserError(str(error)) from error


def is_anything_declared() -> bool:
    """True when a package declares an extension for us. `importlib.metadata`, which parses what all packages say, takes
    50 ms of a start to answer, and mostly no; what this does not know how to look at is left to it."""
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return True
    for place in sys.path:
        try:
            entries = os.scandir(place or os.curdir)
        except NotADirectoryError:
            return True  # an archive
        except OSError:
            continue
        with entries:
            for entry in entries:
                if entry.name.endswith(".egg"):
                    return True
                if entry.name.endswith((".dist-info", ".egg-info")) and _declares(entry.path):
                    return True
    return False


def _declares(metadata: str) -> bool:
    try:
        told = Path(metadata, "entry_points.txt").read_bytes()
        return any(f"[{group}]".encode() in told for group in GROUPS)
    except OSError:
        return False  # most have none; an .egg-info may be a file


def _loaded(group: str, wanted: type[T]) -> tuple[Packaged[T], ...]:
    """In the order of packages and names: the same wherever they were found."""
    from importlib.metadata import entry_points  # with email and more: for those who have such packages

    points = sorted(entry_points(group=group), key=lambda point: (_package(point), point.name))
    return tuple(Packaged(_package(point), _load(point, group, wanted)) for point in points)


def _load(point: EntryPoint, group: str, wanted: type[T]) -> T:
    where = f"package {_package(point)}: entry point {point.name} of {group}"
    try:
        found = point.load()
    except (Exception, SystemExit) as error:  # a stranger's module may do anything
        raise UserError(f"{where} does not load: {type(error).__name__}: {error}") from error
    if not isinstance(found, wanted):
        raise UserError(f"{where}: {point.value} is no {wanted.__name__} but {type(found).__name__}")
    return found


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module
