"""State of a skimmer in flight, as plain values: the closed form that holds now, its attitude, its burns."""

from __future__ import annotations

from msgspec import Struct, field

from depot.physics.attitude import AttitudeSlew
from depot.physics.engines import ThrustCommand
from depot.physics.orbit import AT_REST, Hill, Vector
from depot.readings import SkimmerPlace


class LegSegment(Struct, frozen=True, array_like=True):
    """Closed form of a part of a flown trajectory: from `at_ms` on, until the next. `purpose`: of its burn, -1 =
    coasting."""

    at_ms: int
    hill: Hill
    accel: Vector
    place: SkimmerPlace
    purpose: int


class SkimmerFlightState(Struct):
    """`hill` and `accel` at `at_ms` give the motion since. `marks`: instants that are looked at; `segments`: the flight
    data recorder of the present sortie."""

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
    burns: int = 0  # since the loop began: the number of a burn draws its errors
    commanded_mps: float = 0.0
    achieved_mps: float = 0.0
    weakest: float = 1.0  # the least thrust of this sortie's burns, of what its thruster is rated for
    arrived: bool = False
    at_gate: bool = False  # it holds off there, and turns
    far: bool = False  # it has left the depot's vicinity,
    begun_far: bool = False  # and had before this leg
    closest_m: float = 1e9
    contact: Hill = AT_REST
    bumps: int = 0  # contacts of this sortie that were pushed off
    marks: list[int] = field(default_factory=list)
    segments: list[LegSegment] = field(default_factory=list)
