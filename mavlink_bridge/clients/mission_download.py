"""Client that downloads a plan (https://mavlink.io/en/services/mission.html)."""

from __future__ import annotations

from dataclasses import replace

from autopilot.interface.geo import GeoPoint
from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.base import PATIENT, Client, Retry, Target
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.mission.convert import read_item
from mavlink_bridge.wire.codec import dialect

_MAX_RESTARTS = 5


class MissionDownload(Client):
    """Client that requests the count, then the items, and sends the acknowledgement.

    `window`: items requested at a time (None: as many as the firmware allows). Without MISSION_REQUEST_INT it uses
    MISSION_REQUEST. A plan that changes meanwhile (other count, checksum, or an item past the end) is downloaded again,
    so the result is never a mixture. `items`: the plan without a mission's home item, which is `home`. `plan_id`:
    checksum.
    """

    handles = frozenset(("MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_ACK"))
    outcome: TransferOutcome | None
    silence = TransferOutcome.TIMEOUT

    def __init__(
        self, target: Target, *, kind: int = MissionType.MISSION, window: int | None = None, retry: Retry = PATIENT
    ) -> None:
        super().__init__(target, retry)
        self.kind = kind
        self.plan_id = 0
        self.home: GeoPoint | None = None
        self._window = target.firmware.habits.download_window if window is None else window
        self.total: int | None = None
        """Announced number of items, home included; None before the answer."""
        self._received: dict[int, MissionItem] = {}
        self._pending: dict[int, int] = {}  # requested items that have not arrived: time of the next request, ms
        self._next = 0
        self._use_int = True
        self._restarts = 0
        self._denied = False

    @property
    def items(self) -> tuple[MissionItem, ...]:
        """Items in order; complete with ACCEPTED."""
        received = (self._received[seq] for seq in sorted(self._received))
        if self.kind != MissionType.MISSION:
            return tuple(received)
        firmware = self.target.firmware
        return tuple(
            replace(firmware.item_from(item), seq=firmware.seq_of(item.seq))
            for item in received
            if firmware.seq_of(item.seq) > 0
        )

    def next_deadline_ms(self) -> int | None:
        return self._due_ms if self.done or not self._pending else min(self._pending.values())

    def handle_timeout(self, now_ms: int) -> None:
        """Request again what has not arrived."""
        if self.total is None or self.done:
            super().handle_timeout(now_ms)
            return
        overdue = [seq for seq, due_ms in self._pending.items() if now_ms >= due_ms]
        if not overdue:
            return
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._sends_in_row += 1
            self._due_ms = now_ms + self.retry.interval_ms
        if self._sends_in_row > self.retry.attempts:
            self._time_out()
            return
        for seq in overdue:
            self.repeats += 1
            self._ask_item(seq, now_ms)

    def _handle(self, message: Message, now_ms: int) -> None:
        if message.mission_type != self.kind:
            return
        name = message.get_type()
        if name == "MISSION_COUNT":
            self._handle_count(message, now_ms)
        elif name == "MISSION_ACK":
            self._handle_ack(message, now_ms)
        else:
            self._handle_item(message, now_ms)

    def _handle_count(self, message: Message, now_ms: int) -> None:
        plan_id = getattr(message, "opaque_id", 0)
        if self.total is None:
            self.total, self.plan_id = message.count, plan_id
            self._progress(now_ms)
            self._go_on(now_ms)
        elif (message.count, plan_id) != (self.total, self.plan_id):
            self._restart(now_ms)

    def _handle_item(self, message: Message, now_ms: int) -> None:
        if self._pending.pop(message.seq, None) is None:
            return
        item = read_item(message, self.kind)
        self._received[message.seq] = item
        if self.kind == MissionType.MISSION and self.target.firmware.seq_of(message.seq) == 0:
            self.home = GeoPoint(item.x, item.y, item.z)
        self._progress(now_ms)
        self._go_on(now_ms)

    def _handle_ack(self, message: Message, now_ms: int) -> None:
        result = TransferOutcome.of(message.type)
        if result is TransferOutcome.UNSUPPORTED and self._use_int and self.total:
            self._use_int = False
            for seq in list(self._pending):
                self._ask_item(seq, now_ms)
        elif result is TransferOutcome.INVALID_SEQUENCE:
            # after MISSION_REQUEST_INT the vehicle also sends its new count, which is clearer
            if self.total is not None and not self._use_int:
                self._restart(now_ms)
        elif result is TransferOutcome.DENIED and self.total is None:
            self._denied = True  # busy with an upload: keep asking until it ends
        elif result is not TransferOutcome.ACCEPTED:
            self._end(result)

    def _go_on(self, now_ms: int) -> None:
        count = self.total or 0
        while self._next < count and len(self._pending) < self._window:
            self._ask_item(self._next, now_ms)
            self._next += 1
        if len(self._received) == count:
            self._send(dialect.MAVLink_mission_ack_message(*self._to, 0, self.kind))
            self._end(TransferOutcome.ACCEPTED)

    def _restart(self, now_ms: int) -> None:
        self._restarts += 1
        if self._restarts > _MAX_RESTARTS:
            self._end(TransferOutcome.PLAN_CHANGED)
            return
        self.total = None
        self._next = 0
        self._received.clear()
        self._pending.clear()
        self.start(now_ms)

    def _ask_item(self, seq: int, now_ms: int) -> None:
        make = dialect.MAVLink_mission_request_int_message if self._use_int else dialect.MAVLink_mission_request_message
        self._pending[seq] = now_ms + self.retry.interval_ms
        self._send(make(*self._to, seq, self.kind))

    def _repeat(self) -> None:
        self._send(dialect.MAVLink_mission_request_list_message(*self._to, self.kind))

    def _time_out(self) -> None:
        self._end(TransferOutcome.DENIED if self._denied and self.total is None else self.silence)
