"""MAV_CMD_INJECT_FAILURE, vehicle side: maps unit, type and instance to faults.

DENIED while SYS_FAILURE_EN is 0, and for an unknown number or instance. UNSUPPORTED for a pair without a row in
`table`, and for a part that this vehicle does not have. Each refusal has a text with its reason. A unit, or one of its
instances, has one failure at a time: a new type replaces the former. OK ends all of them, also faults of `--fault`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, FailureType, FailureUnit, Result
from mavlink_bridge.services.commands.context import ACCEPTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.failures.table import FAILURES, Failures

ENABLE: Final = "SYS_FAILURE_EN"
_ANY: Final = "{n}"


class Injector(Protocol):
    """Port: faults of a vehicle, by their names in the fault grammar."""

    def names(self) -> Sequence[str]:
        """Names of this vehicle's faults."""

    def begin(self, name: str, value: float | None) -> None:
        """Begin a fault now, without an end."""

    def end(self, name: str) -> None:
        """End a fault; no effect if it is not active."""


class FailureService:
    """Service of injected failures. `enabled()`: failures may be injected. `say`: sends the reason of a refusal.
    `failures`: faults by unit and type."""

    def __init__(
        self,
        injector: Injector,
        enabled: Callable[[], bool],
        commands: CommandService,
        say: Callable[[str], object],
        failures: Failures = FAILURES,
    ) -> None:
        self._injector = injector
        self._failures = failures
        self._enabled = enabled
        self._say = say
        commands.register(Cmd.INJECT_FAILURE, CommandRow(self._serve, required=(1, 2)))

    def _serve(self, command: Command, _context: Context) -> Outcome:
        if not self._enabled():
            return self._refused(Result.DENIED, f"{ENABLE} is 0")
        number, kind_number, instance = command.param(1), command.param(2), command.param(3)
        if number not in set(FailureUnit) or kind_number not in set(FailureType):
            return self._refused(Result.UNSUPPORTED, f"no unit {number:g} or type {kind_number:g}")
        unit, kind = FailureUnit(int(number)), FailureType(int(kind_number))
        instances = self._instances(unit)
        if not instances:
            return self._refused(Result.UNSUPPORTED, f"no {unit.name} that fails")
        if kind is not FailureType.OK and (unit, kind) not in self._failures:
            return self._refused(Result.UNSUPPORTED, f"no {unit.name} {kind.name}")
        if instance != 0.0 and instance not in instances:
            return self._refused(Result.DENIED, f"no {unit.name} {instance:g}")
        for affected in instances if instance == 0.0 else (int(instance),):
            self._change(unit, kind, affected)
        return ACCEPTED

    def _refused(self, result: Result, reason: str) -> Outcome:
        self._say(f"Failure injection: {reason}")
        return Outcome(result, reason)

    def _names(self, unit: FailureUnit) -> set[str]:
        return {row.name for (failing, _), row in self._failures.items() if failing is unit}

    def _instances(self, unit: FailureUnit) -> Sequence[int]:
        """Instances from 1 on; empty if the vehicle does not have the unit or it has no faults."""
        known = self._injector.names()
        names = self._names(unit)
        instances: list[int] = []
        while names and all(name.replace(_ANY, str(len(instances) + 1)) in known for name in names):
            instances.append(len(instances) + 1)
            if all(_ANY not in name for name in names):
                break
        return instances

    def _change(self, unit: FailureUnit, kind: FailureType, instance: int) -> None:
        for name in sorted(self._names(unit)):
            self._injector.end(name.replace(_ANY, str(instance)))
        if kind is not FailureType.OK:
            row = self._failures[unit, kind]
            self._injector.begin(row.name.replace(_ANY, str(instance)), row.value)
