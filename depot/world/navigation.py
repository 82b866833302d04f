"""Navigation of the simulated skimmer: its estimate of its motion, the need of its way home, the link to the depot, and
the errors of its burns. Errors are drawn by name from the seed, so that a repeated sortie is the same.

While the depot ranges the skimmer (comms window open), the error is that of a fix, in proportion to the distance. While
the window is closed, the error of the velocity adds to it. Every window has its own errors.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt

from autopilot.interface.mathematics import cos, expm1, hypot, log
from depot.physics.attitude import about, turn
from depot.physics.engines import burn_s, exhaust_mps, thrust_n
from depot.physics.orbit import AT_REST, Hill, Vector, coast, minus, plus, position, size, velocity
from depot.physics.ways import cheapest, return_s
from depot.physics.windows import Almanac
from depot.readings import SkimmerPlace
from depot.settings import EngineSettings, NavigationSettings, Profile
from depot.world.chance import uniform
from depot.world.legs import Legs
from depot.world.motion import Homing, Spot
from depot.world.state import WorldState

_WAY_MPS = 13.0
"""Largest change of velocity of a way back from the zone, assumed before departure, m/s."""
_SPARE, _SPARE_MPS, _DOCK_MPS = 1.2, 1.0, 3.5
"""Factor on the way back for errors of burns; corrections, m/s; docking with THRUSTER_ATT, m/s."""


def normal(seed: int, number: int, name: str) -> float:
    """Draw of the standard normal distribution, limited to 3 sigma (Box and Muller 1958)."""
    first, second = uniform(seed, number, name), uniform(seed, number, name + "'")
    return min(max(sqrt(-2.0 * log(1.0 - first)) * cos(2.0 * pi * second), -3.0), 3.0)


def estimate(navigation: NavigationSettings, seed: int, fix: int, truth: Hill, silent_s: float) -> Hill:
    """Estimate of `truth` on board. `fix`: number of the last fix."""
    x, y, z, vx, vy, vz = truth
    off = navigation.fix_m + navigation.fix_per_m * hypot(x, y, z)
    slow, slip = navigation.fix_mps, navigation.growth_mps * silent_s
    a, b, c, d, e, f = _errors(seed, fix)
    close = min(1.0, off / (navigation.fix_m + 1.0))  # the velocity too is known better at a small distance
    return (
        x + off * a + slip * d,
        y + off * b + slip * e,
        z + off * c + slip * f,
        vx + slow * close * d,
        vy + slow * close * e,
        vz + slow * close * f,
    )


@lru_cache(maxsize=8)
def _errors(seed: int, fix: int) -> tuple[float, ...]:
    """Error of a fix in each direction, in standard deviations."""
    return tuple(normal(seed, fix, axis) for axis in ("x", "y", "z", "vx", "vy", "vz"))


def achieved(engines: EngineSettings, seed: int, number: int, dv: Vector) -> Vector:
    """Change of velocity that burn `number` gives for a commanded one, with errors of size and direction."""
    scale = 1.0 + engines.execution * normal(seed, number, "burn")
    size = hypot(*dv)
    if size == 0.0:
        return dv
    across = (-dv[1] / size, dv[0] / size, 0.0) if abs(dv[2]) < 0.9 * size else (1.0, 0.0, 0.0)
    aside = turn(about(across, engines.pointing_deg * normal(seed, number, "up")), dv)
    aside = turn(about((0.0, 0.0, 1.0), engines.pointing_deg * normal(seed, number, "side")), aside)
    return (aside[0] * scale, aside[1] * scale, aside[2] * scale)


class Navigator:
    def __init__(self, profile: Profile, state: WorldState, legs: Legs, almanac: Almanac) -> None:
        self._profile = profile
        self._state = state
        self._legs = legs
        self._almanac = almanac
        self._orbit = almanac.orbit
        self._dock_share = expm1(_DOCK_MPS / profile.engines.att_exhaust_mps)
        self._heard: tuple[int, SkimmerPlace, bool] = (-1, SkimmerPlace.DOCK, True)

    def link_open(self) -> bool:
        """True while depot and skimmer can receive each other."""
        state = self._state
        now_ms, place = state.now_ms, state.place
        if place not in (SkimmerPlace.OUT, SkimmerPlace.ZONE, SkimmerPlace.BACK, SkimmerPlace.ADRIFT):
            return True
        at_ms, at, heard = self._heard
        if at_ms != now_ms or at is not place:
            heard = self._almanac.window_open(now_ms) or size(position(self._legs.here())) <= self._almanac.near_m
            self._heard = (now_ms, place, heard)
        return heard

    def whereabouts(self) -> Spot | None:
        """Estimated position along the orbit from the depot, across it, and height."""
        return self._orbit.place(self.estimate())

    def silent_s(self) -> float:
        """Time since the last fix, s."""
        if self.link_open():
            return 0.0
        now_ms, blocked = self._state.now_ms, self._almanac.blocked
        return (now_ms - self._almanac.next_end_ms(blocked, now_ms)) / 1000.0 + (
            blocked.length_deg / 360.0 * self._orbit.period_s
        )

    def estimate(self) -> Hill:
        state = self._state
        if state.place is SkimmerPlace.DOCK:
            return AT_REST
        fix = int(state.now_ms / 1000.0 / self._orbit.period_s) + 1
        return estimate(self._profile.navigation, state.seed, fix, self._legs.here(), max(self.silent_s(), 0.0))

    def homing(self) -> Homing:
        """Need of the way back from here: its burns by the rocket equation, with a reserve."""
        state, plan = self._state, self._profile.plan
        if state.place is SkimmerPlace.DOCK:
            full_kg = self._profile.engines.dry_kg + state.skimmer.store_capacity_kg
            return Homing(0.0, plan.return_s + plan.dock_s, self._need_kg(_WAY_MPS, full_kg))
        flight = self._legs.flight
        if state.place in (SkimmerPlace.CORRIDOR, SkimmerPlace.FINAL) or flight.at_gate:
            return Homing(0.0, plan.dock_s, self._need_kg(0.0))
        here = self._legs.here()
        gate: Hill = (0.0, -self._profile.corridor.gate_m, 0.0, 0.0, 0.0, 0.0)
        usual_s = return_s(here, plan.return_s)
        burns = flight.burn is not None or bool(flight.commands)
        if state.place is SkimmerPlace.BACK and (burns or state.leg_end_ms > state.now_ms):
            remaining_s = max((state.leg_end_ms - state.now_ms) / 1000.0, 0.0)
            dv = self._remaining_mps(velocity(gate))
            return Homing(remaining_s, min(remaining_s, plan.return_s) + plan.dock_s, self._need_kg(dv))
        way = cheapest(self._legs.rate, here, gate, usual_s)
        remaining_s = usual_s if state.place is not SkimmerPlace.BACK else 0.0
        return Homing(remaining_s, usual_s + plan.dock_s, self._need_kg(way.dv_mps))

    def _remaining_mps(self, rest: Vector) -> float:
        """Change of velocity of the rest of a way back, m/s: the burns that run or wait, and the rest of the speed at
        the end. Each burn counts as an impulse at its middle."""
        flight, engines, at_ms = self._legs.flight, self._profile.engines, self._state.now_ms
        here, dv = self._legs.here(), 0.0
        ahead: list[tuple[int, Vector]] = []
        if flight.burn is not None:
            part = (flight.burn_end_ms - at_ms) / (flight.burn_end_ms - flight.burn_start_ms)
            x, y, z = flight.burn.dv
            ahead.append(((at_ms + flight.burn_end_ms) // 2, (part * x, part * y, part * z)))
        mass = engines.dry_kg + self._state.skimmer.store_kg + self._state.skimmer.lobes.kg
        for command in flight.commands:
            newton = thrust_n(engines, command.thruster, 1.0)
            half_s = burn_s(mass, command.dv_mps, exhaust_mps(engines, command.thruster), newton) / 2.0
            ahead.append((command.at_ms + round(half_s * 1000.0), command.dv))
        for middle_ms, change in ahead:
            here = coast(self._legs.rate, here, max(middle_ms - at_ms, 0) / 1000.0)
            here = (*position(here), *plus(velocity(here), change))
            at_ms, dv = max(middle_ms, at_ms), dv + size(change)
        end = coast(self._legs.rate, here, max(self._state.leg_end_ms - at_ms, 0) / 1000.0)
        return dv + size(minus(rest, velocity(end)))

    def _need_kg(self, dv: float, empty_kg: float | None = None) -> float:
        """Propellant for a change of velocity and a docking with their reserves, kg."""
        engines, wear = self._profile.engines, max(self._state.skimmer.health.thrust, 1e-3)
        empty = engines.dry_kg + self._state.skimmer.store_kg if empty_kg is None else empty_kg
        dock_kg = empty * self._dock_share
        way_mps = _SPARE * dv + _SPARE_MPS if dv > 0.0 else 0.0
        return ((empty + dock_kg) * expm1(way_mps / engines.fwd_exhaust_mps) + dock_kg) / wear
