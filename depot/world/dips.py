"""Dips of the harvest pattern into the zone: when the skimmer is inside, and what INTAKE takes in.

The planned pattern is a closed ellipse. The intake follows from density, speed and the time inside. `rho_env` is the
mean density over the pattern; at the zone's floor it is larger in proportion.
"""

from __future__ import annotations

from math import floor, fsum, pi

from depot.physics.orbit import Ellipse, Hill
from depot.physics.windows import Almanac
from depot.physics.zone import dip_phases, in_zone, swept
from depot.readings import SkimmerPlace
from depot.settings import Profile
from depot.world.legs import Legs
from depot.world.state import WorldState

_HALVINGS = 40


class Dips:
    """Intake of one skimmer. `floor_kg_s`: intake rate at the zone's floor."""

    def __init__(self, profile: Profile, state: WorldState, legs: Legs, almanac: Almanac) -> None:
        self._profile = profile
        self._state = state
        self._legs = legs
        self._orbit = almanac.orbit
        self._n = self._orbit.rate
        low = self._orbit.offset_m(profile.plan.waypoints[-1])
        self._along_m = low[1]
        self._planned = Ellipse(0.0, max(-low[0], 1.0), 0.0)
        self._half = dip_phases(self._orbit, profile.zone, self._planned)
        half = self._half or 0.0
        self._dip = swept(self._orbit, profile.zone, self._planned, -half, half)
        self._expected = (-1.0, 0.0)
        self._taken: tuple[tuple[int, float, Hill] | None, float] = (None, 0.0)
        self.floor_kg_s = profile.skimmer.intake_kg_s / (self._dip / (2.0 * pi)) if half > 0.0 else 0.0

    def inside(self, hill: Hill) -> bool:
        """True if that motion is in the zone."""
        return in_zone(self._orbit, self._profile.zone, hill, self._along_m)

    def crossings_ms(self) -> list[float]:
        """Times of the next entry and exit, ms."""
        ellipse = self._legs.ellipse()
        half = dip_phases(self._orbit, self._profile.zone, ellipse)
        if half is None or half >= pi:
            return []
        now_ms = self._state.now_ms
        return [now_ms + ((edge - ellipse.phase) % (2.0 * pi)) / self._n * 1000.0 + 0.5 for edge in (-half, half)]

    def intake_kg(self, seconds: float) -> float:
        """Intake in the next `seconds`, kg."""
        if self._state.place is not SkimmerPlace.ZONE:
            return 0.0
        instant, taken = self._taken
        now = (self._state.now_ms, seconds, self._legs.here())
        if instant != now:  # the drag and the harvest ask for the same instant
            start = self._legs.ellipse().phase
            taken = fsum(self._between(low, high) for low, high in self._dips(start, start + self._n * seconds))
            self._taken = (now, taken)
        return taken

    def _dips(self, start: float, end: float) -> list[tuple[float, float]]:
        """Parts of the ellipse between two phases that are below the zone's ceiling."""
        half = dip_phases(self._orbit, self._profile.zone, self._legs.ellipse())
        if half is None:
            return []
        turns = range(floor((start + pi) / (2.0 * pi)), floor((end + pi) / (2.0 * pi)) + 1)
        parts = [(max(start, 2.0 * pi * turn - half), min(end, 2.0 * pi * turn + half)) for turn in turns]
        return [(low, high) for low, high in parts if high > low]

    def _between(self, low: float, high: float) -> float:
        """Intake on a part of a dip, kg; 0 if the skimmer is outside the zone at its middle."""
        ellipse = self._legs.ellipse()
        middle_s = ((low + high) / 2.0 - ellipse.phase) / self._n
        middle = self._legs.at(self._state.now_ms + round(middle_s * 1000.0))
        if not self.inside(middle):
            return 0.0
        return self.floor_kg_s / self._n * swept(self._orbit, self._profile.zone, ellipse, low, high)

    def filled_ms(self, kg: float) -> float | None:
        """Time at which `kg` more have been taken in, ms; None if it is after the next dip."""
        if self._state.place is not SkimmerPlace.ZONE or kg > 2.5 * self._dip * self.floor_kg_s / self._n:
            return None
        start = self._legs.ellipse().phase
        for low, high in self._dips(start, start + 2.0 * pi):
            whole = self._between(low, high)
            if whole > kg:
                return self._state.now_ms + (self._phase_of(low, high, kg) - start) / self._n * 1000.0
            kg -= whole
        return None

    def _phase_of(self, low: float, high: float, kg: float) -> float:
        """Phase at which `kg` of a part of a dip have been taken in, rad."""
        ellipse, begin = self._legs.ellipse(), low
        units = kg * self._n / self.floor_kg_s
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if swept(self._orbit, self._profile.zone, ellipse, begin, middle) < units:
                low = middle
            else:
                high = middle
        return high

    def expected_kg(self) -> float:
        """Intake of the planned pattern until now, kg."""
        half, seconds = self._half, self._state.skimmer.harvest_s
        if half is None or seconds <= 0.0:
            return 0.0
        if seconds == self._expected[0]:  # unchanged during a transfer, which is most of a sortie
            return self._expected[1]
        dips, rest = divmod(self._n * seconds, 2.0 * pi)
        part = self._dip
        if rest < 2.0 * half:
            part = swept(self._orbit, self._profile.zone, self._planned, -half, rest - half)
        self._expected = (seconds, self.floor_kg_s / self._n * (dips * self._dip + part))
        return self._expected[1]
