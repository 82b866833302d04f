"""Random encounters: aircraft that approach a vehicle, drawn as encounter models draw them.

An encounter is defined at its point of closest approach, as in MIT Lincoln Laboratory's encounter models (Kochenderfer
et al. 2010, "Airspace Encounter Models for Estimating Collision Risk"). If the vehicle flies on unchanged for `lead_s`,
the intruder then passes at a horizontal miss distance and a height difference, with a speed, a climb and a course
relative to the vehicle's. These values are drawn independently and evenly, or together from a network of pairs, given
the vehicle's motion when the encounter begins. If the vehicle does not react, the approach is exactly as drawn.
`per_hour` gives a Poisson process; `count` gives that many encounters, `gap_s` apart from `first_s` on.
"""

from __future__ import annotations

from math import inf, radians
from random import Random

from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, log, sin
from autopilot.interface.records import dataclass
from sitl.world import pairs
from sitl.world.pairs import PairNetwork
from sitl.world.sky import Aircraft, Knot, straight

Span = tuple[float, float]
_FIRST_NUMBER = 0xA00000
_MOVES_MPS = 0.5
_LARGEST_NUMBER = 0xFFFFFF
_LOWEST_M = 5.0
_STEP_S = 1.0
_DRAWS = 100


@dataclass(frozen=True, slots=True)
class EncounterModel:
    """Model of encounters; see the module. Spans are (from, to): `speed_mps`, `climb_mps` (up), `miss_m`, `miss_z_m`
    (intruder above the vehicle), `course_deg` relative to the vehicle's course (180: head-on). `above_m`: encounters
    begin only when the vehicle is higher than this above its place at power-on. `for_s`: time that the intruder stays
    after the closest point. `network`: source of the values instead of the spans."""

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
    network: PairNetwork | None = None


