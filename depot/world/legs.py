"""True motion of the skimmer as legs: closed forms of relative motion, one after the other.

A leg is coasting or constant thrust. `SkimmerFlightState` has the beginning of the present leg; `LegSegment`s record
the earlier ones.
"""

from __future__ import annotations

from depot.physics.engines import BurnPurpose
from depot.physics.orbit import AT_REST, Ellipse, Hill, Vector, coast, ellipse_of, position, size, thrust
from depot.readings import SkimmerPlace
from depot.settings import Profile
from depot.world.flight import LegSegment, SkimmerFlightState
from depot.world.state import WorldState

PASSING = (SkimmerPlace.OUT, SkimmerPlace.ZONE, SkimmerPlace.BACK)
"""Places where the skimmer may pass the depot."""
_STILL: Vector = (0.0, 0.0, 0.0)
_GLANCES = 24
_GLANCE_MS = 2_000.0


class Legs:
    """Motion of one skimmer. `rate`: mean motion of the depot's orbit, rad/s. Motion and ellipse of an instant are
    cached."""

    def __init__(self, profile: Profile, state: WorldState, rate: float) -> None:
        self.rate = rate
        self._profile = profile
        self._state = state
        self._here: tuple[int, Hill | None, Hill] = (-1, None, AT_REST)
        self._drawn: tuple[Hill | None, Ellipse] = (None, Ellipse(0.0, 0.0, 0.0))

    @property
    def flight(self) -> SkimmerFlightState:
        """State of the flight, which the legs change."""
        return self._state.flight

    def at(self, now_ms: int) -> Hill:
        """True motion at an instant of the present leg."""
        flight = self.flight
        seconds = (now_ms - flight.at_ms) / 1000.0
        if flight.accel == _STILL:
            return coast(self.rate, flight.hill, seconds) if flight.hill != AT_REST else AT_REST
        return thrust(self.rate, flight.hill, flight.accel, seconds)

    def here(self) -> Hill:
        """True motion now."""
        flight, now_ms = self._state.flight, self._state.now_ms
        at_ms, hill, here = self._here
        if at_ms != now_ms or hill is not flight.hill:
            here = self.at(now_ms)
            self._here = (now_ms, flight.hill, here)
        return here

    def ellipse(self) -> Ellipse:
        """Ellipse on which it would coast from here."""
        here = self.here()
        drawn_at, ellipse = self._drawn
        if drawn_at is not here:
            ellipse = ellipse_of(self.rate, here)
            self._drawn = (here, ellipse)
        return ellipse

    def begin(self, hill: Hill, accel: Vector = _STILL, purpose: BurnPurpose | None = None) -> None:
        flight, now_ms = self.flight, self._state.now_ms
        self._look_back(hill)
        flight.begun_far = flight.far
        flight.hill, flight.accel, flight.at_ms = hill, accel, now_ms
        if flight.segments and flight.segments[-1].at_ms == now_ms:
            flight.segments.pop()
        kind = -1 if purpose is None else int(purpose)
        flight.segments.append(LegSegment(now_ms, hill, accel, self._state.place, kind))

    def hold(self, here: Hill) -> None:
        """Hold the position with a small thrust against the tidal acceleration (Clohessy and Wiltshire)."""
        x, y, z = position(here)
        self.begin((x, y, z, 0.0, 0.0, 0.0), (-3.0 * self.rate * self.rate * x, 0.0, self.rate * self.rate * z))

    def _look_back(self, end: Hill) -> None:
        """Update the smallest distance to the depot with the leg that ends at `end`, by a search between its ends."""
        flight, now_ms = self.flight, self._state.now_ms
        if not flight.begun_far or self._state.place not in PASSING or now_ms <= flight.at_ms:
            return
        nearer_m = min(size(position(flight.hill)), size(position(end)))
        if nearer_m > self._profile.navigation.seen_m:
            return

        def distance_m(at_ms: float) -> float:
            return size(position(self.at(round(at_ms))))

        step_ms = (now_ms - flight.at_ms) / _GLANCES
        nearest_ms = min((flight.at_ms + number * step_ms for number in range(_GLANCES + 1)), key=distance_m)
        low, high = max(nearest_ms - step_ms, flight.at_ms), min(nearest_ms + step_ms, now_ms)
        while high - low > _GLANCE_MS:
            third = (high - low) / 3.0
            if distance_m(low + third) < distance_m(high - third):
                high -= third
            else:
                low += third
        flight.closest_m = min(flight.closest_m, distance_m((low + high) / 2.0))
