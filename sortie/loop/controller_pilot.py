"""Flies a box's copter that has a flight controller of its own, and says who has it.

What is known of it comes from its streams. It is commanded only while nobody else has it: after a takeover by a pilot,
a ground station or a failsafe, after a restart of the controller or of this program in flight, until a person asks
(AUTO or MISSION_START from a ground station, `--recover`).
"""

from __future__ import annotations

from math import hypot
from typing import Final

from autopilot import report
from autopilot.geo import GeoPoint, to_local
from depot.readings import Place
from depot.settings import BoxSettings
from sortie.companion.service import CompanionService
from sortie.loop.pilot import BoxPilot

NO_LINK: Final = "no link to the flight controller"
HELD: Final = "a person has stopped it: it holds"
FOUND: Final = "found in the air, and nobody has asked for it"
RESTARTED: Final = "its flight controller has restarted"
STRANDED: Final = "it came down away from its dock"
ASK_AGAIN_MS: Final = 2000
ASK_FOR_MS: Final = 10_000
_CM: Final = 100.0


class ControllerPilot(BoxPilot):
    """See the module; implements `depot.world.copter.Pilot`. It is in its dock when it stands, disarmed, within
    `box.position_m` of the pad's middle by its own position, which is all that is known of it."""

    over_pad_m = 0.5

    def __init__(self, service: CompanionService, box: BoxSettings, offset_ms: int) -> None:
        super().__init__(service, box, offset_ms)
        self._vehicle = service.vehicle
        self._stranded = False
        self._up = False
        self._held = False
        self._restarts = self._vehicle.restarts
        self._asked: tuple[int, int] | None = None  # when a person asked for it, in which mode it was
        self._ours = False  # since it was launched, or since a person has asked for it

    # --- where it is --------------------------------------------------------------------------------------------------
    def position(self) -> tuple[float, float, float]:
        lat, lon, _ = self._box.home
        r = self._state
        north, east, _ = to_local(GeoPoint(lat, lon, 0.0), float(r[report.LAT]), float(r[report.LON]), 0.0)
        return north, east, float(r[report.RANGE])

    def off_pad(self) -> tuple[float, float]:
        return self.position()[:2]

    @property
    def pad_altitude(self) -> float:
        """As it was where the motors were armed: controllers differ from maps by metres."""
        return float(self._state[report.ALT] - self._state[report.RANGE])

    @property
    def precision_m(self) -> float:
        return max(self._box.precision_m, self._box.position_m)

    @property
    def at_rest(self) -> bool:
        """On the ground with its motors off."""
        return self.landed and not self._vehicle.state.armed

    @property
    def docked(self) -> bool:
        """At rest in its dock."""
        return self.at_rest and hypot(*self.off_pad()) <= self.precision_m

    def place(self, before: Place) -> Place:
        if before is Place.DOCK or self.taken() == NO_LINK:
            return before
        self._up = self._up or not self.landed
        lands = self._landing or not self._aloft
        if before is Place.FINAL and self._vehicle.commanded and lands:
            return super().place(before)
        if self.at_rest and (self._up or before is not Place.NEAR or not self.docked):
            self._stranded = not self.docked
            return Place.ADRIFT if self._stranded else Place.DOCK
        self._stranded = False
        if self.taken():
            return before
        self._ask_again()
        return super().place(before)

    def _ask_again(self) -> None:
        """A target that was not taken is given again, for as long as it is ours to give."""
        if self._refused_ms is not None and self._service.now_ms >= self._refused_ms + ASK_AGAIN_MS:
            self._go_to(*self._target)

    def remaining_s(self) -> float:
        """By the controller's own speed where that is less than the profile's."""
        slower = self._box.speed_ms / min(self._box.speed_ms, self._service.parameters["WPNAV_SPEED"] / _CM)
        return super().remaining_s() * slower

    # --- whose it is --------------------------------------------------------------------------------------------------
    def ready(self) -> bool:
        return not self.hindrance()

    def hindrance(self) -> str:
        if self._vehicle.lost:
            return NO_LINK
        if not self._vehicle.known:
            return "it has not told yet where it is"
        if not self.at_rest:
            return "it is armed" if self.landed else "it is in the air"
        if not self.docked:
            return f"it stands {hypot(*self.off_pad()):.1f} m from the middle of its dock"
        if not self._autopilot.prearm_ok:
            return (
                "; ".join(reason.text for reason in self._vehicle.armable_reasons) or "its pre-arm checks do not pass"
            )
        return "" if self._idle() else "its last flight is not closed yet"

    def taken(self) -> str:
        if self._vehicle.lost:
            return NO_LINK
        if self.at_rest:
            return STRANDED if self._stranded else ""
        if not self._vehicle.commanded:
            if self._asks():
                return ""
            if self._vehicle.restarts > self._restarts:
                return RESTARTED
            return f"in {self._autopilot.mode_name}, by others" if self._ours else FOUND
        self._ours, self._asked = True, None
        if self._autopilot.modes.mode is self._autopilot.crew.auto:
            self._held = False
        return HELD if self._held else ""

    def hold_here(self) -> None:
        """It was told to hold by a person: no more commands until one asks."""
        self._held = True

    def let_go(self) -> None:
        """A person asks for it. A refusal is not the last word: it is asked again for a while."""
        self._held = False
        self._asked = self._service.now_ms, self._vehicle.flight_mode

    def _asks(self) -> bool:
        """It was asked for a moment ago, and nobody has chosen another mode since."""
        if self._asked is None:
            return False
        asked_ms, mode = self._asked
        return self._service.now_ms < asked_ms + ASK_FOR_MS and self._vehicle.flight_mode == mode

    # --- commands -----------------------------------------------------------------------------------------------------
    def launch(self) -> None:
        self._up = self._stranded = self._held = False
        self._restarts = self._vehicle.restarts
        super().launch()

    def hold(self) -> None:
        if not self.taken():
            self._go_to(*self.position())

    def fall(self) -> None:
        """Nobody stops the motors of a real one for an exercise."""

    # --- its battery --------------------------------------------------------------------------------------------------
    def charge(self) -> float:
        known = self._vehicle.charge
        return float(self._state[report.BATT_FRACTION]) if known is None else known

    def set_charge(self, charge: float) -> None:
        self._vehicle.reset_battery(charge)

    def set_wind(self, speed_ms: float) -> None:
        """The weather is real."""
