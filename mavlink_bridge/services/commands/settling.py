"""Acknowledgements that wait until what they promise is durable.

Home, the mission's index and parameters survive a crash once their change was acknowledged; so the acknowledgement of
a command that changes them leaves when the journal has settled what the command submitted, and says FAILED when that
could not be written.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from autopilot.journal import Journal
from autopilot.mav import Result
from autopilot.result import Outcome
from mavlink_bridge.services.base import Outgoing
from mavlink_bridge.services.commands.request import Command


@dataclass(frozen=True, slots=True)
class Held:
    """An answer and the tickets (`first` exclusive, `last` inclusive) that it waits for."""

    command: Command
    outcome: Outcome
    after: list[Outgoing]
    first: int
    last: int


class SettlingAnswers:
    """Answers in the order of their tickets."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._held: deque[Held] = deque()

    def mark(self) -> int:
        """The last ticket before a command acts."""
        return self._journal.latest()

    def hold(self, command: Command, outcome: Outcome, after: list[Outgoing], mark: int) -> bool:
        """Keep the answer when something was submitted since `mark`; False when there is nothing to wait for."""
        latest = self._journal.latest()
        if latest == mark:
            return False
        self._held.append(Held(command, outcome, after, mark, latest))
        return True

    def settled(self) -> list[Held]:
        """The answers whose tickets are settled, with the outcome that now holds; forgets them."""
        durable = self._journal.durable()
        ready: list[Held] = []
        while self._held and self._held[0].last <= durable:
            ready.append(self._judged(self._held.popleft()))
        return ready

    def _judged(self, held: Held) -> Held:
        for ticket in range(held.first + 1, held.last + 1):
            failure = self._journal.failure(ticket)
            if failure is not None:
                return Held(held.command, Outcome(Result.FAILED, failure), [], held.first, held.last)
        return held

    def forget_link(self, link: int) -> None:
        """The link is gone."""
        self._held = deque(held for held in self._held if held.command.peer.link != link)
