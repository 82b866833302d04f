"""Case: one sentence of the MAVLink guide or of a message definition, with the exchange that tests a vehicle.

Sentences are in our own words; `Citation` has their source.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from autopilot.interface.records import dataclass, field
from mavlink_bridge.routing.service import Message
from sortie.conform.exchange import Exchange, Steps, Waiting
from sortie.conform.facts import Need

GUIDE: Final = "https://mavlink.io/en/"
_ROWS: Final = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


class Obligation(Enum):
    MUST = "MUST"
    SHOULD = "SHOULD"
    QGC = "as QGroundControl needs it"


class Verdict(Enum):
    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    UNTESTED = "untested"


Run: TypeAlias = Callable[[Exchange], Waiting[object]]
"""Exchange of a case; its result is not used."""
AnyRun = TypeVar("AnyRun", bound=Run)
JudgedMessage: TypeAlias = tuple[str, Callable[[Message], bool], str]
"""Case about one message: its name, the condition, and what was expected and came; `{m.FIELD}` is filled in."""


@dataclass(frozen=True, slots=True)
class ConformityCase:
    """Case. `name`: SERVICE.WHAT.HOW. `page`: of the guide, with its section. `says`: the requirement. `will`: effect
    on the vehicle, for a case that only simulators may run: it arms, moves, or leaves a trace."""

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
        """Address of the cited page."""
        return GUIDE + self.page


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of a case: `why` it fails, and what was `sent` and `came`, a line each. `attempts`: on a link with losses
    a case is repeated before it fails."""

    case: ConformityCase
    verdict: Verdict
    why: str = ""
    exchange: tuple[str, ...] = ()
    attempts: int = 1


@dataclass(slots=True)
class Chapter:
    """Cases of one service, in order. Their requirements are rows of `cases.json`. `needs`: of all cases; `rows`: the
    service of the rows, if another one."""

    service: str
    needs: tuple[Need, ...] = ()
    rows: str = ""
    cases: list[ConformityCase] = field(default_factory=list)

    def add(self, name: str, run: Run, *needs: Need) -> None:
        chapter = _ROWS[self.rows or self.service]
        row, needs = chapter["cases"][name], (*self.needs, *needs)
        at = row.get("at", "")
        page, level = at if "/" in at else chapter["page"] + at, Obligation[row["level"]]
        case = ConformityCase(
            f"{self.service}.{name}", self.service, level, page, row["says"], run, needs, row.get("will", "")
        )
        self.cases.append(case)

    def judge(self, ask: Callable[[Exchange], Waiting[Message]], *cases: JudgedMessage) -> None:
        """Add cases about the message that `ask` brings."""
        for name, good, why in cases:
            self.add(name, partial(_judged, ask, good, why))

    def case(self, name: str, *needs: Need) -> Callable[[AnyRun], AnyRun]:
        def added(run: AnyRun) -> AnyRun:
            self.add(name, run, *needs)
            return run

        return added


def _judged(
    ask: Callable[[Exchange], Waiting[Message]], good: Callable[[Message], bool], why: str, x: Exchange
) -> Steps:
    message = yield from ask(x)
    x.check(good(message), why.format(m=message))
