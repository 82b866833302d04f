"""Parameter protocol, vehicle side (docs/reference/ground-stations.md, 1.8).

A set takes effect at once. When it is on disk, PARAM_VALUE with the present value goes to all links, also if the value
did not change or was refused. Until then no message has the new value, neither the answer to an earlier set nor to a
read, because a station takes any PARAM_VALUE with its value for the answer. When the journal fails, the last stored
value is restored, with a text. Only this service announces changes, whoever made them, and passes those of others to
the journal; `Parameters` owns the values. Lists are limited by the room on each link, several links at a time.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from autopilot.context.journal import Journal, SaveParameter
from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass, field
from autopilot.interface.texts import printable
from autopilot.mav import ParameterType, Severity
from autopilot.parameters import SetOutcome
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware, ServedParameters
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import dialect, status_text

NO_INDEX: Final = 65535
"""Index of a PARAM_VALUE that answers a request by name or announces a change."""


HASH: Final = "_HASH_CHECK"
"""Name of a pseudo parameter: the hash of all parameters, with index `NO_INDEX`."""
FRAME_BYTES: Final = 37
"""Bytes of a PARAM_VALUE frame: 12 of header and checksum, 25 of payload."""
LIST_PASS: Final = 256
"""Most values of a list queued in one pass (about 2 ms), so that other services get their turn. Vehicles of a fleet
whose lists are requested at the same time take turns (`serve_links` of the fleet's node)."""
#: time to repeat the announcement of a change, as the firmware does (mavlink_parameters.cpp, `send_untransmitted`)
AGAIN_MS = 20
WAIT_FOR_ROOM_MS: Final = 5
PENDING_SETS: Final = 512
"""Most sets that wait for the journal; further ones are dropped and repeated by the sender."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """Value that is being stored. `link`: of a set that is acknowledged when its ticket is settled. `requested`: the
    used name, possibly an alias of `name`."""

    ticket: int
    name: str
    value: float
    requested: str = ""
    warning: str | None = None
    link: int | None = None


@dataclass(slots=True)
class _Unsettled:
    """Parameter with sets in progress: last stored value, number of sets, and delayed answers (requested name, index,
    link)."""

    durable: float
    sets: int = 0
    requests: dict[tuple[str, int, int], None] = field(default_factory=dict)


class ParameterService(Speaker):
    """Service of PARAM_REQUEST_LIST, PARAM_REQUEST_READ and PARAM_SET.

    `room(link)`: bytes that may be queued on a link now. `firmware`: encoding of values. `banner()`: STATUSTEXTs before
    a list.
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
        self._stored: dict[str, float] = {}  # values in the journal that no later set changes
        self._newest: dict[str, int] = {}  # last ticket by parameter
        self._changed: dict[str, None] = {}  # to announce, in order
        self._setting: str | None = None  # parameter that this service is setting
        self._again: dict[str, int] = {}  # time of the repeated announcement
        self._now_ms = 0
        parameters.listeners.append(self._on_change)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self._now_ms = now_ms
        kind = message.get_type()
        if kind == "PARAM_REQUEST_LIST":
            self._begin_list(peer.link, now_ms)
        elif kind == "PARAM_REQUEST_READ":
            self._read(message.param_index, message.param_id, peer)
        elif kind == "PARAM_SET":
            self._set(message.param_id, message.param_value, message.param_type, peer)

    def handle_timeout(self, now_ms: int) -> None:
        """Continue lists, acknowledge stored sets, announce changes."""
        self._now_ms = now_ms
        if self._pending:
            self._settle()
        if self._again:
            self._repeat(now_ms)
        if self._changed:
            self._announce()
        if self._lists and now_ms >= self._list_due_ms:
            self._continue_lists(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Time at which a list continues or a change is repeated, ms. The journal's completion wakes the run loop."""
        list_ms = self._list_due_ms if self._lists else None
        return earliest((list_ms, *self._again.values())) if self._again else list_ms

    def link_closed(self, link: int) -> None:
        self._lists.pop(link, None)

    # --- reading ---------------------------------------------------------------------------------------------------
    def _read(self, index: int, name: str, peer: Peer) -> None:
        if index >= 0:
            if index < len(self._parameters):
                self._send_value(self._parameters.names()[index], index, peer.link)
        elif name in self._parameters:
            self._send_value(name, NO_INDEX, peer.link)
        elif name == HASH:
            self._out += [Outgoing(message, peer.link) for message in self._hash()]
        # An unknown name or index is not answered, as in ArduPilot 4.6 (PARAM_ERROR is newer).

    def _send_value(self, requested: str, index: int, link: int) -> None:
        """Send a value on one link, or after the sets in progress."""
        unsettled = self._unsettled.get(self._parameters.target(requested))
        if unsettled is None:
            self._out.append(Outgoing(self._value(requested, index), link))
        else:
            unsettled.requests[requested, index, link] = None

    def _begin_list(self, link: int, now_ms: int) -> None:
        if self._lists.get(link) == 0:
            return  # requested twice before its begin
        for text in self._banner():
            self._out.append(Outgoing(text, link))
        self._out += [Outgoing(message, link) for message in self._hash()]
        self._lists[link] = 0
        self._continue_lists(now_ms)

    def _hash(self) -> list[Message]:
        """PARAM_VALUE of the hash, for a firmware that has it."""
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
                names = self._parameters.names()
                self._out.extend([Outgoing(self._value(names[index], index), link) for index in range(start, end)])
                self._lists[link] = end
            if end >= len(self._parameters):
                del self._lists[link]
        self._list_due_ms = now_ms + (1 if sent else WAIT_FOR_ROOM_MS)

    def _value(self, name: str, index: int = NO_INDEX) -> Message:
        """PARAM_VALUE of `name`, a listed name or an alias, which is answered under its own name."""
        if index == NO_INDEX and self._firmware.habits.answers_by_index:
            index = self._parameters.names().index(name)
        unsettled, kind = self._unsettled.get(name), self._parameters.definition(name).type
        value = self._parameters[name] if unsettled is None else unsettled.durable
        wire = self._firmware.wire_value(value, kind)
        return dialect.MAVLink_param_value_message(name.encode("ascii"), wire, kind, len(self._parameters), index)

    # --- setting ---------------------------------------------------------------------------------------------------
    def _set(self, requested: str, wire: float, kind: int, peer: Peer) -> None:
        if requested == HASH:  # sent by a station that has all parameters
            self._lists.pop(peer.link, None)
            return
        if requested not in self._parameters:
            self._text(Severity.WARNING, f"Unknown parameter {printable(requested)}", peer.link)
            return
        if len(self._pending) >= PENDING_SETS:
            return
        name = self._parameters.target(requested)
        if self._firmware.habits.sets_by_type and kind != (own := self._parameters.definition(name).type):
            # a PX4 answers nothing and tells only its console (mavlink_parameters.cpp, "param types mismatch")
            self._text(Severity.WARNING, f"{name} not set: type {kind}, not {own:d}", peer.link)
            return
        before = self._parameters[name]
        outcome = self._put(name, requested, self._firmware.value_of(wire, kind))
        now = self._parameters[name]
        if not outcome.accepted or (self._stored.get(name) == now and name not in self._unsettled):
            self._answer(requested, name, peer.link, outcome.warning)
            return
        self._unsettled.setdefault(name, _Unsettled(before)).sets += 1
        ticket = self._journal.submit(SaveParameter(name, now))
        self._submitted(_Pending(ticket, name, now, requested, outcome.warning, peer.link))
        self._settle()

    def _submitted(self, pending: _Pending) -> None:
        self._stored.pop(pending.name, None)
        self._newest[pending.name] = pending.ticket
        self._pending.append(pending)

    def _put(self, name: str, requested: str, value: float) -> SetOutcome:
        """Set a value without announcing it as a change by others."""
        self._setting = name
        try:
            return self._parameters.set(requested, value)
        finally:
            self._setting = None

    def _settle(self) -> None:
        while self._pending and self._pending[0].ticket <= self._journal.durable():
            self._finish(self._pending.popleft())

    def _finish(self, pending: _Pending) -> None:
        name, failure = pending.name, self._journal.failure(pending.ticket)
        if self._newest[name] == pending.ticket:  # of many sets at once the last is told
            if failure is None:
                self._stored[name] = pending.value
            else:
                self._text(Severity.ERROR, f"{name} not stored: {failure}", None)
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
            if not failed and self._firmware.habits.repeats_changes:
                self._again[name] = self._now_ms + AGAIN_MS
        self._answer(pending.requested, name, link, pending.warning)
        if unsettled.sets == 0:
            for requested, index, asker in unsettled.requests:
                self._send_value(requested, index, asker)

    def _answer(self, requested: str, name: str, link: int, warning: str | None) -> None:
        if warning is not None:
            self._text(Severity.WARNING, warning, None)
        if name not in self._unsettled:
            self._out.append(Outgoing(self._value(name)))
        if requested != name:
            # Only the asker knows the alias; other stations would take it for another parameter.
            self._send_value(requested, NO_INDEX, link)

    # --- changes made by others ------------------------------------------------------------------------------------
    def _on_change(self, name: str, value: float) -> None:
        if name == self._setting:
            return
        self._changed[name] = None
        if self._parameters.is_stored(name):
            default = self._parameters.definition(name).default
            ticket = self._journal.submit(SaveParameter(name, None if value == default else value))
            self._submitted(_Pending(ticket, name, value))

    def _repeat(self, now_ms: int) -> None:
        for name in [name for name, due_ms in self._again.items() if due_ms <= now_ms]:
            del self._again[name]
            if name not in self._unsettled:
                self._out.append(Outgoing(self._value(name)))

    def _announce(self) -> None:
        self._out.extend([Outgoing(self._value(name)) for name in self._changed if name not in self._unsettled])
        self._changed.clear()

    def _text(self, severity: Severity, text: str, link: int | None) -> None:
        self._out.append(Outgoing(status_text(severity, text), link))
