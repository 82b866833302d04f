"""State of the link to a controller: loss, restart, and whether the requested streams arrive."""

from __future__ import annotations

from typing import Final

from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from mavlink_bridge.flight_controller.news import VehicleNews
from mavlink_bridge.flight_controller.streams import StreamKeeper
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec

_SILENCE_MS: Final = 5000
_RESTART_MS: Final = 2000
_TURN_MS: Final = 60_000
_FORGOT_MS: Final = 1000


class LinkState:
    """Link state. `lost`: silent for 5 s. `back`: heard again, but no HEARTBEAT has shown yet who has the vehicle.
    `restarts`: number of restarts; a method that detects one returns True."""

    def __init__(self, streams: StreamKeeper, news: VehicleNews) -> None:
        self.streams = streams
        self._news = news
        self.lost = False
        self.back = False
        self.restarts = 0
        self._heard_ms: int | None = None
        self.boot_ms: int | None = None
        """Last time of the controller's own clock, ms."""
        self.stopped_in_air_ms: int | None = None  # its motors stopped in the air, which may be a restart

    @property
    def heard(self) -> bool:
        """True once the controller has been heard."""
        return self._heard_ms is not None

    def hear(self, now_ms: int) -> None:
        """Note a message of the controller."""
        if self.lost:
            self.lost = False
            self.back = True
            self._news.events |= VehicleEvent.LINK_OK
            self._news.warn("Link to the flight controller is back")
            self.streams.renew(now_ms)
        self._heard_ms = now_ms

    def settled(self) -> bool:
        """Note a HEARTBEAT, which shows who has the vehicle. True if that was unknown."""
        back, self.back = self.back, False
        return back

    def step(self, now_ms: int) -> bool:
        """True once when it has been silent for too long."""
        if self.lost or self._heard_ms is None or now_ms - self._heard_ms < _SILENCE_MS:
            return False
        self.lost = True
        self._news.events |= VehicleEvent.LINK_LOST
        self._news.say(Severity.CRITICAL, "Link to the flight controller lost")
        return True

    @property
    def deadline_ms(self) -> int | None:
        return None if self._heard_ms is None or self.lost else self._heard_ms + _SILENCE_MS

    # --- restarts -------------------------------------------------------------------------------------------------
    def restarted_by_clock(self, message: Message, now_ms: int) -> bool:
        """True if the controller's clock went back, except after 49.7 days, when its 32 bits overflow."""
        boot_ms = getattr(message, "time_boot_ms", None)
        if boot_ms is None:
            return False
        before_ms = boot_ms if self.boot_ms is None else self.boot_ms
        restarted = boot_ms + _RESTART_MS < before_ms and codec.boot_ms(boot_ms - before_ms) > _TURN_MS
        if restarted:
            self._begin_anew(now_ms)
        self.boot_ms = boot_ms
        return restarted

    def restarted_by_silence(self, now_ms: int) -> bool:
        """True if the motors stopped in the air and no streams arrive while HEARTBEATs do. The new clock may have
        overtaken the old one by the time streams have been requested again."""
        stopped_ms = self.stopped_in_air_ms
        if stopped_ms is None or now_ms - stopped_ms < _FORGOT_MS:
            return False
        self.stopped_in_air_ms = None
        if not self.streams.silent_since(stopped_ms):
            return False
        self._begin_anew(now_ms)
        return True

    def _begin_anew(self, now_ms: int) -> None:
        self.restarts += 1
        self.boot_ms = self.stopped_in_air_ms = None
        self.streams.renew(now_ms)
