"""Motors of a controller: arming and disarming, and their state with that of the landing detector."""

from __future__ import annotations

from typing import Final

from autopilot.interface import report as R
from autopilot.interface.layout import IN_AIR, LANDING, ON_GROUND, TAKING_OFF
from autopilot.interface.targets import Land
from autopilot.interface.vehicle import Request, VehicleEvent
from autopilot.mav import Cmd
from mavlink_bridge.flight_controller.link_state import LinkState
from mavlink_bridge.flight_controller.news import VehicleNews
from mavlink_bridge.flight_controller.orders import ARMING
from mavlink_bridge.flight_controller.questions import HomeQuestion
from mavlink_bridge.flight_controller.steering import Steering

_FORCE: Final = 21196.0
_IN_AIR: Final = (IN_AIR, TAKING_OFF, LANDING)
_BELIEVED: Final = 3
"""HEARTBEATs with stopped motors in the air before they are believed without a new landed state. A count, not a time,
because messages arrive in order but may be late."""


class Motors:
    """Motors of one controller. `reported`: a HEARTBEAT has shown whether they are armed.

    A controller stops its motors right after the landing, and reports both in separate messages; the landing
    (EXTENDED_SYS_STATE) may come a second later. So motors that seem to stop in the air are judged by the next landed
    state.
    """

    def __init__(self, steering: Steering, link: LinkState, home: HomeQuestion, news: VehicleNews) -> None:
        self._steering = steering
        self._readings = steering.context.readings
        self._orders = steering.context.orders
        self._flies = steering.context.flies
        self._words = steering.context.firmware.words
        self._link = link
        self._home = home
        self._news = news
        self._orders_sent: list[tuple[Request, bool]] = []
        self.holds_news = False
        """True if the motors have stopped and the core does not know it yet."""
        self._open = 0  # reports of stopped motors while the last landed state is "in the air"
        self.reported = False

    # --- orders ---------------------------------------------------------------------------------------------------
    def arm(self, force: bool) -> Request:
        return self._ask(True, force, self._words.arm)

    def disarm(self, force: bool) -> Request:
        if not force and self._flies and self._readings.report[R.LANDED_STATE] in _IN_AIR:
            return Request.refused("not landed")
        return self._ask(False, force, self._words.disarm)

    def _ask(self, arm: bool, force: bool, prefixes: tuple[str, ...]) -> Request:
        if self._link.lost:
            return Request.refused("no link to the flight controller")
        order = self._orders.send(
            Cmd.COMPONENT_ARM_DISARM, float(arm), _FORCE if force else 0.0, retry=ARMING, prefixes=prefixes, moves=arm
        )
        self._orders_sent.append((order, arm))
        return order

    def settle(self) -> None:
        """Handle an order that has ended."""
        for entry in [entry for entry in self._orders_sent if entry[0].done]:
            self._orders_sent.remove(entry)
            if entry[0].ok:
                self._set(entry[1])

    # --- messages of the controller -----------------------------------------------------------------------------
    def heartbeat(self, armed: bool, now_ms: int) -> None:
        self.reported = True
        if self._is_stop_in_air(armed) and not self._open:
            self._link.stopped_in_air_ms = now_ms
        self.set_armed(armed)

    def set_armed(self, armed: bool) -> None:
        """Handle an armed state, by a HEARTBEAT or an answer to any station."""
        if self._is_stop_in_air(armed):
            self._open += 1
            if self._open < _BELIEVED:
                return
        self._set(armed)

    def _is_stop_in_air(self, armed: bool) -> bool:
        r = self._readings.report
        return self._flies and not armed and bool(r[R.ARMED]) and r[R.LANDED_STATE] != ON_GROUND

    def _set(self, armed: bool) -> None:
        """Set the armed state. The core learns of a landing first and of the motors one pass later; otherwise it would
        treat the flight as broken off."""
        r = self._readings.report
        self._open = 0
        if armed == bool(r[R.ARMED]):
            self.holds_news = False
        elif armed:
            self._home.moved()  # home moves to the place of arming
            r[R.ARMED] = 1.0
            self._news.events |= VehicleEvent.ARMED
        elif self._news.events & VehicleEvent.LANDED:
            self.holds_news = True
        else:
            r[R.ARMED] = 0.0
            self._news.events |= VehicleEvent.DISARMED

    def landed_state_changed(self, before: float) -> None:
        """Handle a landed state. `before`: the last one (MAV_LANDED_STATE)."""
        now = float(self._readings.report[R.LANDED_STATE])
        if self._flies and now != before:
            self._landed_changed(before, now)
        if self._open:
            self._set(False)

    def _landed_changed(self, before: float, now: float) -> None:
        if now == ON_GROUND:
            self._news.events |= VehicleEvent.LANDED
            if isinstance(self._steering.target, Land):
                self._news.events |= VehicleEvent.ARRIVED
                self._readings.report[R.ARRIVED] = 1.0
        elif before == ON_GROUND:
            self._news.events |= VehicleEvent.LIFTOFF

    # --- events for the core --------------------------------------------------------------------------------------
    def take_events(self) -> VehicleEvent:
        """Take the events that have happened, with a held-back disarming after its landing."""
        bits, self._news.events = self._news.events, 0
        if self.holds_news and not bits & VehicleEvent.LANDED:
            self.holds_news = False
            self._readings.report[R.ARMED] = 0.0
            bits |= VehicleEvent.DISARMED
        return VehicleEvent(bits)
