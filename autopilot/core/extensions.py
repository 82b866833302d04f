"""Extensions by installed packages: flight modes, mission commands, parameters.

A package names such an object as an entry point (`sortie.config.installed` finds it). This module defines the objects,
and the rule that two packages, or a package and the vehicle, cannot use the same number or name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Generic, TypeVar

from autopilot.core.autopilot import Autopilot
from autopilot.core.guarded import GuardedExecutor, GuardedMode, Report
from autopilot.interface.records import dataclass
from autopilot.mission.commands import CommandSpec, add_own
from autopilot.mission.executor import MissionExecutor
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.mode_table import ModeSpec

_ALL: Final = frozenset(KINDS)
_LONGEST_NAME: Final = 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnMode:
    """A flight mode. `build`: usually its class. `kinds`: names of the kinds of vehicle that have it."""

    spec: ModeSpec
    build: Callable[[VehicleContext, ModeSpec], Mode]
    kinds: frozenset[str] = _ALL


@dataclass(frozen=True, slots=True)
class OwnItem:
    """A mission command. `spec.needs` says which vehicles carry it out. `build` makes its executor, one for each
    vehicle, which receives only items of this command."""

    spec: CommandSpec
    build: Callable[[VehicleContext], MissionExecutor]


@dataclass(frozen=True, slots=True)
class OwnParameters:
    """Parameters: `lines` as `autopilot.parameters.definition` makes them. `facts.param(NAME)` reads one."""

    lines: tuple[ParameterDef, ...]
    kinds: frozenset[str] = _ALL


@dataclass(frozen=True, slots=True)
class Packaged(Generic[T]):
    """Extension with the name of its package."""

    package: str
    what: T


class ClaimError(ValueError):
    """A number or name that is taken, or an object that cannot be made. The text is one line with the name of the
    package."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """Extensions of all installed packages. ClaimError if they contradict each other."""

    modes: Sequence[Packaged[OwnMode]] = ()
    items: Sequence[Packaged[OwnItem]] = ()
    parameters: Sequence[Packaged[OwnParameters]] = ()

    def __post_init__(self) -> None:
        for kind in KINDS:
            modes = [mode for mode in self.modes if kind in mode.what.kinds]
            _unclaimed("mode number", ((mode.package, mode.what.spec.number) for mode in modes))
            _unclaimed("mode name", ((mode.package, mode.what.spec.name) for mode in modes))
            for mode in modes:
                _check_mode(mode, kind)
            lines = [
                Packaged(extension.package, line)
                for extension in self.parameters
                if kind in extension.what.kinds
                for line in extension.what.lines
            ]
            _unclaimed("parameter", ((line.package, line.what.name) for line in lines))
            for line in lines:
                _check_line(line, kind)
        _unclaimed("mission command", ((extension.package, extension.what.spec.command) for extension in self.items))
        for item in self.items:
            try:
                add_own(item.what.spec)
            except ValueError as error:
                raise ClaimError(f"package {item.package}: {error}") from None

    def parameter_set(self, kind: str) -> ParameterSet:
        """Parameters of a kind of vehicle, followed by those of packages, so that its own indices stay."""
        own = KINDS[kind].parameters
        lines = tuple(self.lines_of(kind))
        return replace(own, lines=own.lines + lines) if lines else own

    def lines_of(self, kind: str) -> Iterator[ParameterDef]:
        """Parameters that packages add to a kind of vehicle."""
        for extension in self.parameters:
            if kind in extension.what.kinds:
                yield from extension.what.lines

    def install(self, autopilot: Autopilot, report: Report) -> None:
        """Add modes and mission commands to one vehicle. Its parameters exist already (`parameter_set`). `report`
        receives their exceptions in flight. ClaimError if one cannot be made."""
        kind = autopilot.facts.vehicle_class.name
        for mode in self.modes:
            if kind in mode.what.kinds:
                autopilot.modes.add(mode.what.spec, partial(_guarded, mode, report))
        own = autopilot.auto.executor.own
        for item in self.items:
            command = item.what.spec.command
            if autopilot.facts.vehicle_class.carries_out(command):
                built = _built(item.package, f"mission command {command}", partial(item.what.build, autopilot.context))
                own.installed[command] = GuardedExecutor(autopilot.context, built, item.package, report)


def _guarded(mode: Packaged[OwnMode], report: Report, context: VehicleContext, spec: ModeSpec) -> Mode:
    built = _built(mode.package, f"mode {spec.name}", partial(mode.what.build, context, spec))
    return GuardedMode(context, spec, built, mode.package, report)


def _built(package: str, what: str, build: Callable[[], T]) -> T:
    try:
        return build()
    except Exception as error:  # a package's code may raise anything
        raise ClaimError(f"package {package}: {what} cannot be made: {type(error).__name__}: {error}") from error


def _unclaimed(what: str, claims: Iterable[tuple[str, int | str]]) -> None:
    owners: dict[int | str, str] = {}
    for package, claimed in claims:
        if claimed in owners:
            other = owners[claimed]
            whose = f"package {other}" if other == package else f"packages {other} and {package}"
            raise ClaimError(f"{whose}: {what} {claimed} is claimed twice")
        owners[claimed] = package


def _check_mode(added: Packaged[OwnMode], kind: str) -> None:
    spec, modes = added.what.spec, KINDS[kind].modes
    name = modes.name_of(spec.number)
    if name is not None:
        raise ClaimError(f"package {added.package}: mode number {spec.number} is the {kind}'s {name}")
    if spec.name in {mode.name for mode in modes.known}:
        raise ClaimError(f"package {added.package}: mode name {spec.name} is the {kind}'s")
    if not 0 <= spec.number < 2**32 or spec.name != spec.name.upper():
        raise ClaimError(f"package {added.package}: mode {spec.number} {spec.name}: a uint32 and a name in capitals")


def _check_line(added: Packaged[ParameterDef], kind: str) -> None:
    name, own = added.what.name, KINDS[kind].parameters
    if any(line.name == name for line in own.lines) or name in own.aliases:
        raise ClaimError(f"package {added.package}: parameter {name} is the {kind}'s")
    if not (0 < len(name) <= _LONGEST_NAME and name.isascii() and name == name.upper()):
        raise ClaimError(f"package {added.package}: parameter {name}: at most {_LONGEST_NAME} letters, in capitals")
