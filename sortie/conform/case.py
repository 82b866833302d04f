"""Case: one sentence of the MAVLink guide, or of a message's definition, and the exchange that judges a vehicle by it.

The sentences are told in words of our own; `Citation` says where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.framing import MavlinkFrame

if TYPE_CHECKING:
    from sortie.conform.exchange import Exchange
    from sortie.conform.facts import VehicleFound

GUIDE: Final = "https://mavlink.io/en/"
T = TypeVar("T")


class Obligation(Enum):
    """Weight of a sentence."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    QGC = "as QGroundControl needs it"


class Verdict(Enum):
    """Outcome of a case."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the vehicle with its frame, at link time `at_ms`."""

    message: Message
    frame: MavlinkFrame
    at_ms: int


Waiting: TypeAlias = Generator[int, Heard | None, T]
"""Part of an exchange: it yields until when it waits, ms, and is sent the next message, or None at that time."""
Steps: TypeAlias = Waiting[None]
Run: TypeAlias = "Callable[[Exchange], Steps]"
"""Exchange of a case."""
Need: TypeAlias = "Callable[[VehicleFound], str]"
"""Precondition: the reason why a case does not apply to this vehicle; empty: it does."""


class CaseFailedError(Exception):
    """The vehicle does not do what had to come: one line."""


class NotApplicableError(Exception):
    """The case says nothing about this vehicle: why."""


class UntestedError(Exception):
    """The case could not be carried out: why."""


@dataclass(frozen=True, slots=True)
class ConformityCase:
    """See the module. `name`: SERVICE.WHAT.HOW. `page`: of the guide, with its section. `says`: what it asks for.
    `will`: what the vehicle will do, of a case that is for simulators alone: it arms, moves, or leaves a trace."""

    name: str
    service: str
    level: Obligation
    page: str
    says: str
    run: Run
    needs: tuple[Need, ...] = ()
    will: str = ""

    @property
    def url(self) -> str:
        """Address of the page that is cited."""
        return GUIDE + self.page


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of a case: `why` it does not pass, and what was `sent` and `came`, a line each. `attempts`: on a link
    that loses messages a case is tried again before it fails."""

    case: ConformityCase
    verdict: Verdict
    why: str = ""
    exchange: tuple[str, ...] = ()
    attempts: int = 1


@dataclass(slots=True)
class Chapter:
    """Cases of one service, in order. `page`: where its sentences stand unless a case says otherwise; `needs`: of all
    of them."""

    service: str
    page: str
    needs: tuple[Need, ...] = ()
    cases: list[ConformityCase] = field(default_factory=list)

    def add(
        self,
        level: Obligation,
        name: str,
        says: str,
        run: Run,
        *,
        at: str = "",
        needs: Sequence[Need] = (),
        will: str = "",
    ) -> None:
        """Add a case; `at`: "#section" of the chapter's page, or another page."""
        page = at if "/" in at else self.page + at
        self.cases.append(
            ConformityCase(f"{self.service}.{name}", self.service, level, page, says, run, (*self.needs, *needs), will)
        )

    def must(self, name: str, says: str, at: str = "", *needs: Need, will: str = "") -> Callable[[Run], Run]:
        """Decorate the exchange of a case that the guide demands."""
        return self._of(Obligation.MUST, name, says, at, needs, will)

    def should(self, name: str, says: str, at: str = "", *needs: Need, will: str = "") -> Callable[[Run], Run]:
        """Decorate the exchange of a case that the guide recommends."""
        return self._of(Obligation.SHOULD, name, says, at, needs, will)

    def qgc(self, name: str, says: str, at: str = "", *needs: Need, will: str = "") -> Callable[[Run], Run]:
        """Decorate the exchange of a case that the guide leaves open, and a ground station does not."""
        return self._of(Obligation.QGC, name, says, at, needs, will)

    def _of(
        self, level: Obligation, name: str, says: str, at: str, needs: tuple[Need, ...], will: str
    ) -> Callable[[Run], Run]:
        def added(run: Run) -> Run:
            self.add(level, name, says, run, at=at, needs=needs, will=will)
            return run

        return added