class Encounters:
    """Encounters of one vehicle, in order, from its seed. None begins before `next_s`."""

    def __init__(self, model: EncounterModel, seed: int) -> None:
        self._model = model
        self._seed = seed
        self._begun = 0
        self._chance = Random(f"{seed}.encounters")
        self.next_s = self._gap() if model.per_hour > 0.0 else model.first_s

    def _gap(self) -> float:
        return -log(max(1.0 - self._chance.random(), 1e-300)) * 3600.0 / self._model.per_hour

    def begun(self, time_s: float, here: Ned, velocity: Ned) -> list[Aircraft]:
        """Aircraft whose encounter begins now, with a vehicle at this place and velocity, NED from the sky's origin."""
        model, found = self._model, []
        while time_s >= self.next_s:
            if -here[2] < model.above_m:
                break  # it begins once the vehicle is up
            found.append(self._intruder(time_s, here, velocity))
            self._begun += 1
            if model.per_hour > 0.0:
                self.next_s += self._gap()
            else:
                self.next_s = time_s + model.gap_s if self._begun < (model.count or 0) else inf
        return found

    def _intruder(self, time_s: float, here: Ned, velocity: Ned) -> Aircraft:
        model, lead = self._model, self._model.lead_s
        chance = Random(f"{self._seed}.encounter.{self._begun}")
        moves = hypot(velocity[0], velocity[1])
        own_course = atan2(velocity[1], velocity[0]) if moves > _MOVES_MPS else 0.0
        meeting = (here[0] + velocity[0] * lead, here[1] + velocity[1] * lead, here[2] + velocity[2] * lead)
        if model.network is None:
            drawn = _drawn_evenly(model, chance)
        else:
            known = {pairs.LAYER: -here[2], pairs.OWN_SPEED: moves, pairs.OWN_CLIMB: -velocity[2]}
            drawn = _drawn_together(model.network, known, chance, -meeting[2], model.emitter)
        course = own_course + radians(drawn.course_deg)
        vn, ve = drawn.speed * cos(course), drawn.speed * sin(course)
        # The closest point lies at a right angle to the relative motion, on one of its sides.
        rn, re = vn - velocity[0], ve - velocity[1]
        size = max(hypot(rn, re), 1e-6)
        away = drawn.miss
        if drawn.behind is not None:
            ahead = rn * sin(own_course) - re * cos(own_course) > 0.0  # True if this side is ahead of the vehicle
            away = away if ahead != drawn.behind else -away
        nearest = (meeting[0] - away * re / size, meeting[1] + away * rn / size, meeting[2] - drawn.miss_z)
        # Drop a turn or a change of speed that would bring the intruder nearer before or after the closest point.
        pull_n = drawn.speeds_up * cos(course) - drawn.speed * drawn.turn * sin(course)
        pull_e = drawn.speeds_up * sin(course) + drawn.speed * drawn.turn * cos(course)
        bends = size * size + away * (rn * pull_e - re * pull_n) / size > 0.0
        turn, speeds_up = (drawn.turn, drawn.speeds_up) if bends else (0.0, 0.0)
        path = _Path(nearest, course, drawn.speed, drawn.climb, turn, speeds_up)
        number = _FIRST_NUMBER + (self._seed * 4096 + self._begun) % (_LARGEST_NUMBER - _FIRST_NUMBER)
        knots = path.knots(time_s, lead, model.for_s)
        return Aircraft(number, knots, f"ENC{self._begun + 1}", drawn.emitter)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An encounter at its closest point. `turn` in rad/s. `behind`: the intruder passes behind the vehicle; None: on
    the side that the sign of `miss` gives."""

    speed: float
    climb: float
    miss: float
    miss_z: float
    course_deg: float
    emitter: int
    turn: float = 0.0
    speeds_up: float = 0.0
    behind: bool | None = None


def _drawn_evenly(model: EncounterModel, chance: Random) -> _Drawn:
    speed, climb = chance.uniform(*model.speed_mps), chance.uniform(*model.climb_mps)
    miss, miss_z = chance.uniform(*model.miss_m), chance.uniform(*model.miss_z_m)
    course_deg = chance.uniform(*model.course_deg)
    return _Drawn(speed, climb, miss if chance.random() < 0.5 else -miss, miss_z, course_deg, model.emitter)


def _drawn_together(
    network: PairNetwork, known: dict[str, float], chance: Random, height: float, emitter: int
) -> _Drawn:
    """Draw from the network. `height` is the vehicle's at the closest point; an intruder that would pass below the
    ground is drawn again."""
    unsigned = next(v.cuts[0] >= 0.0 for v in network.variables if v.name == pairs.MISS_Z)
    for _ in range(_DRAWS):
        drawn = network.draw(known, chance)
        miss_z = -drawn[pairs.MISS_Z] if unsigned and chance.random() < 0.5 else drawn[pairs.MISS_Z]
        if height + miss_z >= _LOWEST_M:
            break
    else:
        miss_z = _LOWEST_M - height
    kind = int(drawn.get(pairs.KIND, 0.0))
    return _Drawn(
        drawn[pairs.SPEED],
        drawn.get(pairs.CLIMB, 0.0),
        drawn[pairs.MISS],
        miss_z,
        drawn[pairs.COURSE],
        network.emitters[kind] if network.emitters else emitter,
        radians(drawn.get(pairs.TURN, 0.0)),
        drawn.get(pairs.SPEEDS_UP, 0.0),
        bool(drawn[pairs.BEHIND]) if pairs.BEHIND in drawn else chance.random() < 0.5,
    )


@dataclass(frozen=True, slots=True)
class _Path:
    """Path of an intruder through its closest point `at`: course, rad, speed and climb, m/s, turn, rad/s."""

    at: Ned
    course: float
    speed: float
    climb: float
    turn: float
    speeds_up: float

    def knots(self, begin_s: float, before_s: float, after_s: float) -> tuple[Knot, ...]:
        """Knots from `before_s` before the closest point to `after_s` after it."""
        n, e, d = self.at
        vn, ve = self.speed * cos(self.course), self.speed * sin(self.course)
        bends = self.turn != 0.0 or self.speeds_up != 0.0
        lowest = min(-d - self.climb * before_s, -d + self.climb * after_s)
        if not bends and (self.climb == 0.0 or lowest >= _LOWEST_M):
            begin = (n - vn * before_s, e - ve * before_s, d + self.climb * before_s)
            return straight(begin_s, begin, (vn, ve, -self.climb), before_s + after_s)
        when_s = begin_s + before_s
        back = self._half(when_s, before_s, -1.0)
        return (*reversed(back), (when_s, self.at), *self._half(when_s, after_s, 1.0))

    def _half(self, when_s: float, span_s: float, sense: float) -> list[Knot]:
        """Knots away from the closest point, forward or backward in time. The speed stays between half and twice that
        at the closest point, and the intruder levels out at `_LOWEST_M` above the sky's origin."""
        (n, e, d), passed, found = self.at, 0.0, []
        while passed < span_s:
            step = min(_STEP_S, span_s - passed)
            middle = sense * (passed + 0.5 * step)
            speed = min(max(self.speed + self.speeds_up * middle, 0.5 * self.speed), 2.0 * self.speed)
            course = self.course + self.turn * middle
            n, e = n + sense * step * speed * cos(course), e + sense * step * speed * sin(course)
            passed += step
            down = d - sense * passed * self.climb
            found.append((when_s + sense * passed, (n, e, min(down, max(d, -_LOWEST_M)))))
        return found
