"""State of the simulated skimmer in flight as plain values: present motion in closed form, attitude, burns."""

from __future__ import annotations

from msgspec import Struct, field

from depot.physics.attitude import AttitudeSlew
from depot.physics.engines import ThrustCommand
from depot.physics.orbit import AT_REST, Hill, Vector
from depot.readings import SkimmerPlace


class LegSegment(Struct, frozen=True, array_like=True):
    """Part of a trajectory in closed form, from `at_ms` to the next one. `purpose`: of its burn; -1: coasting."""

    at_ms: int
    hill: Hill
    accel: Vector
    place: SkimmerPlace
    purpose: int


class SkimmerFlightState(Struct):
    """State of a flight. `hill` and `accel` at `at_ms` give the motion since then. `marks`: times of events to check.
    `segments`: flight data recorder of the present sortie."""

    at_ms: int = 0
    hill: Hill = AT_REST
    accel: Vector = (0.0, 0.0, 0.0)
    slew: AttitudeSlew = field(default_factory=AttitudeSlew)
    commands: list[ThrustCommand] = field(default_factory=list)
    burn: ThrustCommand | None = None
    burn_start_ms: int = 0
    burn_end_ms: int = 0
    burn_kg_s: float = 0.0
    burn_mps: float = 0.0
    burns: int = 0  # since the loop began; this number selects the errors of a burn
    commanded_mps: float = 0.0
    achieved_mps: float = 0.0
    weakest: float = 1.0  # least thrust of this sortie's burns as a fraction of the rated thrust
    arrived: bool = False
    at_gate: bool = False  # it holds and turns there
    far: bool = False  # it has left the depot's vicinity
    begun_far: bool = False  # value of `far` at the beginning of this leg
    closest_m: float = 1e9
    contact: Hill = AT_REST
    bumps: int = 0  # contacts of this sortie that did not lead to a capture
    marks: list[int] = field(default_factory=list)
    segments: list[LegSegment] = field(default_factory=list)
