"""Answers to commands: repeated for repeated commands, and delayed until the change is on disk.

A ground station that missed an acknowledgement sends the same COMMAND_LONG with a higher `confirmation`
(https://mavlink.io/en/services/command.html). It gets the same answer and the command is not run again
(`AnswerMemory`). The same command with confirmation 0, or not higher than before, is a new command.

Home, the mission's index and parameters survive a crash once their change was acknowledged. The acknowledgement is sent
when the journal has written the command's changes; it is FAILED if the journal cannot write them (`SettlingAnswers`).
A repetition that comes before is neither run nor answered: the answer that waits is also for it.
"""

from __future__ import annotations

from collections import deque

from autopilot.context.journal import Journal
from autopilot.interface.records import dataclass
from autopilot.interface.result import Outcome
from autopilot.mav import Result
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.services.commands.request import Command

#: time for which an answer is kept, ms of link time: Mission Planner repeats an arm every 10 s
REMEMBER_MS = 15_000
_MOST = 64

_Key = tuple[Peer, int, bytes]


class AnswerMemory:
    """Latest answers by (peer, command, parameters), limited in number, in order of arrival."""

    def __init__(self) -> None:
        self._answers: dict[_Key, tuple[int, int, Outcome]] = {}

    def recall(self, command: Command, now_ms: int) -> Outcome | None:
        """Answer to repeat when `command` is a repetition, else None."""
        if not command.confirmation:
            return None
        key = command.wish
        answer = self._answers.get(key)
        if answer is None:
            return None
        expires, confirmation, outcome = answer
        if now_ms >= expires or command.confirmation <= confirmation:
            return None
        self._answers[key] = (now_ms + REMEMBER_MS, command.confirmation, outcome)
        return outcome

    def remember(self, command: Command, outcome: Outcome, now_ms: int) -> None:
        """Store the answer to `command`. Answers to earlier commands of this number and peer are dropped: after a
        disarm, an arm is a new command."""
        self._answers = {
            key: answer for key, answer in self._answers.items() if key[:2] != (command.peer, command.number)
        }
        if command.confirmation is None:
            return
        while len(self._answers) >= _MOST:
            del self._answers[next(iter(self._answers))]
        self._answers[command.wish] = (now_ms + REMEMBER_MS, command.confirmation, outcome)

    def finish(self, number: int, peer: Peer, outcome: Outcome) -> None:
        """Replace the IN_PROGRESS answer to a command of `peer` with its final result, for repetitions."""
        for key, (expires, confirmation, old) in self._answers.items():
            if key[0] == peer and key[1] == number and old.result is Result.IN_PROGRESS:
                self._answers[key] = (expires, confirmation, outcome)

    def forget_link(self, link: int) -> None:
        self._answers = {key: answer for key, answer in self._answers.items() if key[0].link != link}


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """Answer that waits for the journal's tickets from `first` (exclusive) to `last` (inclusive)."""

    command: Command
    outcome: Outcome
    after: list[Outgoing]
    first: int
    last: int


class SettlingAnswers:
    """Answers that wait for the journal, in the order of their tickets."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.waiting: deque[HeldAnswer] = deque()

    def mark(self) -> int:
        """Last ticket before a command runs."""
        return self._journal.latest()

    def hold(self, command: Command, outcome: Outcome, after: list[Outgoing], mark: int) -> bool:
        """Delay the answer if something was submitted to the journal since `mark`; False if not."""
        latest = self._journal.latest()
        if latest == mark:
            return False
        self.waiting.append(HeldAnswer(command, outcome, after, mark, latest))
        return True

    def awaits(self, command: Command) -> bool:
        """True for a repetition of a command whose answer waits."""
        repeats = command.confirmation or 0
        return any(
            held.command.wish == command.wish and repeats > (held.command.confirmation or 0) for held in self.waiting
        )

    def settled(self) -> list[HeldAnswer]:
        """Take the answers whose tickets are written or failed, with their final outcome."""
        durable = self._journal.durable()
        ready: list[HeldAnswer] = []
        while self.waiting and self.waiting[0].last <= durable:
            ready.append(self._judged(self.waiting.popleft()))
        return ready

    def _judged(self, answer: HeldAnswer) -> HeldAnswer:
        for ticket in range(answer.first + 1, answer.last + 1):
            failure = self._journal.failure(ticket)
            if failure is not None:
                return HeldAnswer(answer.command, Outcome(Result.FAILED, failure), [], answer.first, answer.last)
        return answer

    def forget_link(self, link: int) -> None:
        self.waiting = deque(answer for answer in self.waiting if answer.command.peer.link != link)
