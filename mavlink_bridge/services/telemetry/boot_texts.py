"""ArduPilot's texts at start, which scripts and users wait for before they arm: "ArduPilot Ready", "EKF3 IMU0 is using
GPS" (the console of ArduCopter 4.6 SITL). ArduPilot SITL delays its start until the first connection; this vehicle runs
before a station connects, so each new link gets the earlier texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.mav import Severity
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import status_text


def _at_once(facts: VehicleFacts) -> bool:
    return True


def _has_origin(facts: VehicleFacts) -> bool:
    return facts.vehicle.origin is not None


def _elevation(facts: VehicleFacts) -> str:
    origin = facts.vehicle.origin
    assert origin is not None, "asked for once there is one"
    return f"Field Elevation Set: {origin.alt:.0f}m"


Occasion = Callable[[VehicleFacts], bool]
LINES: Final[tuple[tuple[Occasion, str | Callable[[VehicleFacts], str]], ...]] = (
    (_at_once, "Barometer 1 calibration complete"),
    (_at_once, "ArduPilot Ready"),
    (_at_once, "EKF3 IMU0 initialised"),
    (_at_once, "AHRS: EKF3 active"),
    (_at_once, "EKF3 IMU0 tilt alignment complete"),
    (_at_once, "EKF3 IMU0 MAG0 initial yaw alignment complete"),
    (lambda facts: facts.param("GPS1_TYPE", 1.0) != 0.0, "GPS 1: detected u-blox"),
    (_has_origin, "EKF3 IMU0 origin set"),
    (_has_origin, _elevation),
    (lambda facts: facts.has_position, "EKF3 IMU0 is using GPS"),
)
"""Texts of the start and the condition of each; a text waits for those above it."""


class BootTexts:
    """Boot texts and how many of them each link has received."""

    def __init__(self, facts: VehicleFacts) -> None:
        self._facts = facts
        self._texts: list[str] = []
        self._sent: dict[int, int] = {}
        self.complete = False
        """True when all links have received all texts."""

    def open_link(self, link: int) -> None:
        self._sent[link] = 0
        self.complete = False

    def link_closed(self, link: int) -> None:
        self._sent.pop(link, None)

    def due(self) -> list[tuple[int, Message]]:
        new: list[tuple[int, Message]] = []
        if self.complete:
            return new
        while len(self._texts) < len(LINES) and LINES[len(self._texts)][0](self._facts):
            line = LINES[len(self._texts)][1]
            self._texts.append(line if isinstance(line, str) else line(self._facts))
        for link, sent in self._sent.items():
            self._sent[link] = len(self._texts)
            new += [(link, status_text(Severity.INFO, line)) for line in self._texts[sent:]]
        self.complete = len(self._texts) == len(LINES)
        return new
