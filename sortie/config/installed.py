"""Extensions of installed packages, found by entry points: three groups of objects defined in
`autopilot.core.extensions`; examples/package has one of each.

They are searched once, when the first vehicle is made or the first plan is read; commands that only connect to a
vehicle do not search. A package that does not load, or that conflicts with another, ends the start with one line,
because a vehicle without a mode that its plans need would be worse.
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
    """Return all installed extensions. UserError in one line for a package that does not load, or for a conflict."""
    if not is_anything_declared():
        return Extensions(modes=(), items=(), parameters=())
    try:
        return Extensions(
            modes=_loaded(MODES, OwnMode), items=_loaded(ITEMS, OwnItem), parameters=_loaded(PARAMETERS, OwnParameters)
        )
    except ClaimError as error:
        raise UserError(str(error)) from error


def parameter_set(kind: str) -> ParameterSet:
    """Return the parameters of a kind of vehicle, with those of packages."""
    return installed().parameter_set(kind)


def install(autopilot: Autopilot, report: Report) -> None:
    """Add modes and mission commands of packages to a vehicle. UserError in one line when that fails; `report` is
    called for their exceptions in flight."""
    try:
        installed().install(autopilot, report)
    except ClaimError as error:
        raise UserError(str(error)) from error


def is_anything_declared() -> bool:
    """Check whether a package declares an extension. `importlib.metadata` parses all packages and takes 50 ms for a
    mostly negative answer; this check leaves to it only what it cannot examine."""
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
        text = Path(metadata, "entry_points.txt").read_bytes()
        return any(f"[{group}]".encode() in text for group in GROUPS)
    except OSError:
        return False  # most have none; an .egg-info may be a file


def _loaded(group: str, kind: type[T]) -> tuple[Packaged[T], ...]:
    """Load a group, in the order of packages and names, wherever they are."""
    from importlib.metadata import entry_points  # with email and more: for those who have such packages

    points = sorted(entry_points(group=group), key=lambda point: (_package(point), point.name))
    return tuple(Packaged(_package(point), _load(point, group, kind)) for point in points)


def _load(point: EntryPoint, group: str, kind: type[T]) -> T:
    where = f"package {_package(point)}: entry point {point.name} of {group}"
    try:
        found = point.load()
    except (Exception, SystemExit) as error:  # a package's module may raise anything
        raise UserError(f"{where} does not load: {type(error).__name__}: {error}") from error
    if not isinstance(found, kind):
        raise UserError(f"{where}: {point.value} is no {kind.__name__} but {type(found).__name__}")
    return found


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module
