"""LANDING_TARGET, vehicle side (https://mavlink.io/en/services/landing_target.html).

A companion's message is used if PLND_TYPE is 1, as in ArduPilot's AC_PrecLand_MAVLink. With position_valid it has a
direction and a distance above 0, else two angles from the centre of an image that looks straight down, with the
distance if it is above 0. The frame is MAV_FRAME_BODY_FRD of a sensor that tilts with the vehicle, or LOCAL_FRD of one
that stays level. Messages in other frames are dropped with one warning, because angles read in a wrong frame lead away
from the target. Messages with NaN or infinity are dropped.

REQUEST_MESSAGE of LANDING_TARGET is answered with what the simulated sensor (SIM_PLD_ENABLE) sees now, one message per
pad, or FAILED if it sees none. Developers of companions can compare with it.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Final

from autopilot.interface.mathematics import atan, hypot, tan
from autopilot.mav import Frame, LandingTargetType
from autopilot.precision.lander import PrecisionLanding, SeesPads
from autopilot.precision.tracker import Look
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.wire.codec import dialect, id_of

LANDING_TARGET: Final = id_of("LANDING_TARGET")
_FRAMES: Final = {Frame.BODY_FRD: True, Frame.LOCAL_FRD: False}
_Q_UNKNOWN: Final = [0.0, 0.0, 0.0, 0.0]


def look_of(message: Message) -> Look | None:
    """Direction in a LANDING_TARGET; None: invalid, or in an unsupported frame."""
    numbers = (message.angle_x, message.angle_y, message.distance, message.x, message.y, message.z)
    if not all(isfinite(number) for number in numbers) or message.distance < 0.0:
        return None
    body = _FRAMES.get(message.frame)
    if body is None:
        return None
    if not message.position_valid:
        return Look((-tan(message.angle_y), tan(message.angle_x), 1.0), body, message.distance)
    return Look((message.x, message.y, message.z), body, message.distance) if message.distance > 0.0 else None


def message_of(look: Look, number: int, time_us: int, *, placed: bool = True) -> Message:
    """LANDING_TARGET of a look in the body frame. `placed`: with a position, else only angles and distance."""
    forward, right, down = look.direction
    size = hypot(forward, right, down)
    x, y, z = (look.distance_m * part / size * placed for part in look.direction)
    return dialect.MAVLink_landing_target_message(
        time_us,
        number,
        Frame.BODY_FRD,
        atan(right / down),
        -atan(forward / down),
        look.distance_m,
        0.0,
        0.0,
        x,
        y,
        z,
        _Q_UNKNOWN,
        LandingTargetType.LIGHT_BEACON,
        placed,
    )


class LandingTargetService:
    """Service of LANDING_TARGET. `vehicle`: used if it is a simulated one. `answers`: messages on request, by id."""

    clock: Clock = "vehicle"
    handles = frozenset({"LANDING_TARGET"})

    def __init__(
        self,
        listener: PrecisionLanding,
        vehicle: object,
        answers: dict[int, Callable[[float], Sequence[Message]]],
        now_us: Callable[[], int],
    ) -> None:
        self._listener = listener
        self._now_us = now_us
        if isinstance(vehicle, SeesPads):
            self._pads = vehicle
            answers[LANDING_TARGET] = self._landing_targets

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take a LANDING_TARGET; it is not acknowledged."""
        if message.frame not in _FRAMES:
            self._listener.refuse_frame()
            return
        look = look_of(message)
        if look is not None:
            self._listener.hear((look,), now_ms)

    def _landing_targets(self, _: float) -> Sequence[Message]:
        looks = self._pads.see_pads()
        return [message_of(look, number, self._now_us()) for number, look in enumerate(looks)]
