"""What installed packages add, found by their entry points: three groups, named below, of objects that
`autopilot.core.extensions` defines; examples/package has one of each.

They are looked for once in a process, when the first vehicle is made or the first plan is read: what only talks to a
running service never looks. A package that does not load, or that wants what is taken, ends the start with one line: a
vehicle without the mode that its plans count on would be worse.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from autopilot.core.extensions import ClaimError, Extensions, From, OwnItem, OwnMode, OwnParameters
from sortie.config.errors import UserError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from autopilot.core.autopilot import Autopilot
    from autopilot.core.guarded import Report
    from autopilot.parameters.parameter_set import ParameterSet

MODES: Final = "sortie.modes"
ITEMS: Final = "sortie.mission_items"
PARAMETERS: Final = "sortie.parameters"
T = TypeVar("T")


@cache
def installed() -> Extensions:
    """All of it. UserError, one line, for a package that does not load and for two that want the same."""
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


def _loaded(group: str, wanted: type[T]) -> tuple[From[T], ...]:
    """In the order of packages and names: the same wherever they were found."""
    from importlib.metadata import entry_points  # 30 ms that who asks a running service need not wait for

    points = sorted(entry_points(group=group), key=lambda one: (_package(one), one.name))
    return tuple(From(_package(one), _load(one, group, wanted)) for one in points)


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
