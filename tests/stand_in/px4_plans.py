"""The mission protocol of the PX4 stand-in.

Source: src/modules/mavlink/mavlink_mission.cpp (1.16). Items are numbered from 0 and there is no home item; one
transfer at a time of all kinds (`_state`), and what comes meanwhile is refused as there: a count with an error, a
removal by a text alone; items and downloads go one by one in order; a request is repeated after 250 ms; a mission that
is uploaded again unchanged changes nothing (`_crc32`); items without a place want MAV_FRAME_MISSION
(`parse_mavlink_mission_item`); a reached item is told again each second, ten times (`send`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mavlink_bridge.wire.codec import dialect

ALL_PLANS = 255
ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE = 0, 1, 2, 3, 4
INVALID_PARAM1, CANCELLED = 6, 15
_RETRY_MS, _TIMEOUT_MS = 250, 5000
_PLACED = (16, 17, 19, 21, 22, 31, 80, 84, 85, 195, 201, 4501, 5000, 5001, 5002, 5003, 5004, 5100)
_PLAIN = (
    20, 80, 93, 112, 114, 177, 178, 179, 187, 189, 196, 197, 200, 201, 203, 204, 205, 206, 211, 214, 260, 530, 532, 534,
    1000, 1001, 2000, 2001, 2003, 2500, 2501, 3000, 42600,
)  # fmt: skip
_REGIONS = (80, 201)  # param1 is a MAV_ROI
_GLOBAL, _MISSION_FRAME = (0, 3, 5, 6), 2
_VERTICES = (5001, 5002)
_NOT_OF_A_MISSION = (5001, 5002, 5003, 5004, 5100)
NAMES = (
    "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_REQUEST",
    "MISSION_CLEAR_ALL", "MISSION_SET_CURRENT", "MISSION_ACK",
)  # fmt: skip


class Plans:
    """Mission, fence and rally points. `send(message)`, `say(severity, text)`; `changed(kind)`: a plan has changed, -1:
    another item is current. `busy_refusals`: what came in the midst of another transfer."""

    def __init__(
        self, send: Callable[[Any], None], say: Callable[[int, str], None], changed: Callable[[int], None]
    ) -> None:
        self._send, self._say, self._changed = send, say, changed
        self.items: dict[int, list[Any]] = {0: [], 1: [], 2: []}
        self.current = 0
        self.busy_refusals = 0
        self._partner = (0, 0)
        self._kind = 0
        self._gives = False  # a download runs
        self._wanted: list[Any] | None = None  # of an upload that runs
        self._stored: dict[int, list[tuple[Any, ...]]] = {0: [], 1: [], 2: []}  # as they came
        self._count = self._seq = 0
        self._heard_ms = self._sent_ms = 0
        self._int_mode = False  # as the last request or item

    @property
    def _idle(self) -> bool:
        return self._wanted is None and not self._gives

    def step(self, now_ms: int) -> None:
        if self._idle:
            return
        if now_ms - self._heard_ms > _TIMEOUT_MS:
            self._end()
            self._say(2, "Operation timeout\t")
        elif self._wanted is not None and now_ms - self._sent_ms > _RETRY_MS:
            self._ask(now_ms)

    def handle(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        match message.get_type():
            case "MISSION_SET_CURRENT":
                self._set_current(message.seq)
            case "MISSION_COUNT":
                self._begin(message, partner, now_ms)
            case "MISSION_ITEM_INT":
                self._take(message, partner, now_ms)
            case "MISSION_REQUEST_LIST":
                self._list(message.mission_type, partner, now_ms)
            case "MISSION_REQUEST_INT" | "MISSION_REQUEST" as name:
                self._int_mode = name == "MISSION_REQUEST_INT"
                self._give(message, partner, now_ms)
            case "MISSION_CLEAR_ALL":
                self._clear(message.mission_type, partner)
            case "MISSION_ACK":
                self._hear(message, partner, now_ms)

    def _end(self) -> None:
        self._wanted, self._gives = None, False

    def _ack(self, partner: tuple[int, int], result: int, kind: int) -> None:
        self._send(dialect.MAVLink_mission_ack_message(*partner, result, kind))

    def _refuse_busy(self, text: str, partner: tuple[int, int] | None) -> None:
        """`partner`: who gets an error too."""
        self.busy_refusals += 1
        self._say(2, text)
        if partner is not None:
            self._ack(partner, ERROR, self._kind)

    def _set_current(self, seq: int) -> None:
        if not self._idle:
            self._say(2, "WPM: IGN WP CURR CMD: Busy\t")
        elif seq < len(self.items[0]):
            self.current = seq
            self._changed(-1)
        else:
            self._say(2, "WPM: WP CURR CMD: Not in list\t")

    # --- up -------------------------------------------------------------------------------------------------------
    def _begin(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        if self._gives:
            self._refuse_busy("WPM: IGN MISSION_COUNT: Busy\t", partner)
            return
        self._heard_ms = now_ms
        if self._wanted is None:
            self._partner, self._kind, self._count = partner, message.mission_type, message.count
            if self._count and self._kind not in self.items:
                self._ack(partner, NO_SPACE, self._kind)
                return
            if not self._count:
                self._store(self._kind, [])
                self._ack(partner, ACCEPTED, self._kind)
                return
            self._wanted, self._seq = [], 0
        elif partner != self._partner:
            self.busy_refusals += 1
            self._ack(partner, ERROR, self._kind)
            return
        elif self._wanted:
            self._refuse_busy("WPM: REJ. CMD: Busy\t", partner)
            return
        self._ask(now_ms)

    def _ask(self, now_ms: int) -> None:
        self._sent_ms = now_ms
        ask = dialect.MAVLink_mission_request_int_message if self._int_mode else dialect.MAVLink_mission_request_message
        self._send(ask(*self._partner, self._seq, self._kind))

    def _take(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        self._int_mode = True
        if partner != self._partner:
            self._say(2, "REJ. MIS ITEM: partner id mismatch\t")
        elif message.mission_type != self._kind:
            self._ack(partner, ERROR, self._kind)
        elif self._gives:
            self._refuse_busy("IGN MISSION_ITEM: Busy\t", partner)
        elif self._wanted is not None:
            self._heard_ms = now_ms
            if message.seq == self._seq:
                self._keep(message, partner, now_ms)
        elif self._seq == message.seq + 1:  # its acknowledgement was lost
            self._ack(partner, ACCEPTED, self._kind)
        else:
            self._say(2, "IGN MISSION_ITEM: No transfer\t")
            self._ack(partner, ERROR, self._kind)

    def _keep(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        assert self._wanted is not None
        complaint = _complaint(message)
        if complaint is not None:
            self._end()
            self._say(2, "IGN MISSION_ITEM: Invalid item\t")
            self._ack(partner, complaint, self._kind)
        elif _is_amiss(message):
            self._end()
            self._ack(partner, ERROR, self._kind)
        else:
            self._wanted.append(message)
            self._seq += 1
            if self._seq < self._count:
                self._ask(now_ms)
                return
            wanted = self._wanted
            self._end()
            self._store(self._kind, wanted)
            self._ack(partner, ACCEPTED, self._kind)

    def _store(self, kind: int, items: list[Any]) -> None:
        """Only another plan than the present one changes anything."""
        came = [_identity(item) for item in items]
        if kind not in self.items or (items and came == self._stored[kind]):
            return
        self.items[kind], self._stored[kind] = items, came
        if kind == 0:
            marked = [item.seq for item in items if item.current]
            self.current = marked[-1] if marked else max(min(self.current, len(items) - 1), 0)
        self._changed(kind)

    def _clear(self, kind: int, partner: tuple[int, int]) -> None:
        if not self._idle:
            self._say(2, "WPM: IGN CLEAR CMD: Busy\t")
            return
        self._kind = kind
        for one in self.items if kind == ALL_PLANS else (kind,):
            self._store(one, [])
        self._ack(partner, ACCEPTED, kind)

    # --- down -----------------------------------------------------------------------------------------------------
    def _list(self, kind: int, partner: tuple[int, int], now_ms: int) -> None:
        if self._seq == len(self.items.get(self._kind, ())):  # all was sent, or taken in
            self._end()
        if not self._idle and (self._wanted is not None or (kind, partner) != (self._kind, self._partner)):
            self.busy_refusals += 1
            self._say(6, "Mission download request ignored, already active\t")
            return
        self._gives, self._partner, self._kind, self._seq = True, partner, kind, 0
        self._heard_ms, self._count = now_ms, len(self.items.get(kind, ()))
        self._send(dialect.MAVLink_mission_count_message(*partner, self._count, kind))

    def _give(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        if partner != self._partner:
            self._say(2, "WPM: REJ. CMD: partner id mismatch\t")
        elif self._wanted is not None:
            self._say(2, "WPM: REJ. CMD: Busy\t")
        elif self._gives and message.mission_type == self._kind:
            self._heard_ms = now_ms
            if message.seq not in (self._seq, self._seq - 1) or message.seq >= self._count:
                self._end()
                self._ack(partner, ERROR, self._kind)
                self._say(2, "WPM: REJ. CMD: Req. WP was unexpected\t")
                return
            self._seq = message.seq + 1
            self._send_item(message.seq)

    def _send_item(self, seq: int) -> None:
        i = self.items[self._kind][seq]
        x, y = (i.x, i.y) if self._int_mode or i.frame == _MISSION_FRAME else (i.x / 1e7, i.y / 1e7)
        form = dialect.MAVLink_mission_item_int_message if self._int_mode else dialect.MAVLink_mission_item_message
        current = int(self._kind == 0 and seq == self.current)
        params = (i.param1, i.param2, i.param3, i.param4)
        self._send(
            form(*self._partner, seq, i.frame, i.command, current, i.autocontinue, *params, x, y, i.z, self._kind)
        )

    def _hear(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        if partner != self._partner:
            self._say(2, "REJ. WP CMD: partner id mismatch\t")
        elif self._gives and message.mission_type == self._kind:
            self._end()
        elif self._wanted is not None and message.type == UNSUPPORTED:
            self._int_mode = not self._int_mode
            self._ask(now_ms)
        elif self._wanted is not None and message.type == CANCELLED:
            self._end()

    def tell_current(self) -> Any:
        """MISSION_CURRENT; 1.16 tells neither the mission's state nor whether it is flown."""
        return dialect.MAVLink_mission_current_message(self.current, len(self.items[0]) or 65535, 0, 0, 0, 0, 0)


def _identity(i: Any) -> tuple[Any, ...]:
    """What its checksum is of; NaN is equal to itself."""
    return tuple(map(str, (i.frame, i.command, i.autocontinue, i.param1, i.param2, i.param3, i.param4, i.x, i.y, i.z)))


def _complaint(item: Any) -> int | None:
    if item.frame not in (*_GLOBAL, _MISSION_FRAME):
        return UNSUPPORTED_FRAME
    known, regions = (_PLAIN, (0, 1, 2)) if item.frame == _MISSION_FRAME else (_PLACED, (0, 3))
    if item.command in _REGIONS and item.param1 not in regions:
        return INVALID_PARAM1
    return None if item.command in known else UNSUPPORTED


def _is_amiss(item: Any) -> bool:
    """An item of another kind of plan, or an area with too few corners."""
    in_mission = item.mission_type == 0 and item.command in _NOT_OF_A_MISSION
    return in_mission or (item.mission_type == 1 and item.command in _VERTICES and item.param1 < 3)
