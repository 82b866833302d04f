"""State of the link to a controller: heard, silent, restarted, and whether the streams come that were asked for."""

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
    """`lost`: silent for 5 s. `back`: it is heard again, and no HEARTBEAT has told yet whose the vehicle is now.
    `restarts` counts; a method that notices one says True."""

    def __init__(self, streams: StreamKeeper, news: VehicleNews) -> None:
        self.streams = streams
        self._news = news
        self.lost = False
        self.back = False
        self.restarts = 0
        self._heard_ms: int | None = None
        self.boot_ms: int | None = None
        """The controller's own clock as last heard."""
        self._stopped_in_air_ms: int | None = None  # its motors stopped in the air: is that a restart?

    @property
    def heard(self) -> bool:
        """True when the controller has been heard since the start."""
        return self._heard_ms is not None

    def hear(self, now_ms: int) -> None:
        """Note that the controller has been heard."""
        if self.lost:
            self.lost = False
            self.back = True
            self._news.events |= VehicleEvent.LINK_OK
            self._news.warn("Link to the flight controller is back")
            self.streams.renew(now_ms)
        self._heard_ms = now_ms

    def settled(self) -> bool:
        """A HEARTBEAT has told whose the vehicle is. True when that was open."""
        back, self.back = self.back, False
        return back

    def step(self, now_ms: int) -> bool:
        """True when it has been silent for too long, once."""
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
        """The controller's clock going back is a restart, but for its 32 bits being full (after 49.7 days)."""
        boot_ms = getattr(message, "time_boot_ms", None)
        if boot_ms is None:
            return False
        before_ms = boot_ms if self.boot_ms is None else self.boot_ms
        restarted = boot_ms + _RESTART_MS < before_ms and codec.boot_ms(boot_ms - before_ms) > _TURN_MS
        if restarted:
            self._begin_anew(now_ms)
        self.boot_ms = boot_ms
        return restarted

    def stopped_in_air(self, now_ms: int) -> None:
        """Note that the motors have stopped in the air."""
        self._stopped_in_air_ms = now_ms

    def restarted_by_silence(self, now_ms: int) -> bool:
        """Motors that stop in the air and streams that stay away while HEARTBEATs come are a restart too. Its clock may
        have overtaken the old one by the time the streams have been asked for again."""
        stopped_ms = self._stopped_in_air_ms
        if stopped_ms is None or now_ms - stopped_ms < _FORGOT_MS:
            return False
        self._stopped_in_air_ms = None
        if not self.streams.silent_since(stopped_ms):
            return False
        self._begin_anew(now_ms)
        return True

    def _begin_anew(self, now_ms: int) -> None:
        self.restarts += 1
        self.boot_ms = self._stopped_in_air_ms = None
        self.streams.renew(now_ms)
