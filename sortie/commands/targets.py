"""`--target SYSID|all`: send a request to one vehicle on a link, or to each in turn."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from autopilot.interface.records import dataclass
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions
from sortie.config.options import EVERY, JSON, TARGET
from sortie.nodes.client import Remote

ROLL_CALL_S = 1.5
"""Time for all vehicles to be heard, s: each sends a HEARTBEAT every second."""


@dataclass(frozen=True, slots=True)
class VehicleAnswer:
    """Answer of a vehicle: `data` for programs, `text` for stdout, `complaint` for stderr, and the exit status."""

    data: Any
    text: str = ""
    complaint: str = ""
    status: int = 0


def ask_targets(given: GivenOptions, ask: Callable[[Remote], VehicleAnswer], component: int | None = None) -> int:
    """Send a request to the vehicles that `--target` names, print the answers, and return the worst status. With
    `--json` in one line: an object for one vehicle, a list of objects with `sysid` for all."""
    if given[TARGET] != EVERY:
        with Remote.of(given, component) as remote:
            answer = ask(remote)
        _tell(answer, given[JSON], "")
        return answer.status
    with Remote.of(given) as remote:
        remote.run_until(lambda: False, ROLL_CALL_S)
        systems = sorted(remote.roster.heard)
    answers: list[dict[str, Any]] = []
    worst = 0
    for system in systems:
        answer = _answer_of(given, ask, component, system)
        worst = max(worst, answer.status)
        answers.append({"sysid": system, **answer.data})
        _tell(answer, given[JSON], f"vehicle {system}: ", silent=given[JSON])
    if given[JSON]:
        print(json.dumps(answers), flush=True)
    return worst


def _answer_of(
    given: GivenOptions, ask: Callable[[Remote], VehicleAnswer], component: int | None, system: int
) -> VehicleAnswer:
    """Return the answer of one of several vehicles. An error about one does not stop the requests to others."""
    try:
        with Remote.of(given, component, system) as remote:
            return ask(remote)
    except UserError as error:
        return VehicleAnswer({"error": str(error)}, complaint=str(error), status=error.status)


def _tell(answer: VehicleAnswer, as_json: bool, prefix: str, *, silent: bool = False) -> None:
    if as_json and not silent:
        print(json.dumps(answer.data), flush=True)
    elif answer.text and not as_json:
        print("\n".join(prefix + line for line in answer.text.splitlines()), flush=True)
    if answer.complaint:
        print(f"sortie: {prefix}{answer.complaint}", file=sys.stderr, flush=True)
