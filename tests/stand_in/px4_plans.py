"""The mission protocol of the PX4 stand-in.

Source: src/modules/mavlink/mavlink_mission.cpp (1.16). Items are numbered from 0 and there is no home item; one
transfer at a time of all kinds (`_state`; MISSION_COUNT while busy is answered with an error and "WPM: IGN
MISSION_COUNT: Busy"); downloads are asked for one by one in order (`handle_mission_request_both`); items without a
place want MAV_FRAME_MISSION, splines are not known (`parse_mavlink_mission_item`); a reached item is told again each
second, ten times (`send`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mavlink_bridge.wire.codec import dialect

ALL_PLANS = 255
_OF_A_PLAN = frozenset({"MISSION_COUNT", "MISSION_REQUEST_LIST", "MISSION_CLEAR_ALL"})
ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, INVALID_SEQUENCE, DENIED = 0, 1, 2, 3, 13, 14
_TIMEOUT_MS = 5000
_PLACED = (16, 17, 18, 19, 21, 22, 31, 195, 201, 5000, 5001, 5002, 5003, 5004, 5100)
_PLAIN = (20, 93, 112, 114, 115, 177, 178, 179, 181, 183, 189, 193, 197, 206, 211, 530, 2000, 2001, 2500, 2501)
_GLOBAL = (0, 3, 5, 6)
_MISSION_FRAME = 2
NAMES = (
    "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_REQUEST",
    "MISSION_CLEAR_ALL", "MISSION_SET_CURRENT", "MISSION_ACK",
)  # fmt: skip


class Plans:
    """Mission, fence and rally points. `send(message)`, `say(severity, text)`; `changed(kind)` after an upload."""

    def __init__(
        self, send: Callable[[Any], None], say: Callable[[int, str], None], changed: Callable[[int], None]
    ) -> None:
        self._send, self._say, self._changed = send, say, changed
        self.items: dict[int, list[Any]] = {0: [], 1: [], 2: []}
        self.current = 0
        self.busy_refusals = 0
        self._partner: tuple[int, int] | None = None
        self._kind = 0
        self._wanted: list[Any] | None = None  # of an upload that runs
        self._count = self._next = 0
        self._heard_ms = 0
        self._int_mode = False  # MISSION_REQUEST until an item has come as MISSION_ITEM_INT

    def step(self, now_ms: int) -> None:
        if self._partner is not None and now_ms - self._heard_ms > _TIMEOUT_MS:
            self._partner = self._wanted = None
            self._say(2, "Operation timeout")

    def handle(self, message: Any, partner: tuple[int, int], now_ms: int) -> None:
        name = message.get_type()
        if name == "MISSION_SET_CURRENT":
            if message.seq < len(self.items[0]):
                self.current = message.seq
                self._changed(-1)
            else:
                self._say(2, "WPM: WP CURR CMD: Not in list")
            return
        known = (*self.items, ALL_PLANS) if name == "MISSION_CLEAR_ALL" else self.items
        if name in _OF_A_PLAN and message.mission_type not in known:
            self._ack(partner, UNSUPPORTED, message.mission_type)
            return
        busy = self._partner is not None and self._partner != partner
        self._heard_ms = now_ms
        if name == "MISSION_COUNT":
            if busy or (self._partner is not None and message.mission_type != self._kind):
                self._refuse_busy(partner, message.mission_type, "MISSION_COUNT")
            else:
                self._begin_upload(message, partner)
        elif name == "MISSION_REQUEST_LIST":
            if self._partner is not None and (busy or self._wanted is not None or message.mission_type != self._kind):
                self.busy_refusals += 1
                self._say(6, "Mission download request ignored, already active")
                return
            self._partner, self._kind, self._next = partner, message.mission_type, 0
            count = len(self.items[self._kind])
            self._send(dialect.MAVLink_mission_count_message(*partner, count, self._kind))
            if not count:
                self._partner = None
        elif name in ("MISSION_REQUEST_INT", "MISSION_REQUEST"):
            self._give(message, partner)
        elif name == "MISSION_ITEM_INT":
            self._take(message, partner)
        elif name == "MISSION_CLEAR_ALL":
            for kind in (0, 1, 2) if message.mission_type == ALL_PLANS else (message.mission_type,):
                self.items[kind] = []
            self._ack(partner, ACCEPTED, message.mission_type)
            self._changed(0)
        elif name == "MISSION_ACK" and partner == self._partner and self._wanted is None:
            self._partner = None

    def _refuse_busy(self, partner: tuple[int, int], kind: int, what: str) -> None:
        self.busy_refusals += 1
        self._say(2, f"WPM: IGN {what}: Busy")
        self._ack(partner, ERROR, kind)

    def _ack(self, partner: tuple[int, int], result: int, kind: int) -> None:
        self._send(dialect.MAVLink_mission_ack_message(*partner, result, kind))

    def _begin_upload(self, message: Any, partner: tuple[int, int]) -> None:
        self._partner, self._kind, self._count, self._wanted = partner, message.mission_type, message.count, []
        if self._count:
            self._ask()
        else:
            self._finish(partner)

    def _ask(self) -> None:
        assert self._wanted is not None and self._partner is not None
        ask = dialect.MAVLink_mission_request_int_message if self._int_mode else dialect.MAVLink_mission_request_message
        self._send(ask(*self._partner, len(self._wanted), self._kind))

    def _take(self, message: Any, partner: tuple[int, int]) -> None:
        self._int_mode = True
        if self._wanted is None or partner != self._partner:
            return
        if message.seq != len(self._wanted):
            self._ask()
            return
        complaint = _complaint(message)
        if complaint is not None:
            self._partner = self._wanted = None
            self._say(2, "IGN MISSION_ITEM: Busy" if complaint == ERROR else "Mission item not supported")
            self._ack(partner, complaint, self._kind)
            return
        self._wanted.append(message)
        if len(self._wanted) == self._count:
            self._finish(partner)
        else:
            self._ask()

    def _finish(self, partner: tuple[int, int]) -> None:
        assert self._wanted is not None
        self.items[self._kind], self._wanted, self._partner = self._wanted, None, None
        if self._kind == 0:
            self.current = next((item.seq for item in self.items[0] if item.current), 0)
        self._ack(partner, ACCEPTED, self._kind)
        self._changed(self._kind)

    def _give(self, message: Any, partner: tuple[int, int]) -> None:
        if partner != self._partner or self._wanted is not None:
            return
        if message.seq not in (self._next, self._next - 1) or message.seq >= len(self.items[self._kind]):
            self._partner = None
            self._say(2, "WPM: REJ. CMD: Req. WP was unexpected")
            self._ack(partner, ERROR, self._kind)
            return
        self._next = message.seq + 1
        i = self.items[self._kind][message.seq]
        self._send(
            dialect.MAVLink_mission_item_int_message(
                *partner,
                message.seq,
                i.frame,
                i.command,
                int(message.seq == self.current),
                i.autocontinue,
                i.param1,
                i.param2,
                i.param3,
                i.param4,
                i.x,
                i.y,
                i.z,
                self._kind,
            )
        )

    def tell_current(self, state: int, mode: int) -> Any:
        """MISSION_CURRENT."""
        return dialect.MAVLink_mission_current_message(self.current, len(self.items[0]), state, mode, 0, 0, 0)


def _complaint(item: Any) -> int | None:
    if item.command in _PLACED:
        return None if item.frame in _GLOBAL else UNSUPPORTED_FRAME
    if item.command in _PLAIN:
        return None if item.frame == _MISSION_FRAME else UNSUPPORTED
    return UNSUPPORTED
