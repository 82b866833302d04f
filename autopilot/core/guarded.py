"""Guards around modes and executors of installed packages. If one raises an exception, it is reported and the vehicle
stays under control: a failed mode holds its position until it is entered again, and a failed item is skipped like an
unsupported one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from autopilot.context.staying import stay
from autopilot.interface.targets import Idle
from autopilot.mav import Severity
from autopilot.mission.executor import CommandStartResult, MissionExecutor
from autopilot.mission.items import MissionItem
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec

T = TypeVar("T")
Report = Callable[[Exception, str], None]
"""Receives an exception of a package, and where it was raised."""


class GuardedMode(Mode):
    """A package's `mode` behind a guard. `report` is called last, because it may raise, as in tests."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, mode: Mode, package: str, report: Report) -> None:
        super().__init__(context, spec)
        self._mode = mode
        self._where = f"mode {spec.name} of package {package}"
        self._report = report
        self._failed = False

    def _ask(self, call: Callable[[], T], otherwise: T) -> T:
        """Answer of the mode; `otherwise` once it has failed."""
        if self._failed:
            return otherwise
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            self._failed = True
            self.helm.fly(Idle() if self.facts.grounded else stay(self.facts))
            _announce(self.context, f"Mode {self.spec.title} failed: holding", error, self._where, self._report)
            return otherwise

    def refusal(self, now_ms: int) -> str | None:
        try:
            return self._mode.refusal(now_ms)
        except Exception as error:  # noqa: BLE001 - the mode that flies goes on
            self._report(error, self._where)
            return f"{type(error).__name__}: {error}"

    def enter(self, now_ms: int) -> None:
        self._failed = False
        self._ask(lambda: self._mode.enter(now_ms), None)


def _guarded(name: str, member: object) -> object:
    """A member of `Mode`, asked of the package's mode; the answer of a failed one is False, or None."""
    if isinstance(member, property):
        return property(lambda guard: guard._ask(lambda: getattr(guard._mode, name), False))
    otherwise = False if getattr(member, "__annotations__", {})["return"] == "bool" else None
    return lambda guard, *args: guard._ask(lambda: getattr(guard._mode, name)(*args), otherwise)


for _name, _member in vars(Mode).items():
    if not _name.startswith("_") and _name not in vars(GuardedMode):
        setattr(GuardedMode, _name, _guarded(_name, _member))


class GuardedExecutor:
    """A package's `executor` behind a guard, as a `MissionExecutor`."""

    def __init__(self, context: VehicleContext, executor: MissionExecutor, package: str, report: Report) -> None:
        self._context = context
        self._executor = executor
        self._where = f"mission items of package {package}"
        self._report = report

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        return self._ask(lambda: self._executor.start_command(cmd), CommandStartResult.UNSUPPORTED)

    def verify_command(self, cmd: MissionItem) -> bool:
        return self._ask(lambda: self._executor.verify_command(cmd), True)

    def on_mission_complete(self) -> None:
        self._ask(self._executor.on_mission_complete, None)

    def _ask(self, call: Callable[[], T], otherwise: T) -> T:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            _announce(self._context, "Mission item failed: passed over", error, self._where, self._report)
            return otherwise


def _announce(context: VehicleContext, text: str, error: Exception, where: str, report: Report) -> None:
    context.announcer.say(Severity.CRITICAL, text)
    report(error, where)
