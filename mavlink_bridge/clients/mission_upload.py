"""Clients that upload or clear a plan and set its current item (https://mavlink.io/en/services/mission.html)."""

from __future__ import annotations

from collections.abc import Sequence

from autopilot.interface.geo import GeoPoint
from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.base import PATIENT, Client, Retry, Target
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect

_SHORT = Retry(interval_ms=250, attempts=10)


class MissionUpload(Client):
    """Client that announces a plan, sends each requested item, and ends with the vehicle's acknowledgement.

    A mission is sent in the form of the vehicle's firmware; for ArduPilot it begins with a home item (`home` None:
    zeros, as the vehicle keeps its own home). Without an answer the announcement is repeated until the first request,
    then the item with the highest number, which recovers a lost item and a lost acknowledgement. INVALID_SEQUENCE is
    ignored while items are sent, because ArduPilot answers duplicates with it.

    `current`: item (home is 0) with which some vehicles continue in flight. `plan_id`: the vehicle's checksum of the
    plan (0: none). `sent`: number of different items sent.
    """

    handles = frozenset(("MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK"))
    outcome: TransferOutcome | None
    silence = TransferOutcome.TIMEOUT

    def __init__(
        self,
        target: Target,
        items: Sequence[MissionItem],
        *,
        kind: int = MissionType.MISSION,
        home: GeoPoint | None = None,
        retry: Retry = PATIENT,
        float_items: bool = False,
        current: int | None = None,
    ) -> None:
        super().__init__(target, retry)
        self.kind = kind
        self.plan_id = 0
        self.sent = 0
        self._items = target.firmware.mission_to(items, home) if kind == MissionType.MISSION else tuple(items)
        self._peer = Peer(target.link or 0, target.system, target.component)
        self._float_items = float_items
        self._current = None if current is None else target.firmware.wire_seq(current)

    @property
    def total(self) -> int:
        """Number of items, home included."""
        return len(self._items)

    def cancel(self) -> None:
        """Tell the vehicle that the upload is cancelled; it keeps its old plan."""
        if not self.done:
            result = TransferOutcome.OPERATION_CANCELLED
            self._send(dialect.MAVLink_mission_ack_message(*self._to, int(result), self.kind))
            self._end(TransferOutcome.CANCELLED)

    def _send_item(self, seq: int) -> None:
        item = self._items[seq]
        self._send(
            write_item(item, self.kind, seq, self._peer, as_int=not self._float_items, current=seq == self._current)
        )

    def _handle(self, message: Message, now_ms: int) -> None:
        if message.mission_type != self.kind:
            return
        if message.get_type() == "MISSION_ACK":
            self._handle_ack(message, now_ms)
        elif message.seq < len(self._items):
            self.sent = max(self.sent, message.seq + 1)
            self._send_item(message.seq)
            self._progress(now_ms)

    def _handle_ack(self, message: Message, now_ms: int) -> None:
        result = TransferOutcome.of(message.type)
        if result is TransferOutcome.INVALID_SEQUENCE and self.sent:
            return
        if result is not TransferOutcome.ACCEPTED:
            self._end(result)
        elif self.sent == len(self._items):
            self.plan_id = getattr(message, "opaque_id", 0)
            self._end(result)
        elif self.sent:
            self._end(TransferOutcome.ACK_TOO_EARLY)
        # before the first request it belongs to an earlier transfer

    def _repeat(self) -> None:
        if self.sent == 0:
            self._send(dialect.MAVLink_mission_count_message(*self._to, self.total, self.kind))
        else:  # the furthest one, not the last asked for: a request may have come late
            self._send_item(self.sent - 1)


class MissionClear(Client):
    """Client that clears a plan; `kind` 255: mission, fence and rally points."""

    handles = frozenset(("MISSION_ACK",))
    outcome: TransferOutcome | None
    silence = TransferOutcome.TIMEOUT

    def __init__(self, target: Target, *, kind: int = MissionType.MISSION, retry: Retry = PATIENT) -> None:
        super().__init__(target, retry)
        self.kind = kind

    def _handle(self, message: Message, now_ms: int) -> None:
        if message.mission_type == self.kind:
            self._end(TransferOutcome.of(message.type))

    def _repeat(self) -> None:
        self._send(dialect.MAVLink_mission_clear_all_message(*self._to, self.kind))


class SetCurrent(Client):
    """Client of MISSION_SET_CURRENT (`seq`: home is 0), which ends when MISSION_CURRENT has this number. A vehicle that
    refuses does not answer, or sends MISSION_ACK."""

    handles = frozenset(("MISSION_CURRENT", "MISSION_ACK"))
    outcome: TransferOutcome | None
    silence = TransferOutcome.TIMEOUT

    def __init__(self, target: Target, seq: int, *, retry: Retry = _SHORT) -> None:
        super().__init__(target, retry)
        self._wire_seq = target.firmware.wire_seq(seq)

    def _handle(self, message: Message, now_ms: int) -> None:
        if message.get_type() == "MISSION_CURRENT":
            if message.seq == self._wire_seq:
                self._end(TransferOutcome.ACCEPTED)
        elif message.type != TransferOutcome.ACCEPTED and message.mission_type == MissionType.MISSION:
            self._end(TransferOutcome.of(message.type))

    def _repeat(self) -> None:
        self._send(dialect.MAVLink_mission_set_current_message(*self._to, self._wire_seq))
