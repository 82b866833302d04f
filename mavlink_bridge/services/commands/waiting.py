"""Commands that wait.

For an arm in progress: a ground station that sends arm and takeoff back to back means them in this order.

For a mission that is being written to disk, or swapped in at the next tick: DroneKit's upload ends with the last item
that it sends, not with the acknowledgement, and the mode AUTO follows at once. ArduPilot has the mission in memory by
then; here it is swapped in when it is on disk (docs/reference/mission-semantics.md, 2.2). All other commands are served
at once, since a slow disk delays no flight; another mode takes the place of an AUTO that waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import chain
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import Cmd
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.commands.request import Command

#: most commands of a link that wait for its arm, of which further ones are rejected, and of all for a mission
MOST_WAITING: Final = 32
#: longest wait of a command, ms of link time; then it is rejected
LONGEST_WAIT_MS: Final = 10_000
_OF_MISSION: Final = frozenset((Cmd.DO_SET_MODE, Cmd.MISSION_START, Cmd.DO_SET_MISSION_CURRENT))


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """Message of `peer` that waits for its link's arm. `due_ms`: link time at which it is rejected."""

    message: Message
    peer: Peer
    due_ms: int


class ArmQueue:
    """Messages with commands that wait for an arm of their link. `arming(link)`: an arm of it is in progress."""

    def __init__(self, arming: Callable[[int], bool]) -> None:
        self._arming = arming
        self.waiting: dict[int, deque[WaitingMessage]] = {}

    def holds(self, link: int) -> bool:
        """True while commands of the link wait."""
        return link in self.waiting or self._arming(link)

    def keep(self, message: Message, peer: Peer, now_ms: int) -> bool:
        """Keep a message; False if too many wait."""
        queue = self.waiting.setdefault(peer.link, deque())
        if len(queue) >= MOST_WAITING:
            return False
        queue.append(WaitingMessage(message, peer, now_ms + LONGEST_WAIT_MS))
        return True

    def take(self, now_ms: int) -> tuple[list[WaitingMessage], list[WaitingMessage]]:
        """Take the messages that can be served now, and those whose wait was too long."""
        ready: list[WaitingMessage] = []
        late: list[WaitingMessage] = []
        for link, queue in tuple(self.waiting.items()):
            if not self._arming(link):
                ready += self.waiting.pop(link)
                continue
            while queue and queue[0].due_ms <= now_ms:
                late.append(queue.popleft())
            if not queue:
                del self.waiting[link]
        return ready, late

    def forget_link(self, link: int) -> None:
        self.waiting.pop(link, None)

    @property
    def next_ms(self) -> int | None:
        """Link time at which the next message is rejected, ms; None: none waits."""
        return min(kept.due_ms for kept in chain(*self.waiting.values())) if self.waiting else None


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """Command that waits for a mission. `due_ms`: link time at which it is rejected. `answered` False: a SET_MODE."""

    command: Command
    due_ms: int
    answered: bool


class MissionQueue:
    """Commands that wait for a mission. `storing()`: one is not yet the vehicle's. `is_auto(command)`: whether a
    DO_SET_MODE asks for AUTO."""

    def __init__(self, storing: Callable[[], bool], is_auto: Callable[[Command], bool]) -> None:
        self._storing, self._is_auto = storing, is_auto
        self.waiting: list[WaitingCommand] = []

    def keeps(self, command: Command, now_ms: int, *, answered: bool = True) -> bool:
        """Check whether a command has to wait; if so, it is kept, a repeated one once. Beyond `MOST_WAITING` none
        waits."""
        if command.number not in _OF_MISSION or not self._storing():
            return False
        if command.number == Cmd.DO_SET_MODE and not self._is_auto(command):
            return False
        if any((kept.command.wish, kept.answered) == (command.wish, answered) for kept in self.waiting):
            return True
        room = len(self.waiting) < MOST_WAITING
        if room:
            self.waiting.append(WaitingCommand(command, now_ms + LONGEST_WAIT_MS, answered))
        return room

    def take(self, now_ms: int) -> tuple[list[WaitingCommand], list[WaitingCommand]]:
        """Take the commands that can be served now, and those whose wait was too long."""
        if not self._storing():
            ready, self.waiting = self.waiting, []
            return ready, []
        late = [kept for kept in self.waiting if kept.due_ms <= now_ms]
        self.waiting = [kept for kept in self.waiting if kept.due_ms > now_ms]
        return [], late

    def drop(self, command: Command) -> list[WaitingCommand]:
        """Take the commands whose place a change to another mode takes."""
        if command.number != Cmd.DO_SET_MODE or self._is_auto(command):
            return []
        dropped, self.waiting = self.waiting, []
        return dropped

    def forget_link(self, link: int) -> None:
        self.waiting = [kept for kept in self.waiting if kept.command.peer.link != link]

    @property
    def next_ms(self) -> int | None:
        """Link time at which the next command is rejected, ms; None: none waits. The end of the writing wakes the run
        loop."""
        return min(kept.due_ms for kept in self.waiting) if self.waiting else None
