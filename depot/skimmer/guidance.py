"""Guidance of the skimmer: the burns that its plan needs, from its own estimate of its motion.

A transfer is two burns with corrections between them: the inverted state transition of relative motion gives the first
(`transfer`), and the last removes the speed that is left. The harvest is a closed ellipse that dips into the zone once
in a revolution and needs only trims. The approach is a glide slope flown in pulses, slower with less distance (Hablani
et al., 2002, "Guidance and relative navigation for autonomous rendezvous in a circular orbit").

It is a machine without a clock: readings and the time go in, commands for MODE_CTRL come out.
"""

from __future__ import annotations

from enum import IntEnum
from math import fsum

from msgspec import Struct, field

from autopilot.interface.mathematics import exp, log
from depot.messages import MissionPlan
from depot.physics.attitude import AttitudeSlew
from depot.physics.engines import BurnPurpose, ThrustCommand, Thruster, burn_s, exhaust_mps, thrust_n
from depot.physics.orbit import (
    AT_REST,
    Ellipse,
    Hill,
    Orbit,
    Vector,
    closed_ellipse,
    coast,
    minus,
    position,
    size,
    transfer,
    velocity,
)
from depot.physics.ways import BurnPair, cheapest, return_s
from depot.physics.zone import dip_phases
from depot.readings import SkimmerPlace, SkimmerReading
from depot.settings import CorridorSettings, EngineSettings, ZoneSettings

CORRECTIONS = (0.45, 0.8, 0.95)
"""Fractions of a transfer's time at which it is corrected."""
_AIM_S = 600.0
"""Time before the end of a transfer at which its last burn is computed, s."""
_SETTLE_S = 120.0
_TRIM_S = 60_000.0
_AGAIN_S = 3_000.0
_AWAY_MPS = 3.0
_WAIT_MS = 30_000
_CONTACT_M = 1.0
"""Distance beyond the dock at which the last pulse aims, m, so that contact has a speed."""


class SkimmerLeg(IntEnum):
    NONE = 0
    OUT = 1
    PATTERN = 2
    BACK = 3
    GLIDE = 4


class WaySettings(Struct, frozen=True):
    """Planned times, s: end of the departure burn after undocking, way out, way back."""

    departure_s: float
    outbound_s: float
    return_s: float


class GuidanceMemory(Struct):
    """Memory of the guidance. `due`: times of the next calls, ms. `end_ms`: end of the transfer."""

    leg: SkimmerLeg = SkimmerLeg.NONE
    undocked_ms: int = 0
    target: Hill = AT_REST
    end_ms: int = 0
    due: list[int] = field(default_factory=list)
    aimed: bool = False  # the last burn was commanded; at `due` its result is checked
    pulse_ms: int = 0  # time between two pulses of the glide
    pulses: int = 0
    slope: float = 0.0


