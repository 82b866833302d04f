"""Simulated sensors beside a controller: aircraft as ADSB_VEHICLE, obstacles as OBSTACLE_DISTANCE, landing pads as
LANDING_TARGET, on its link (ArduPilot: ADSB_TYPE 1, PRX1_TYPE 2, PLND_TYPE 1).

A pad is sent as two angles, because PX4 accepts only positions in its own frame.

Clock: vehicle time.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from autopilot.context.turns import next_multiple
from autopilot.interface.obstacles import SeesObstacles
from autopilot.interface.traffic import HearsTraffic
from autopilot.precision.lander import SeesPads
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Speaker, WithoutMessages
from mavlink_bridge.services.landing_target.service import message_of
from mavlink_bridge.services.proximity import obstacle_message
from mavlink_bridge.services.traffic import adsb_message


class SensingBody(HearsTraffic, SeesObstacles, Protocol):
    """Body with a receiver of other aircraft and an obstacle sensor; either may be missing."""


class OnboardSensors(WithoutMessages, Speaker):
    """Service that sends the sensors' readings at their periods."""

    clock: Clock = "vehicle"

    def __init__(self, body: SensingBody) -> None:
        self._body = body
        periods = [(body.traffic_period_ms, self._traffic), (body.scan_period_ms, self._obstacles)]
        if isinstance(body, SeesPads):
            periods.append((body.pads_period_ms, partial(self._landing_targets, body)))
        self._looks = [(period_ms, look) for period_ms, look in periods if period_ms]
        self._due_ms = [period_ms for period_ms, _ in self._looks]
        super().__init__()

    def _traffic(self, now_ms: int) -> list[Message]:
        return [adsb_message(contact, now_ms) for contact in self._body.hear_traffic(now_ms)]

    def _obstacles(self, now_ms: int) -> list[Message]:
        return [obstacle_message(self._body.scan_obstacles(now_ms), 1000 * now_ms)]

    def _landing_targets(self, body: SeesPads, now_ms: int) -> list[Message]:
        return [message_of(look, number, 1000 * now_ms, placed=False) for number, look in enumerate(body.see_pads())]

    def handle_timeout(self, now_ms: int) -> None:
        for k, (period_ms, look) in enumerate(self._looks):
            if now_ms >= self._due_ms[k]:
                self._due_ms[k] = next_multiple(now_ms, period_ms)
                self._out += [Outgoing(message) for message in look(now_ms)]

    def next_deadline_ms(self) -> int | None:
        return min(self._due_ms, default=None)
