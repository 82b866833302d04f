"""What was answered lately, so that a repeated COMMAND_LONG does not act twice.

A ground station that missed an acknowledgement sends the same COMMAND_LONG with a higher `confirmation`
(https://mavlink.io/en/services/command.html). It gets the same answer again. The same command with confirmation 0, or
not higher than before, is a new wish.
"""

from __future__ import annotations

from struct import Struct

from autopilot.mav import Result
from autopilot.result import Outcome
from mavlink_bridge.services.base import Peer
from mavlink_bridge.services.commands.request import Command

#: How long an answer is remembered, ms of link time: Mission Planner repeats an arm every 10 s.
REMEMBER_MS = 15_000
_MOST = 64
_PARAMS = Struct("<7d")

_Key = tuple[Peer, int, bytes]


class AnswerMemory:
    """The latest answers by (peer, command, parameters); bounded, in the order of arrival."""

    def __init__(self) -> None:
        self._answers: dict[_Key, tuple[int, int, Outcome]] = {}

    def recall(self, command: Command, now_ms: int) -> Outcome | None:
        """The answer to give again when `command` is a repetition, else None."""
        if not command.confirmation:
            return None
        key = _key(command)
        found = self._answers.get(key)
        if found is None:
            return None
        expires, confirmation, outcome = found
        if now_ms >= expires or command.confirmation <= confirmation:
            return None
        self._answers[key] = (now_ms + REMEMBER_MS, command.confirmation, outcome)
        return outcome

    def remember(self, command: Command, outcome: Outcome, now_ms: int) -> None:
        """`command` has just been answered with `outcome`."""
        key = _key(command)
        self._answers.pop(key, None)
        while len(self._answers) >= _MOST:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = (now_ms + REMEMBER_MS, command.confirmation, outcome)

    def finish(self, number: int, peer: Peer, outcome: Outcome) -> None:
        """A command of `peer` that was IN_PROGRESS has ended: repetitions hear the end."""
        for key, (expires, confirmation, old) in self._answers.items():
            if key[0] == peer and key[1] == number and old.result is Result.IN_PROGRESS:
                self._answers[key] = (expires, confirmation, outcome)

    def forget_link(self, link: int) -> None:
        """The link is gone."""
        self._answers = {key: answer for key, answer in self._answers.items() if key[0].link != link}


def _key(command: Command) -> _Key:
    return command.peer, command.number, _PARAMS.pack(*command.params)
