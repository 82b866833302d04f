"""An installed package whose code raises: a flight mode and a mission command of a stranger, in some storms. Each call
of it may raise; the vehicle stays under control (docs/python.md, Errors in flight)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from unittest.mock import patch

from autopilot.core.extensions import Extensions, OwnItem, OwnMode, Packaged
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mission import commands
from autopilot.mission.commands import Ability, CommandSpec, Slot
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec
from tests.storm.swarm import ActPlan, StormPlan, tick

NAME = "storm"
MODE = ModeSpec(150, "STRANGER", autopilot=True)
COMMAND = CommandSpec(31_010, "Stranger", Slot.NAV, Ability.ANY)
OWN_MODE = "own mode"
SHARE = 0.15
"""Of storms, with a package."""
_RAISES = (0.0, 0.05, 0.3)
"""How likely a call raises."""
_PERIOD_MS = 500
_WISHES = (
    ((0, OWN_MODE), (4_000, OWN_MODE)),
    ((0, "upload mission"), (4_000, "fly")),
    ((0, "upload mission"), (4_000, "fly"), (25_000, OWN_MODE), (30_000, "RTL")),
    ((0, "take off"), (12_000, OWN_MODE), (20_000, "mode")),
)
"""(after, what), ms: what is asked for together."""


class PackageError(Exception):
    """What the package raises."""


class Package:
    """One for a process, with the seed of its storm."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"package {seed}")
        self._raises = self._random.choice(_RAISES)
        self.extensions = Extensions(
            modes=(Packaged(NAME, OwnMode(MODE, self._mode)),),
            items=(Packaged(NAME, OwnItem(COMMAND, lambda context: StrangeItems(self))),),
        )

    def _mode(self, context: VehicleContext, spec: ModeSpec) -> StrangeMode:
        return StrangeMode(context, spec, self)

    def may_raise(self) -> None:
        """Raise PackageError, or not."""
        if self._random.random() < self._raises:
            raise PackageError("of a package")

    def chance(self, likely: float) -> bool:
        """True with this probability."""
        return self._random.random() < likely


@contextmanager
def installed(seed: int) -> Iterator[None]:
    """Have the package in a storm, and no longer: a process adds commands for good (`commands.add_own`), and the next
    storm would know this one."""
    with (
        patch.dict(commands._SPECS),
        patch.object(commands, "_BEYOND_NAV_LAST", set(commands._BEYOND_NAV_LAST)),
        patch.object(commands, "_WITH_PLACE", set(commands._WITH_PLACE)),
    ):
        extensions = Package(seed).extensions
        with patch("sortie.config.installed.installed", lambda: extensions):
            yield


class StrangeMode(Mode):
    """Stays where it is. Refuses at times, and wants to be called twice a second."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, package: Package) -> None:
        super().__init__(context, spec)
        self._package = package
        self._due_ms: int | None = None

    def refusal(self, now_ms: int) -> str | None:
        self._package.may_raise()
        return "does not feel like it" if self._package.chance(0.1) else None

    def enter(self, now_ms: int) -> None:
        self._due_ms = now_ms + _PERIOD_MS
        self._package.may_raise()

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._due_ms = now_ms + _PERIOD_MS
            self._package.may_raise()

    def exit(self) -> None:
        self._due_ms = None
        self._package.may_raise()

    def next_deadline_ms(self) -> int | None:
        return self._due_ms


class StrangeItems:
    """Executor of the command: refuses some of its items, and is done with the others at some call."""

    def __init__(self, package: Package) -> None:
        self._package = package

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        self._package.may_raise()
        return CommandStartResult.UNSUPPORTED if self._package.chance(0.2) else CommandStartResult.ACCEPTED

    def verify_command(self, cmd: MissionItem) -> bool:
        self._package.may_raise()
        return self._package.chance(0.2)

    def on_mission_complete(self) -> None:
        self._package.may_raise()


def with_package(plan: StormPlan) -> StormPlan:
    """The plan with a package, if its seed has one, and with wishes for its mode."""
    random = Random(f"packages {plan.seed}")
    if random.random() >= SHARE:
        return plan
    end_ms = plan.minutes * 60_000
    wishes = list[ActPlan]()
    for _ in range(random.randint(1, 3)):
        at_ms, station = random.uniform(5_000, max(end_ms - 40_000, 10_000)), random.randrange(len(plan.stations))
        for after_ms, what in _WISHES[random.randrange(len(_WISHES))]:
            wishes.append(ActPlan(tick(at_ms + after_ms), station, what, random.randrange(1 << 30)))
    acts = tuple(sorted((*plan.acts, *wishes), key=lambda act: act.at_ms))
    return replace(plan, acts=acts, package=True)


def strange(items: tuple[MissionItem, ...], random: Random) -> tuple[MissionItem, ...]:
    """A mission with an item of the package somewhere behind its takeoff, numbered from 1."""
    at = random.randint(1, len(items))
    longer = (*items[:at], MissionItem(COMMAND.command, 2), *items[at:])
    return tuple(replace(item, seq=seq) for seq, item in enumerate(longer, 1))
