"""View of a running loop: a live panel on a terminal, otherwise a line for each sortie and abort, and for each phase if
the loop is slow enough (`paced`). Also the question of `--confirm-relaunch` on stderr, answered by a line of stdin.

The program does not wait for an answer: signals, links and a running clock are served meanwhile.
"""

from __future__ import annotations

import os
import select
import sys
import time
from typing import Final

from depot.decision import Decision
from depot.decisions.record import SortieReport
from depot.decisions.watches import ABORT_2_NAMES, ABORT_3_NAMES
from depot.names import ABORT_1_NAMES, SkimmerState
from depot.settings import UnitSettings
from sortie.logs.terminal import BAD, Line, Terminal
from sortie.loop.loop import SortieLoop

REFRESH_S = 0.1
_DAY_MS = 86_400_000.0
_WORTH_A_LINE = frozenset(
    ("no_go", "ABORT-2B", "declare_lost", "lost_heard_again", "recover", "derate", "retire", "await_operator",
     "withhold_clearance", "trending_to_miss_t_death", "offload_stands", "offload_skipped", "interface_failure",
     "taken_over", "given_back", "person_asks", "restart", "not_ready", "awaiting_charge",
     "launch_called_off")
)  # fmt: skip


_ABORTS = frozenset((*ABORT_1_NAMES, *ABORT_2_NAMES, *ABORT_3_NAMES))
"""Decisions of the depot with these names are aborts."""


OVERDUE: Final = "overdue"
"""Name of T_DEATH, the timer to the declared loss, for people."""


def span(ms: float) -> str:
    """Format a duration: days above one day, otherwise hours, minutes, seconds."""
    seconds = ms / 1000.0
    if ms >= _DAY_MS:
        return f"{ms / _DAY_MS:.2f} d"
    return f"{int(seconds // 3600)}:{int(seconds // 60) % 60:02d}:{int(seconds) % 60:02d}"


def amount(value: float, unit: str) -> str:
    """Format an amount in the profile's unit; masses above a tonne in tonnes."""
    if unit == "kg" and value >= 1000.0:
        return f"{value / 1000.0:.2f} t"
    return f"{value:.1f} {unit}" if value < 100.0 else f"{value:.0f} {unit}"


class LoopView:
    def __init__(self, total: int | None, units: UnitSettings, *, paced: bool = False) -> None:
        self._total = total
        self._units = units
        self._paced = paced
        self._phase = (0, 0)
        self._waits_for: set[str] = set()
        self.terminal = Terminal(every_s=REFRESH_S, keeps=True)
        self._last: Decision | None = None

    def decided(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            aborts = decision.party == "depot" and decision.name in _ABORTS and decision.facts
            if self._is_repeated(decision):
                continue
            if decision.name in _WORTH_A_LINE or aborts:
                self.terminal.say(
                    f"  {span(decision.time_ms)} sortie {decision.sortie} phase {decision.phase}: "
                    f"{decision.name}: {decision.reason}"
                )
        self._last = decisions[-1] if decisions else self._last

    def _is_repeated(self, decision: Decision) -> bool:
        """Check for a repeated no-go whose constraints are not new since the last go; constraints may alternate."""
        if decision.name == "go":
            self._waits_for.clear()
        if decision.name != "no_go":
            return False
        new = set(decision.facts["failed"]) - self._waits_for
        self._waits_for |= new
        return not new

    def closed(self, sortie: SortieReport) -> None:
        why = f" ({sortie['abort'] or 'no abort'}, {sortie['trigger']})" if sortie["trigger"] else ""
        delivered = amount(sortie["delivered_kg"], self._units.store)
        self.terminal.say(f"sortie {sortie['number']} {sortie['outcome']}{why}: {delivered} delivered")

    def refresh(self, loop: SortieLoop) -> None:
        """Redraw the panel, at most ten times a second."""
        if self.terminal.is_open:
            self.terminal.draw(time.monotonic(), lambda height: self.lines(loop))
        else:
            self._say_phase(loop)

    def _say_phase(self, loop: SortieLoop) -> None:
        memory = loop.depot.memory
        if self._paced and self._phase != (memory.number, memory.phase):
            self._phase = (memory.number, memory.phase)
            self.terminal.say(
                f"  {span(loop.now_ms)} sortie {memory.number} phase {int(memory.phase)}: {memory.phase.title}"
            )

    def lines(self, loop: SortieLoop) -> list[Line]:
        """Return the panel: phase, timers, mode, tanks, batteries, number of sorties, last decision with its reason."""
        memory, state, status = loop.depot.memory, loop.world.state, loop.depot.memory.status
        of_total = "" if self._total is None else f" of {self._total}"
        shown = "LOST, heard again" if memory.skimmer is SkimmerState.LOST and memory.heard_again else memory.skimmer
        shown = f"{shown}, in other hands" if memory.controlled_by else shown
        death = "stopped" if memory.death.due_ms is None else f"in {span(memory.death.due_ms - loop.now_ms)}"
        beat = "not expected" if memory.beats.due_ms is None else f"{memory.beats.misses} missed"
        phase = f"phase {int(memory.phase)} {memory.phase.title}"
        style = BAD if memory.skimmer is SkimmerState.LOST else "bold"
        out: list[Line] = [
            [f"sortie {memory.number}{of_total}", (phase, "bold"), span(loop.now_ms)],
            [
                (f"skimmer {shown}", style),
                f"mode {'-' if status is None else status.mode}",
                f"{OVERDUE} {death}",
                f"heartbeat {beat}",
            ],
        ]
        if status is not None:
            out.append(
                [
                    f"propellant {amount(status.fuel_kg, self._units.propellant)}",
                    f"store {amount(status.store_kg, self._units.store)}",
                    f"batteries {status.soc:.0%}",
                ]
            )
        depot = f"depot battery {state.depot.battery.j / state.depot.battery.capacity_j:.0%}"
        out.append([depot, *(f"{name} {fill:.0%}" for name, fill in loop.levels()["tanks"].items())])
        if self._last is not None:
            out.append(f"last decision: {self._last.name}: {self._last.reason}")
        return out


class Operator:
    """Reader of answers on stdin. Text that was typed early answers the next question."""

    def __init__(self) -> None:
        self._asked_about: int | None = None
        self._typed = b""
        self._closed = sys.stdin is None

    def ask(self, number: int, question: str) -> bool:
        """Ask about sortie `number` once; True when the question was printed now."""
        if self._asked_about == number:
            return False
        self._asked_about = number
        print(question, end="", file=sys.stderr, flush=True)
        return True

    def answer(self, wait_s: float) -> bool | None:
        """Wait up to `wait_s` s for the answer: yes, no (anything else, or the end of input), None: not yet."""
        if b"\n" not in self._typed and not self._closed:
            self._read(wait_s)
        line, newline, rest = self._typed.partition(b"\n")
        if not newline and not self._closed:
            return None
        self._typed = rest
        if not newline:
            print(file=sys.stderr)  # ends the line of the question
        return line.strip().lower() in (b"y", b"yes")

    def _read(self, wait_s: float) -> None:
        number = sys.stdin.fileno()
        if select.select([number], [], [], wait_s)[0]:
            data = os.read(number, 1024)
            self._typed += data
            self._closed = not data
