"""The parameter protocol, vehicle side (docs/reference/ground-stations.md, 1.8).

A set acts at once and is answered when it is durable: PARAM_VALUE to all links with the value that now holds, also
when nothing changed or it was refused. While sets of a parameter are on their way nothing tells its new value, neither
an earlier one's answer nor a read: whoever waits for a value takes every PARAM_VALUE that has it for his answer.
When the journal fails, the last durable value comes back, and that is said.
This service alone announces changes, whoever made them, and hands those of others to the journal as well; it does not
own the values (`Parameters` does). Lists are paced by the room on each link, several links at a time.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from autopilot.context.journal import Journal, SaveParameter
from autopilot.interface.records import dataclass, field
from autopilot.mav import ParameterType, Severity
from autopilot.parameters import SetOutcome
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware, ServedParameters
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import dialect

NO_INDEX: Final = 65535
"""Index of a PARAM_VALUE that answers a name or announces a change."""


HASH: Final = "_HASH_CHECK"
"""In place of a parameter: the hash of all of them, with `NO_INDEX`."""
FRAME_BYTES: Final = 37
"""A PARAM_VALUE frame: 12 bytes of header and checksum, 25 of payload."""
LIST_PASS: Final = 64
"""At most so many values of a list are queued in one pass (some 0.5 ms), so that other services, and the other vehicles
of a fleet that is asked for all its lists at once, get their turn."""
#: A change is told again after so long, where the firmware does (mavlink_parameters.cpp, `send_untransmitted`).
AGAIN_MS = 20
WAIT_FOR_ROOM_MS: Final = 5
PENDING_SETS: Final = 512
"""Sets that wait for the journal; more are dropped, the sender repeats them."""
TEXT_BYTES: Final = 50


@dataclass(frozen=True, slots=True)
class _Pending:
    """A value on its way to the journal. With `link`, a set that is acknowledged when its ticket is settled; `asked` is
    the name that was used, maybe an alias of `name`."""

    ticket: int
    name: str
    value: float
    asked: str = ""
    warning: str | None = None
    link: int | None = None


@dataclass(slots=True)
class _Unsettled:
    """A parameter with sets on their way: what the journal held last, how many sets there are, and what is answered
    behind them: the name that was asked for, the index, the link."""

    durable: float
    sets: int = 0
    asked: dict[tuple[str, int, int], None] = field(default_factory=dict)


class ParameterService(Speaker):
    """PARAM_REQUEST_LIST, PARAM_REQUEST_READ, PARAM_SET.

    `room(link)`: bytes that may be queued on a link now; `firmware`: how values are carried; `banner()`: the
    STATUSTEXTs that precede a list.
    """

    clock: Clock = "link"
    handles = frozenset({"PARAM_REQUEST_LIST", "PARAM_REQUEST_READ", "PARAM_SET"})

    def __init__(
        self,
        parameters: ServedParameters,
        journal: Journal,
        *,
        room: Callable[[int], int],
        banner: Callable[[], Sequence[Message]] = tuple,
        firmware: Firmware = OWN,
    ) -> None:
        self._firmware = firmware
        self._parameters = parameters
        self._journal = journal
        self._room = room
        self._banner = banner
        super().__init__()
        self._lists: dict[int, int] = {}  # link -> next index
        self._list_due_ms = 0
        self._pending: deque[_Pending] = deque()
        self._unsettled: dict[str, _Unsettled] = {}
        self._stored: dict[str, float] = {}  # what the journal is known to hold, and to hold on to
        self._newest: dict[str, int] = {}  # the last ticket of each
        self._changed: dict[str, None] = {}  # to be announced, in order
        self._setting: str | None = None  # the parameter that is being set by this service
        self._again: dict[str, int] = {}  # to be told once more, and when
        self._now_ms = 0
        parameters.listeners.append(self._on_change)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Handle a message of `handles`, addressed to us."""
        self._now_ms = now_ms
        kind = message.get_type()
        if kind == "PARAM_REQUEST_LIST":
            self._begin_list(peer.link, now_ms)
        elif kind == "PARAM_REQUEST_READ":
            self._read(message.param_index, message.param_id, peer)
        elif kind == "PARAM_SET":
            self._set(message.param_id, self._firmware.value_of(message.param_value, message.param_type), peer)

    def handle_timeout(self, now_ms: int) -> None:
        """Continue lists, acknowledge what has become durable, announce changes."""
        self._now_ms = now_ms
        self._settle()
        for name in [name for name, due_ms in self._again.items() if due_ms <= now_ms]:
            del self._again[name]
            if name not in self._unsettled:
                self._out.append(Outgoing(self._value(name)))
        self._announce()
        if self._lists and now_ms >= self._list_due_ms:
            self._continue_lists(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Time at which a list goes on, or a change is told again, ms. The journal's completion wakes the run loop by
        itself."""
        again = min(self._again.values(), default=None)
        if not self._lists or again is None:
            return self._list_due_ms if self._lists else again
        return min(self._list_due_ms, again)

    def link_closed(self, link: int) -> None:
        """End the list that goes out on this link."""
        self._lists.pop(link, None)

    # --- reading ---------------------------------------------------------------------------------------------------
    def _read(self, index: int, name: str, peer: Peer) -> None:
        if index >= 0:
            if index < len(self._parameters):
                self._tell(self._parameters.names()[index], index, peer.link)
        elif name in self._parameters:
            self._tell(name, NO_INDEX, peer.link)
        elif name == HASH:
            self._out += [Outgoing(message, peer.link) for message in self._hash()]
        # An unknown name or index is met with silence, as by ArduPilot 4.6 (PARAM_ERROR is newer).

    def _tell(self, asked: str, index: int, link: int) -> None:
        """On one link; once they are settled, if sets are on their way."""
        unsettled = self._unsettled.get(self._parameters.target(asked))
        if unsettled is None:
            self._out.append(Outgoing(self._value(asked, index), link))
        else:
            unsettled.asked[asked, index, link] = None

    def _begin_list(self, link: int, now_ms: int) -> None:
        if self._lists.get(link) == 0:
            return  # asked twice before it could begin
        for text in self._banner():
            self._out.append(Outgoing(text, link))
        self._out += [Outgoing(message, link) for message in self._hash()]
        self._lists[link] = 0
        self._continue_lists(now_ms)

    def _hash(self) -> list[Message]:
        """The one of a firmware that has it."""
        definition = self._parameters.definition
        crc = self._firmware.parameters_hash(
            (name, self._parameters[name], definition(name).type) for name in self._parameters.names()
        )
        if crc is None:
            return []
        wire = struct.unpack("<f", struct.pack("<I", crc))[0]
        kind = ParameterType.UINT32
        return [dialect.MAVLink_param_value_message(HASH.encode(), wire, kind, len(self._parameters), NO_INDEX)]

    def _continue_lists(self, now_ms: int) -> None:
        sent = False
        rooms = {link: self._room(link) // FRAME_BYTES for link in self._lists}
        share = max(LIST_PASS // max(sum(room > 0 for room in rooms.values()), 1), 1)
        for link, start in list(self._lists.items()):
            end = min(start + rooms[link], start + share, len(self._parameters))
            if end > start:
                sent = True
                self._out.extend([Outgoing(self._listed(index), link) for index in range(start, end)])
                self._lists[link] = end
            if end >= len(self._parameters):
                del self._lists[link]
        self._list_due_ms = now_ms + (1 if sent else WAIT_FOR_ROOM_MS)

    def _value(self, name: str, index: int = NO_INDEX) -> Message:
        """PARAM_VALUE of `name` (a listed one, or an alias, which then answers under its own name)."""
        if index == NO_INDEX and self._firmware.habits.answers_by_index:
            index = self._parameters.names().index(name)
        unsettled, kind = self._unsettled.get(name), self._parameters.definition(name).type
        value = self._parameters[name] if unsettled is None else unsettled.durable
        wire = self._firmware.wire_value(value, kind)
        return dialect.MAVLink_param_value_message(name.encode("ascii"), wire, kind, len(self._parameters), index)

    def _listed(self, index: int) -> Message:
        return self._value(self._parameters.names()[index], index)

    # --- setting ---------------------------------------------------------------------------------------------------
    def _set(self, asked: str, value: float, peer: Peer) -> None:
        if asked == HASH:  # whoever sets it has all of them
            self._lists.pop(peer.link, None)
            return
        if asked not in self._parameters:
            self._text(Severity.WARNING, f"Unknown parameter {_printable(asked)}", peer.link)
            return
        if len(self._pending) >= PENDING_SETS:
            return
        name = self._parameters.target(asked)
        before = self._parameters[name]
        outcome = self._put(name, asked, value)
        now = self._parameters[name]
        if not outcome.accepted or (self._stored.get(name) == now and name not in self._unsettled):
            self._answer(asked, name, peer.link, outcome.warning)
            return
        self._unsettled.setdefault(name, _Unsettled(before)).sets += 1
        ticket = self._journal.submit(SaveParameter(name, now))
        self._submitted(_Pending(ticket, name, now, asked, outcome.warning, peer.link))
        self._settle()

    def _submitted(self, pending: _Pending) -> None:
        self._stored.pop(pending.name, None)
        self._newest[pending.name] = pending.ticket
        self._pending.append(pending)

    def _put(self, name: str, asked: str, value: float) -> SetOutcome:
        """Set without taking it for a change that somebody else has made."""
        self._setting = name
        try:
            return self._parameters.set(asked, value)
        finally:
            self._setting = None

    def _settle(self) -> None:
        while self._pending and self._pending[0].ticket <= self._journal.durable():
            self._finish(self._pending.popleft())

    def _finish(self, pending: _Pending) -> None:
        name, failure = pending.name, self._journal.failure(pending.ticket)
        if failure is not None:
            self._text(Severity.ERROR, f"{name} not stored: {failure}", None)
        elif self._newest[name] == pending.ticket:
            self._stored[name] = pending.value
        unsettled = self._unsettled.get(name)
        if unsettled is None:
            return
        if failure is None:
            unsettled.durable = pending.value
        if pending.link is not None:
            self._finish_set(pending, unsettled, pending.link, failed=failure is not None)

    def _finish_set(self, pending: _Pending, unsettled: _Unsettled, link: int, *, failed: bool) -> None:
        name = pending.name
        unsettled.sets -= 1
        if unsettled.sets == 0:
            del self._unsettled[name]
            if failed and self._parameters[name] == pending.value:
                self._put(name, name, unsettled.durable)
            if not failed and self._firmware.habits.tells_changes_again:
                self._again[name] = self._now_ms + AGAIN_MS
        self._answer(pending.asked, name, link, pending.warning)
        if unsettled.sets == 0:
            for asked, index, asker in unsettled.asked:
                self._tell(asked, index, asker)

    def _answer(self, asked: str, name: str, link: int, warning: str | None) -> None:
        if warning is not None:
            self._text(Severity.WARNING, warning, None)
        if name not in self._unsettled:
            self._out.append(Outgoing(self._value(name)))
        if asked != name:
            # The alias is known to the asker only: other stations would take it for one more parameter.
            self._tell(asked, NO_INDEX, link)

    # --- changes made by others ------------------------------------------------------------------------------------
    def _on_change(self, name: str, value: float) -> None:
        if name == self._setting:
            return
        self._changed[name] = None
        definition = self._parameters.definition(name)
        if not definition.read_only:
            ticket = self._journal.submit(SaveParameter(name, None if value == definition.default else value))
            self._submitted(_Pending(ticket, name, value))

    def _announce(self) -> None:
        if self._changed:
            self._out.extend([Outgoing(self._value(name)) for name in self._changed if name not in self._unsettled])
            self._changed.clear()

    def _text(self, severity: Severity, text: str, link: int | None) -> None:
        data = text.encode("ascii", "replace")[:TEXT_BYTES]
        self._out.append(Outgoing(dialect.MAVLink_statustext_message(int(severity), data), link))


def _printable(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in name)
