"""Random encounters: aircraft that come a vehicle's way, drawn as encounter models draw them.

The geometry of an encounter is that of the point of closest approach, as in MIT Lincoln Laboratory's encounter models
(Kochenderfer et al. 2010, "Airspace Encounter Models for Estimating Collision Risk"): where the vehicle will be in
`lead_s` if it flies on as it does, the intruder passes at a horizontal miss distance and a difference in height that
are drawn evenly, with a speed, a climb and a course relative to the vehicle's that are drawn too. So the pair is
correlated, and without a reaction of the vehicle the approach is as drawn. `per_hour`: a Poisson process; `count` that
many encounters, `gap_s` apart from `first_s` on.
"""

from __future__ import annotations

from math import inf, radians
from random import Random

from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, log, sin
from autopilot.interface.records import dataclass
from sitl.world.sky import Aircraft, straight

Span = tuple[float, float]
_FIRST_NUMBER = 0xA00000
_MOVES_MPS = 0.5
_LARGEST_NUMBER = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class EncounterModel:
    """See the module. Spans are from, to: `speed_mps`, `climb_mps` (up), `miss_m`, `miss_z_m` (of the intruder above
    the vehicle), `course_deg` of the intruder relative to that of the vehicle (180: head-on). `above_m`: encounters
    begin only where the vehicle is higher than that over where it was switched on. `for_s`: how long it is there after
    the closest point."""

    speed_mps: Span = (30.0, 70.0)
    climb_mps: Span = (0.0, 0.0)
    miss_m: Span = (0.0, 500.0)
    miss_z_m: Span = (-50.0, 50.0)
    course_deg: Span = (0.0, 360.0)
    lead_s: float = 60.0
    count: int | None = 1
    first_s: float = 20.0
    gap_s: float = 120.0
    per_hour: float = 0.0
    above_m: float = 5.0
    for_s: float = 60.0
    emitter: int = 1

    def of_vehicle(self, seed: int) -> Encounters:
        """The encounters of one vehicle."""
        return Encounters(self, seed)


class Encounters:
    """Encounters of one vehicle, in their order."""

    def __init__(self, model: EncounterModel, seed: int) -> None:
        self._model = model
        self._seed = seed
        self._begun = 0
        self._chance = Random(f"{seed}.encounters")
        self._next_s = self._gap() if model.per_hour > 0.0 else model.first_s

    def _gap(self) -> float:
        return -log(max(1.0 - self._chance.random(), 1e-300)) * 3600.0 / self._model.per_hour

    def begun(self, time_s: float, here: Ned, velocity: Ned) -> list[Aircraft]:
        """Aircraft whose encounter begins now, with a vehicle that is here and flies so, NED from the sky's origin."""
        model, found = self._model, []
        while time_s >= self._next_s:
            if -here[2] < model.above_m:
                break  # it begins when the vehicle is up
            found.append(self._intruder(time_s, here, velocity))
            self._begun += 1
            if model.per_hour > 0.0:
                self._next_s += self._gap()
            else:
                self._next_s = time_s + model.gap_s if self._begun < (model.count or 0) else inf
        return found

    def _intruder(self, time_s: float, here: Ned, velocity: Ned) -> Aircraft:
        model = self._model
        chance = Random(f"{self._seed}.encounter.{self._begun}")
        speed, climb = chance.uniform(*model.speed_mps), chance.uniform(*model.climb_mps)
        miss, miss_z = chance.uniform(*model.miss_m), chance.uniform(*model.miss_z_m)
        own_course = atan2(velocity[1], velocity[0]) if hypot(velocity[0], velocity[1]) > _MOVES_MPS else 0.0
        course = own_course + radians(chance.uniform(*model.course_deg))
        vn, ve = speed * cos(course), speed * sin(course)
        # The closest point lies at a right angle to the relative motion, on one side or the other.
        rn, re = vn - velocity[0], ve - velocity[1]
        size = max(hypot(rn, re), 1e-6)
        side = miss if chance.random() < 0.5 else -miss
        lead = model.lead_s
        n = here[0] + velocity[0] * lead - side * re / size - vn * lead
        e = here[1] + velocity[1] * lead + side * rn / size - ve * lead
        d = here[2] + velocity[2] * lead - miss_z + climb * lead
        number = _FIRST_NUMBER + (self._seed * 4096 + self._begun) % (_LARGEST_NUMBER - _FIRST_NUMBER)
        knots = straight(time_s, (n, e, d), (vn, ve, -climb), lead + model.for_s)
        return Aircraft(number, knots, f"ENC{self._begun + 1}", model.emitter)
