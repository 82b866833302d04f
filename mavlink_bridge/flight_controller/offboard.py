"""Velocity targets in a mode of their own, as PX4's OFFBOARD (docs/reference/real-vehicles.md, "PX4").

PX4 enters OFFBOARD only after setpoints have arrived for a second, and leaves it when they stop. They are sent ten
times a second. A position ends it: DO_REPOSITION switches to Hold and flies there.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface.targets import Velocity
from autopilot.mav import Cmd
from mavlink_bridge.firmware.setpoints import global_target, velocity_target
from mavlink_bridge.flight_controller.guided_setpoints import VELOCITY_MS, Course, GuidedContext
from mavlink_bridge.routing.service import Message

_STREAM_FIRST_MS: Final = 1000
_GAP_MS: Final = 500
_ASK_AGAIN_MS: Final = 2000


class OffboardStream:
    """Stream of setpoints; it requests the mode (custom_mode; parameters of DO_SET_MODE) after a second."""

    def __init__(self, context: GuidedContext, mode: int, params: tuple[float, float, float]) -> None:
        self._context = context
        self._mode = mode
        self._params = params
        self._last_ms = -_GAP_MS
        self._ask_ms = 0

    def goes_on(self, now_ms: int) -> None:
        """Note a setpoint that is sent now."""
        if now_ms - self._last_ms >= _GAP_MS:
            self._ask_ms = now_ms + _STREAM_FIRST_MS
        self._last_ms = now_ms
        if now_ms >= self._ask_ms and self._context.readings.custom_mode != self._mode:
            self._ask_ms = now_ms + _ASK_AGAIN_MS
            self._context.orders.send(Cmd.DO_SET_MODE, *self._params, moves=True)


class OffboardMove(Course):
    """Course of a velocity, through a position if given, until it is not renewed."""

    interval_ms = VELOCITY_MS

    def __init__(self, context: GuidedContext, target: Velocity, stream: OffboardStream) -> None:
        super().__init__(context, target.yaw)
        self._target = target
        self._stream = stream

    def send(self, now_ms: int) -> list[Message]:
        context, target = self.context, self._target
        self._stream.goes_on(now_ms)
        place = None if target.position is None else context.place(target.position)
        if place is not None:
            return [global_target(context.ids, now_ms, place, context.nose(self.yaw), target.velocity)]
        return [velocity_target(context.ids, now_ms, target.velocity, context.nose(self.yaw))]
