"""Camera without messages: lens, card, shutter and the time of the next picture.

Times are vehicle time, ms. Zoom and focus are functions of time. The card reserves the same space for each picture,
whatever the size of its file, so its fill does not depend on the image.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum
from math import inf, isfinite
from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.mathematics import atan, tan
from autopilot.interface.records import dataclass
from autopilot.mav import CameraMode
from mavlink_bridge.services.camera.settings import CameraSettings

EXPOSING_MS: Final = 100
"""Time from the shutter to the picture on the card, ms; no other picture is taken in it."""
FULL_RANGE: Final = 100.0
_STEP: Final = 10.0  # per cent of the range
_SPEED: Final = 20.0  # per cent of the range per second, at full speed
_NEAREST_M: Final = 0.3
_BYTES_PER_PIXEL: Final = 0.5
_MIB: Final = float(1 << 20)


class ImageStatus(IntEnum):
    """CAMERA_CAPTURE_STATUS.image_status, for which MAVLink has no enumeration."""

    IDLE = 0
    CAPTURING = 1
    INTERVAL = 2
    INTERVAL_CAPTURING = 3


class Refusal(Enum):
    BUSY = "busy"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Specs:
    """Specifications of a camera. `zoom`: ratio of its longest focal length to the shortest, `focal_mm`. `least_s()`:
    shortest time between two pictures, s."""

    sensor_width_mm: float
    sensor_height_mm: float
    focal_mm: float
    zoom: float
    columns: int
    rows: int
    storage_mib: float
    least_s: Callable[[], float] = lambda: 0.0

    @property
    def picture_mib(self) -> float:
        """Space of a picture on the card, MiB."""
        return self.columns * self.rows * _BYTES_PER_PIXEL / _MIB


@dataclass(frozen=True, slots=True)
class Shot:
    """Picture taken now. `number` counts from 0 since the card was formatted. `focus_m` None: automatic focus."""

    number: int
    time_ms: int
    focal_mm: float
    focus_m: float | None
    settings: CameraSettings


@dataclass(frozen=True, slots=True)
class CameraState:
    """State of a camera; `zoom` and `focus` in per cent. A sequence of pictures is not part of it."""

    settings: CameraSettings
    mode: CameraMode
    zoom: float
    focus: float
    focuses_itself: bool
    taken: int


class LensTravel:
    """Part of the lens that moves from 0 to 100 per cent: to a position at once, in steps, or at a speed."""

    def __init__(self, level: float) -> None:
        self._level = level
        self._speed = 0.0
        self._since_ms = 0

    def at(self, now_ms: int) -> float:
        """Position at `now_ms`, per cent."""
        return _within(self._level + self._speed * _SPEED * 1e-3 * (now_ms - self._since_ms))

    def set(self, level: float, now_ms: int) -> None:
        """Set the position, per cent, and stop."""
        self._level, self._speed, self._since_ms = _within(level), 0.0, now_ms

    def step(self, direction: float, now_ms: int) -> None:
        """Move by one step; `direction` 1 or -1."""
        self.set(self.at(now_ms) + _STEP * direction, now_ms)

    def move(self, speed: float, now_ms: int) -> None:
        """Move at a speed from -1 to 1 of the fastest; 0: stop."""
        self.set(self.at(now_ms), now_ms)
        self._speed = min(max(speed, -1.0), 1.0)


def _within(level: float) -> float:
    return min(max(level, 0.0), FULL_RANGE)


class CameraDevice:
    """Camera device. `take` is called for each picture, at its time. `stored()`: number of older pictures on the
    card."""

    def __init__(self, specs: Specs, take: Callable[[Shot], None], stored: Callable[[], int]) -> None:
        self.specs = specs
        self.settings = CameraSettings()
        self.mode = CameraMode.IMAGE
        self.zoom = LensTravel(0.0)
        self.focus = LensTravel(FULL_RANGE)
        self.focuses_itself = True
        self.taken = 0
        """Pictures since the card was formatted, or since power-on."""
        self.writes = True
        """True when the last picture was written to the card."""
        self._lost: set[int] = set()  # numbers of pictures that were not written
        self.interval_ms = 0
        self._take = take
        self._stored = stored
        self._remaining: int | None = None  # pictures left in a sequence; None: no end
        self._due_ms: int | None = None
        self._postponed = False
        self._shutter_ms: int | None = None  # time of the last picture

    # --- lens -----------------------------------------------------------------------------------------------------
    def focal_mm(self, now_ms: int) -> float:
        return self.specs.focal_mm * (1.0 + (self.specs.zoom - 1.0) * self.zoom.at(now_ms) / FULL_RANGE)

    def zoom_to_focal(self, focal_mm: float, now_ms: int) -> bool:
        """Zoom to this focal length; False when the lens does not reach it."""
        most = self.specs.focal_mm * self.specs.zoom
        if not self.specs.focal_mm - 1e-3 <= focal_mm <= most + 1e-3:
            return False
        span = most - self.specs.focal_mm
        self.zoom.set(FULL_RANGE * (focal_mm - self.specs.focal_mm) / span if span else 0.0, now_ms)
        return True

    def zoom_to_view(self, radians_across: float, now_ms: int) -> bool:
        """Zoom to this horizontal field of view; False when the lens does not reach it."""
        half = tan(radians_across / 2.0) if 0.0 < radians_across < 3.0 else 0.0
        return half > 0.0 and self.zoom_to_focal(self.specs.sensor_width_mm / (2.0 * half), now_ms)

    def view(self, now_ms: int) -> tuple[float, float]:
        """Horizontal and vertical fields of view, rad."""
        focal = self.focal_mm(now_ms)
        return 2.0 * atan(self.specs.sensor_width_mm / 2.0 / focal), 2.0 * atan(
            self.specs.sensor_height_mm / 2.0 / focal
        )

    def focus_m(self, now_ms: int) -> float | None:
        """Distance of focus, m; inf at 100 per cent; None: automatic focus."""
        if self.focuses_itself:
            return None
        vergence = (1.0 - self.focus.at(now_ms) / FULL_RANGE) / _NEAREST_M
        return 1.0 / vergence if vergence > 0.0 else inf

    def focus_at(self, metres: float, now_ms: int) -> bool:
        """Focus on an object at this distance; False: too near."""
        if not metres >= _NEAREST_M:
            return False
        self.focus.set(FULL_RANGE * (1.0 - _NEAREST_M / metres), now_ms)
        self.focuses_itself = False
        return True

    def set_mode(self, mode: CameraMode, now_ms: int) -> None:
        """Set the mode: IMAGE, or IMAGE_SURVEY with the focus fixed at infinity."""
        self.mode = mode
        if mode is CameraMode.IMAGE_SURVEY:
            self.focus.set(FULL_RANGE, now_ms)
            self.focuses_itself = False
        else:
            self.focuses_itself = True

    def reset(self, now_ms: int) -> None:
        """Reset settings, lens and mode to those at power-on; pictures and card stay."""
        self.settings = CameraSettings()
        self.zoom.set(0.0, now_ms)
        self.focus.set(FULL_RANGE, now_ms)
        self.set_mode(CameraMode.IMAGE, now_ms)

    def state(self, now_ms: int) -> CameraState:
        return CameraState(
            self.settings, self.mode, self.zoom.at(now_ms), self.focus.at(now_ms), self.focuses_itself, self.taken
        )

    def restore(self, state: CameraState, now_ms: int) -> None:
        """Restore a state; later pictures do not count, and a sequence of pictures ends."""
        self.stop()
        self.settings, self.mode, self.focuses_itself = state.settings, state.mode, state.focuses_itself
        self.zoom.set(state.zoom, now_ms)
        self.focus.set(state.focus, now_ms)
        self.taken = min(self.taken, state.taken)
        self._lost = {number for number in self._lost if number < self.taken}

    # --- card -----------------------------------------------------------------------------------------------------
    @property
    def used_mib(self) -> float:
        return min(self._on_card * self.specs.picture_mib, self.specs.storage_mib)

    @property
    def available_mib(self) -> float:
        return self.specs.storage_mib - self.used_mib if self.writes else 0.0

    @property
    def full(self) -> bool:
        """True when there is no room for another picture."""
        return (self._on_card + 1) * self.specs.picture_mib > self.specs.storage_mib

    @property
    def _on_card(self) -> int:
        """Pictures on the card or being written."""
        return self._stored() + self.taken - len(self._lost)

    def wrote(self, number: int, *, stored: bool) -> bool:
        """Note that a picture was written to the card or not; True when the state of the card changed by it."""
        if not stored:
            self._lost.add(number)
        changed = self.writes is not stored
        self.writes = stored
        return changed

    def format(self) -> None:
        """Format the card: delete all pictures and count from 0."""
        self.taken = 0
        self.writes = True
        self._lost.clear()

    # --- shutter --------------------------------------------------------------------------------------------------
    def exposing(self, now_ms: int) -> bool:
        """True while a picture is being written to the card."""
        return self._shutter_ms is not None and now_ms < self._shutter_ms + EXPOSING_MS

    def image_status(self, now_ms: int) -> ImageStatus:
        if self.interval_ms:
            return ImageStatus.INTERVAL_CAPTURING if self.exposing(now_ms) else ImageStatus.INTERVAL
        return ImageStatus.CAPTURING if self.exposing(now_ms) else ImageStatus.IDLE

    def shot(self, now_ms: int) -> Shot:
        """Shot as it would be taken now."""
        return Shot(self.taken, now_ms, self.focal_mm(now_ms), self.focus_m(now_ms), self.settings)

    def shoot(self, now_ms: int) -> Refusal | None:
        if self.full:
            return Refusal.FULL
        if self.exposing(now_ms) or now_ms < self._soonest_ms():
            return Refusal.BUSY
        shot = self.shot(now_ms)
        self.taken += 1
        self._shutter_ms = now_ms
        self._take(shot)
        return None

    def trigger(self, now_ms: int) -> Refusal | None:
        """Take a picture as soon as possible, as ArduPilot's CAM1_INTRVAL_MIN does."""
        refused = self.shoot(now_ms)
        self._postponed = self._postponed or refused is Refusal.BUSY
        return None if refused is Refusal.BUSY else refused

    def shoot_in_a_row(self, interval_s: float, count: int, now_ms: int) -> Refusal | None:
        """Take `count` pictures, the first one now; 0: until stopped."""
        refused = self.shoot(now_ms)
        if refused is None:
            self.interval_ms = max(round(1000.0 * max(interval_s, self.specs.least_s())), EXPOSING_MS)
            self._remaining = count - 1 if count else None
            self._due_ms = now_ms + self.interval_ms
            if self._remaining == 0:
                self.stop()
        return refused

    def stop(self) -> None:
        """Stop taking pictures automatically."""
        self.interval_ms, self._remaining, self._due_ms, self._postponed = 0, None, None, False

    def next_deadline_ms(self) -> int | None:
        """Time at which the next picture is due, ms."""
        return earliest((self._due_ms, self._soonest_ms() if self._postponed else None))

    def handle_timeout(self, now_ms: int) -> Refusal | None:
        """Take the pictures that are due."""
        refused: Refusal | None = None
        if self._postponed and now_ms >= self._soonest_ms():
            self._postponed = False
            refused = self.trigger(now_ms)
        if self._due_ms is not None and now_ms >= self._due_ms:
            refused = self._next_of_row(now_ms, self._due_ms)
        return refused

    def _next_of_row(self, now_ms: int, due_ms: int) -> Refusal | None:
        refused = self.shoot(now_ms)
        if refused is Refusal.BUSY:
            self._due_ms = self._soonest_ms()
            return None
        if refused is None and self._remaining is not None:
            self._remaining -= 1
        if refused is not None or self._remaining == 0:
            self.stop()
        else:
            self._due_ms = due_ms + self.interval_ms
        return refused

    def _soonest_ms(self) -> int:
        if self._shutter_ms is None:
            return 0
        least_s = self.specs.least_s()
        least_ms = round(1000.0 * least_s) if isfinite(least_s) else 0
        return self._shutter_ms + max(EXPOSING_MS, least_ms)
