"""What Sortie learns from conversations of ground stations with the controller that only pass through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.mav import Cmd, MissionResult, Result
from mavlink_bridge import codec
from mavlink_bridge.codec import id_of, ids_of
from mavlink_bridge.flight_controller.message_ownership import ends_writing, plan_written
from mavlink_bridge.flight_controller.motors import Motors
from mavlink_bridge.framing import Frame

_COMMANDS: Final = ids_of("COMMAND_INT", "COMMAND_LONG")
_COMMAND_ACK: Final = id_of("COMMAND_ACK")
_MISSION_ACK: Final = id_of("MISSION_ACK")
_MOST_ASKERS: Final = 64


class TrafficMonitor:
    """Tells `motors` that they were armed, and `plan_changed(kind)` that the controller has another plan of its own
    (MAV_MISSION_TYPE)."""

    def __init__(self, motors: Motors) -> None:
        self._motors = motors
        self._arms: dict[tuple[int, int], bool] = {}  # who has asked to arm (True) or to disarm, without an answer yet
        self._written: set[int] = set()  # plans that a station writes by file transfer now
        self.started = False
        """A station has armed the vehicle; whoever acts on it forgets it."""
        self.plan_changed: Callable[[int], None] = lambda kind: None

    def from_ground(self, frame: Frame) -> None:
        """This goes to the controller."""
        if frame.msg_id in _COMMANDS:
            message = codec.decode(frame.msg_id, frame.payload)
            if message is not None and message.command == Cmd.COMPONENT_ARM_DISARM:
                if len(self._arms) >= _MOST_ASKERS:
                    self._arms.clear()
                self._arms[frame.system, frame.component] = message.param1 == 1.0
            return
        kind = plan_written(frame)
        if kind is not None:
            self._written.add(kind)
        elif self._written and ends_writing(frame):
            for written in self._written:
                self.plan_changed(written)
            self._written.clear()

    def from_controller(self, frame: Frame, asker: tuple[int, int]) -> None:
        """This was said by the controller to `asker` (system, component)."""
        if frame.msg_id == _COMMAND_ACK:
            self._follow_arming(frame, asker)
        elif frame.msg_id == _MISSION_ACK:
            message = codec.decode(frame.msg_id, frame.payload)
            if message is not None and message.type == MissionResult.ACCEPTED:
                self.plan_changed(message.mission_type)

    def _follow_arming(self, frame: Frame, asker: tuple[int, int]) -> None:
        """The controller's answer to a station's arm counts at once: the next HEARTBEAT may be a second away, and the
        station may start the mission before."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is not None and message.command == Cmd.COMPONENT_ARM_DISARM and message.result != Result.IN_PROGRESS:
            armed = self._arms.pop(asker, None)
            if armed is not None and message.result == Result.ACCEPTED:
                self.started = armed
                self._motors.set_armed(armed)