class Guidance:
    """Guidance of a craft without an autopilot."""

    def __init__(
        self,
        orbit: Orbit,
        engines: EngineSettings,
        corridor: CorridorSettings,
        zone: ZoneSettings,
        ways: WaySettings,
        memory: GuidanceMemory,
    ) -> None:
        self._orbit, self._n = orbit, orbit.rate
        self._engines, self._corridor, self._zone, self._ways = engines, corridor, zone, ways
        self.memory = memory

    @property
    def gate(self) -> Hill:
        """Beginning of the docking corridor, at rest: holding there needs no propellant."""
        return (0.0, -self._corridor.gate_m, 0.0, 0.0, 0.0, 0.0)

    def next_ms(self) -> int | None:
        """Time of the next call of `step`, ms; None: none is due."""
        return min(self.memory.due, default=None)

    # --- beginning of a leg -----------------------------------------------------------------------------------------
    def depart(self, reading: SkimmerReading, plan: MissionPlan, now_ms: int) -> list[ThrustCommand]:
        """Begin the transfer to the zone, so that it arrives when the plan says."""
        ways, undocked_ms = self._ways, self.memory.undocked_ms
        end_ms = undocked_ms + round((ways.departure_s + ways.outbound_s) * 1000.0)
        found = self._way(reading, self.entry(plan), (end_ms - now_ms) / 1000.0)
        last_ms = undocked_ms + round((ways.departure_s - self._burn_s(reading, found.first)) * 1000.0)
        at_ms = max(now_ms + self._turn_ms(found.first), last_ms)
        return self._begin(SkimmerLeg.OUT, BurnPurpose.DEPART, reading, self.entry(plan), found, at_ms, now_ms)

    def turn_back(self, reading: SkimmerReading, now_ms: int, seconds: float | None = None) -> list[ThrustCommand]:
        """Begin the transfer to the gate. A craft that closes in on the depot burns without turning first. `seconds`:
        transfer time; None: the usual one."""
        usual_s = return_s(_state(reading), self._ways.return_s) if seconds is None else seconds
        found = self._way(reading, self.gate, max(usual_s, reading.detour_s))
        brake = self._closes_in(reading)
        at_ms = now_ms if brake else now_ms + self._turn_ms(found.first)
        return self._begin(SkimmerLeg.BACK, BurnPurpose.RETURN, reading, self.gate, found, at_ms, now_ms, brake=brake)

    def approach(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        """Begin the glide slope after the docking clearance."""
        memory = self.memory
        memory.leg, memory.target, memory.aimed = SkimmerLeg.GLIDE, AT_REST, False
        slope = self._slope(reading)
        first = slope * size(reading.position_m) + self._corridor.contact_mps
        whole_ms = log(first / self._corridor.contact_mps) / slope * 1000.0
        memory.pulses = round(self._corridor.pulses * self._corridor.glide_mps_per_m / slope)
        memory.slope = slope
        memory.pulse_ms = round(whole_ms / memory.pulses)
        memory.end_ms = now_ms + memory.pulses * memory.pulse_ms
        memory.due = [now_ms + number * memory.pulse_ms for number in range(1, memory.pulses + 3)]
        return self._pulse(reading, now_ms)

    def away(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        """Leave along the track for good, with the propellant that is left: a return is not feasible."""
        self.stop()
        mass = self._mass(reading)
        speed = min(_AWAY_MPS, self._engines.fwd_exhaust_mps * log(mass / max(mass - reading.fuel_kg, 1.0)))
        back = 1.0 if reading.position_m[1] < 0.0 else -1.0  # a craft that speeds up falls behind
        return self._command(BurnPurpose.AWAY, (0.0, back * speed, 0.0), now_ms, now_ms)

    def stop(self) -> None:
        self.memory.leg, self.memory.due = SkimmerLeg.NONE, []

    def entry(self, plan: MissionPlan) -> Hill:
        """State at which the pattern is entered: descending, just below the zone's ceiling."""
        low = self._orbit.offset_m(plan.waypoints[-1])
        height = max(-low[0], 1.0)
        half = dip_phases(self._orbit, self._zone, Ellipse(0.0, height, 0.0))
        return closed_ellipse(self._n, height, low[1], -0.97 * (half or 0.0))

    # --- time -------------------------------------------------------------------------------------------------------
    def step(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        memory = self.memory
        if not memory.due or now_ms < memory.due[0]:
            return []
        if reading.thrusting:  # the last burn takes longer than computed
            memory.due = sorted({max(due, now_ms + _WAIT_MS) for due in memory.due})
            return []
        del memory.due[0]
        match memory.leg:
            case SkimmerLeg.BACK if reading.detour_s > (memory.end_ms - now_ms) / 1000.0 + _AGAIN_S:
                return self.turn_back(reading, now_ms)
            case SkimmerLeg.OUT | SkimmerLeg.BACK if memory.aimed:
                return self._look(reading, now_ms)
            case SkimmerLeg.OUT | SkimmerLeg.BACK if not memory.due:
                return self._arrive(reading, now_ms)
            case SkimmerLeg.OUT | SkimmerLeg.BACK:
                return self._correct(reading, now_ms)
            case SkimmerLeg.PATTERN:
                memory.due = [now_ms + round(_TRIM_S * 1000.0)]
                return self._trim(reading, now_ms)
            case SkimmerLeg.GLIDE:
                return self._pulse(reading, now_ms)
            case _:
                return []

    def _begin(
        self,
        leg: SkimmerLeg,
        purpose: BurnPurpose,
        reading: SkimmerReading,
        target: Hill,
        found: BurnPair,
        at_ms: int,
        now_ms: int,
        *,
        brake: bool = False,
    ) -> list[ThrustCommand]:
        """First burn of a transfer and the times of its corrections. The transfer counts from the middle of the burn.
        `brake`: burn with THRUSTER_ATT at once."""
        memory = self.memory
        half_ms = round(self._burn_s(reading, found.first, brake=brake) * 500.0)
        middle_ms = at_ms + half_ms
        end_ms = max(now_ms + round(found.seconds * 1000.0), middle_ms + 1_000)
        coasted = coast(self._n, _state(reading), (middle_ms - now_ms) / 1000.0)
        depart = transfer(self._n, position(coasted), position(target), (end_ms - middle_ms) / 1000.0)
        dv = found.first if depart is None else minus(depart, velocity(coasted))
        memory.leg, memory.target, memory.end_ms, memory.aimed = leg, target, end_ms, False
        span = end_ms - at_ms
        memory.due = [at_ms + round(part * span) for part in CORRECTIONS if (1.0 - part) * span > 2_000.0 * _AIM_S]
        memory.due.append(max(end_ms - round(_AIM_S * 1000.0), at_ms + 2 * half_ms + 1_000))
        return self._command(purpose, dv, at_ms, end_ms, brake=brake)

    def _correct(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        memory = self.memory
        here = _state(reading)
        departure = transfer(self._n, position(here), position(memory.target), (memory.end_ms - now_ms) / 1000.0)
        if departure is None:
            return []
        return self._command(BurnPurpose.CORRECT, minus(departure, velocity(here)), now_ms, memory.end_ms)

    def _arrive(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        """Last burn of a transfer; its result is checked afterwards."""
        memory = self.memory
        arrival = coast(self._n, _state(reading), max(memory.end_ms - now_ms, 0) / 1000.0)
        dv = minus(velocity(memory.target), velocity(arrival))
        half_ms = round(self._burn_s(reading, dv) * 500.0)
        at_ms = max(memory.end_ms - half_ms, now_ms)
        memory.aimed = True
        memory.due = [at_ms + 2 * half_ms + round(_SETTLE_S * 1000.0)]
        return self._command(BurnPurpose.ARRIVE, dv, at_ms, memory.end_ms)

    def _look(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        """Check the arrival: trim the pattern so that it closes, or fly to a missed gate again."""
        memory = self.memory
        if memory.leg is SkimmerLeg.OUT:
            memory.leg = SkimmerLeg.PATTERN
            memory.due = [now_ms + round(_TRIM_S * 1000.0)]
            return self._trim(reading, now_ms)
        if reading.place is not SkimmerPlace.BACK:
            self.stop()
            return []
        return self.turn_back(reading, now_ms, _AGAIN_S)

    def _trim(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        """Trim the pattern so that it closes, or drifts back to its middle until the next trim."""
        here = _state(reading)
        off_m = here[1] - 2.0 * here[3] / self._n - self.memory.target[1] + 2.0 * self.memory.target[3] / self._n
        middle_m = off_m / (1.5 * self._n * _TRIM_S)
        along_mps = -2.0 * self._n * here[0] + 0.5 * self._n * middle_m
        return self._command(BurnPurpose.TRIM, (0.0, along_mps - here[4], 0.0), now_ms, now_ms)

    def _pulse(self, reading: SkimmerReading, now_ms: int) -> list[ThrustCommand]:
        """Pulse that leads to the glide slope's position at the next pulse."""
        memory = self.memory
        here = _state(reading)
        if self._slope(reading) != memory.slope:  # thrusters have failed, which needs a gentler slope
            return self.turn_back(reading, now_ms, _AGAIN_S)
        remaining_s = max(memory.end_ms - now_ms - memory.pulse_ms, 0) / 1000.0
        slope = self._slope(reading)
        behind = self._corridor.contact_mps / slope * (exp(slope * remaining_s) - 1.0) - _CONTACT_M
        departure = transfer(self._n, position(here), (0.0, -behind, 0.0), memory.pulse_ms / 1000.0)
        if departure is None:
            return []
        return self._command(BurnPurpose.APPROACH, minus(departure, velocity(here)), now_ms, memory.end_ms)

    # --- quantities --------------------------------------------------------------------------------------------------
    def off_way_m(self, reading: SkimmerReading, now_ms: int) -> float:
        """Distance between the estimated and the planned position at the end of the transfer, m.

        In the pattern it is the present distance from the planned position. It is 0 during a burn or the wait for one,
        and in the corridor, where the depot measures it.
        """
        memory = self.memory
        if memory.leg not in (SkimmerLeg.OUT, SkimmerLeg.PATTERN, SkimmerLeg.BACK) or reading.thrusting:
            return 0.0
        remaining_s = (memory.end_ms - now_ms) / 1000.0
        known, planned = _state(reading), memory.target
        if remaining_s > 0.0:
            known = coast(self._n, known, remaining_s)
        else:
            planned = coast(self._n, planned, -remaining_s)
        return size(minus(position(known), position(planned)))

    def _slope(self, reading: SkimmerReading) -> float:
        """Slope of the glide, 1/s; smaller with weak thrusters."""
        return self._corridor.glide_mps_per_m * min(max(reading.attitude, 0.2), 1.0)

    def _way(self, reading: SkimmerReading, target: Hill, usual_s: float) -> BurnPair:
        return cheapest(self._n, _state(reading), target, usual_s, self._corridor.keep_out_m)

    def _mass(self, reading: SkimmerReading) -> float:
        return self._engines.dry_kg + reading.store_kg + reading.fuel_kg

    def _closes_in(self, reading: SkimmerReading) -> bool:
        """True inside the gate and coming nearer."""
        place_m, speed = reading.position_m, reading.velocity_mps
        inside = size(place_m) <= self._corridor.gate_m
        return inside and fsum(p * v for p, v in zip(place_m, speed, strict=True)) < 0.0

    def _burn_s(self, reading: SkimmerReading, dv: Vector, *, brake: bool = False) -> float:
        thruster = self._thruster(BurnPurpose.CORRECT, dv, brake=brake)
        health = reading.attitude if thruster is Thruster.ATT else reading.thruster_fwd
        newton = max(thrust_n(self._engines, thruster, health), 1.0)
        return burn_s(self._mass(reading), size(dv), exhaust_mps(self._engines, thruster), newton)

    def _turn_ms(self, dv: Vector) -> int:
        """Longest time for turning into a burn, ms."""
        whole = AttitudeSlew(angle_deg=180.0, rate_dps=self._engines.rate_max_dps, accel_dps2=self._engines.accel_dps2)
        return 0 if self._thruster(BurnPurpose.CORRECT, dv) is Thruster.ATT else round(whole.seconds * 1000.0)

    def _thruster(self, purpose: BurnPurpose, dv: Vector, *, brake: bool = False) -> Thruster:
        small = size(dv) < self._engines.fwd_least_mps
        return Thruster.ATT if small or brake or purpose is BurnPurpose.APPROACH else Thruster.FWD

    def _command(
        self, purpose: BurnPurpose, dv: Vector, at_ms: int, until_ms: int, *, brake: bool = False
    ) -> list[ThrustCommand]:
        if size(dv) < self._engines.att_least_mps and purpose not in (
            BurnPurpose.DEPART,
            BurnPurpose.RETURN,
            BurnPurpose.ARRIVE,
        ):
            return []
        return [ThrustCommand(purpose, self._thruster(purpose, dv, brake=brake), dv, at_ms, until_ms)]


def _state(reading: SkimmerReading) -> Hill:
    """Own estimate of its motion, from a reading."""
    return (*reading.position_m, *reading.velocity_mps)
