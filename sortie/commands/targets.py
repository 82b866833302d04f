"""`--target SYSID|all`: one vehicle of a running service is asked, or each of them after the other."""

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
"""Time in which all vehicles answer a roll call, s: each sends a HEARTBEAT every second."""


@dataclass(frozen=True, slots=True)
class VehicleAnswer:
    """Answer of a vehicle: for a program, for a person (on stdout, empty: nothing; on stderr), and the status."""

    data: Any
    text: str = ""
    complaint: str = ""
    status: int = 0


def ask_targets(given: GivenOptions, ask: Callable[[Remote], VehicleAnswer], component: int | None = None) -> int:
    """Ask the vehicles that `--target` names, tell what they say, and return the worst status. With `--json` one line:
    an object of one vehicle, a list of objects with `sysid` of all."""
    if given[TARGET] != EVERY:
        with Remote.of(given, component) as remote:
            answer = ask(remote)
        _tell(answer, given[JSON], "")
        return answer.status
    with Remote.of(given) as remote:
        remote.run_until(lambda: False, ROLL_CALL_S)
        systems = sorted(remote.roster.heard)
    told: list[dict[str, Any]] = []
    worst = 0
    for system in systems:
        answer = _asked(given, ask, component, system)
        worst = max(worst, answer.status)
        told.append({"sysid": system, **answer.data})
        _tell(answer, given[JSON], f"vehicle {system}: ", silent=given[JSON])
    if given[JSON]:
        print(json.dumps(told), flush=True)
    return worst


def _asked(
    given: GivenOptions, ask: Callable[[Remote], VehicleAnswer], component: int | None, system: int
) -> VehicleAnswer:
    """Answer of one of several vehicles; a mistake that concerns it alone does not keep the others from being asked."""
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
