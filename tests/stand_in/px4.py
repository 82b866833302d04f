"""The stand-in with PX4's face: its mode encoding, its reposition, takeoff and OFFBOARD. What a real PX4 does beyond
that is not here; nobody has flown Sortie on one."""

from __future__ import annotations

from typing import Any, Final

from autopilot.modes.table import CopterMode
from mavlink_bridge import codec
from mavlink_bridge.codec import dialect
from mavlink_bridge.framing import Frame, FrameReader, FrameWriter
from tests.stand_in.controller import StandIn

_PX4: Final = 12
# (main, sub) and what the simulator does for it
_MODES: Final = {
    (1, 0): CopterMode.STABILIZE, (2, 0): CopterMode.ALT_HOLD, (3, 0): CopterMode.LOITER, (4, 3): CopterMode.GUIDED,
    (4, 4): CopterMode.AUTO, (4, 5): CopterMode.RTL, (4, 6): CopterMode.LAND, (6, 0): CopterMode.GUIDED,
}  # fmt: skip
_OFFBOARD: Final = (6, 0)
_HOLD: Final = (4, 3)
_STREAM_MS: Final = 500  # setpoints must come at least twice a second
_LOSS_MS: Final = 1000  # COM_OF_LOSS_T
_SET_MODE, _TAKEOFF, _REPOSITION, _INTERVAL = 176, 22, 192, 511
_EKF_REPORT, _ESTIMATOR = 193, 230
_TEMPORARILY_REJECTED = 1


class Px4StandIn(StandIn):
    """A copter. `offboard`: in OFFBOARD now; `repositions`: DO_REPOSITIONs taken."""

    def __init__(self, **named: Any) -> None:
        self.offboard = False
        self.repositions = 0
        self._now_ms = 0
        self._targets: list[int] = []  # when setpoints came in
        self._in, self._out = FrameReader(), FrameReader()
        self._own = FrameWriter(1, 1)
        self._extra: list[Any] = []
        super().__init__("copter", **named)

    # --- in -------------------------------------------------------------------------------------------------------
    def receive(self, data: bytes, now_ms: int) -> None:
        self._now_ms = now_ms
        for frame in self._in.receive(data):
            raw = self._translate(frame)
            if raw:
                super().receive(raw, now_ms)

    def _translate(self, frame: Frame) -> bytes:
        message: Any = codec.decode(frame.msg_id, frame.payload)
        name = "" if message is None else message.get_type()
        if name.startswith("SET_POSITION_TARGET"):
            self._targets = [*self._targets[-20:], self._now_ms]
            return frame.raw if self.offboard else b""
        if name not in ("COMMAND_LONG", "COMMAND_INT"):
            return frame.raw
        if message.command == _SET_MODE and not self._enter(message, frame):
            return b""
        if message.command == _TAKEOFF:
            message.param7 -= self._home.alt  # PX4 has it above mean sea level
        elif message.command == _REPOSITION and message.param2 == 1.0:
            self.offboard, self.repositions = False, self.repositions + 1
            message.param1 = -1.0
            if frame.msg_id == 76 and message.param5 != message.param5:  # NaN: stop here
                message.command, message.param1 = 193, 0.0
        elif message.command == _INTERVAL and message.param1 == _ESTIMATOR:
            message.param1 = _EKF_REPORT
        return FrameWriter(frame.system, frame.component).frame(*codec.payload(message))

    def _enter(self, message: Any, frame: Frame) -> bool:
        wanted = int(message.param2), int(message.param3)
        if wanted not in _MODES or (wanted == _OFFBOARD and not self._streamed()):
            self._extra.append(dialect.MAVLink_command_ack_message(
                _SET_MODE, _TEMPORARILY_REJECTED, 0, 0, frame.system, frame.component
            ))  # fmt: skip
            return False
        self.offboard = wanted == _OFFBOARD
        message.param2, message.param3 = float(_MODES[wanted]), 0.0
        return True

    def _streamed(self) -> bool:
        """Setpoints have come for the last second, never more than half a second apart."""
        recent = [when for when in self._targets if self._now_ms - when <= 1100]
        gaps = [b - a for a, b in zip(recent, [*recent[1:], self._now_ms], strict=True)]
        return bool(recent) and self._now_ms - recent[0] >= 900 and max(gaps) <= _STREAM_MS

    def run_to(self, now_ms: int) -> None:
        super().run_to(now_ms)
        self._now_ms = now_ms
        if self.offboard and now_ms - self._targets[-1] > _LOSS_MS:
            self.offboard = False
            self.autopilot.set_mode(CopterMode.LOITER, self.service.now_ms)  # COM_OBL_RC_ACT: POSCTL

    # --- out ------------------------------------------------------------------------------------------------------
    def take(self) -> bytes:
        sent = [self._shown(frame) for frame in self._out.receive(super().take())]
        extra, self._extra = self._extra, []
        return b"".join((*sent, *(self._own.frame(*codec.payload(message)) for message in extra)))

    def _shown(self, frame: Frame) -> bytes:
        message: Any = codec.decode(frame.msg_id, frame.payload)
        if message is None:
            return frame.raw
        if message.get_type() == "HEARTBEAT":
            message.autopilot, message.custom_mode = _PX4, self.custom_mode
        elif message.get_type() == "EKF_STATUS_REPORT":
            message = dialect.MAVLink_estimator_status_message(0, message.flags & 0x3FF, 0, 0, 0, 0, 0, 0, 0, 0)
        return self._own.frame(*codec.payload(message))

    @property
    def custom_mode(self) -> int:
        """As PX4 says it."""
        if self.offboard:
            main, sub = _OFFBOARD
        else:
            main, sub = {mode: pair for pair, mode in _MODES.items() if pair != _OFFBOARD}.get(self.mode, _HOLD)
        return main << 16 | sub << 24
