"""Motion of an orbital skimmer (`OrbitalMotion`): relative motion about the depot's orbit, attitude, burns and harvest.

It combines `legs` (true motion), `burns` (thrust and attitude), `dips` (harvest) and `navigation` (the skimmer's
estimate). This module moves `place` on at events: a burn begins or ends, the zone is entered or left, the dock is
touched, the eclipse or the comms window changes.
"""

from __future__ import annotations

from depot.physics.attitude import AttitudeSlew, slew_to
from depot.physics.engines import BurnPurpose, ThrustCommand, Thruster
from depot.physics.orbit import AT_REST, Hill, Vector, position, size, velocity
from depot.physics.windows import Almanac
from depot.physics.zone import in_corridor
from depot.readings import DepotReading, Relative, SkimmerPlace, SkimmerReading
from depot.settings import DEATH_FACTOR, Profile
from depot.world.burns import Burns
from depot.world.dips import Dips
from depot.world.flight import SkimmerFlightState
from depot.world.legs import PASSING, Legs
from depot.world.navigation import Navigator, normal
from depot.world.skimmer import burn
from depot.world.state import WorldState

AHEAD: Vector = (0.0, 1.0, 0.0)
"""Direction along the track: of INTAKE in the harvest, and of DOCK_PORT in the approach from behind."""
_PLENTY = 0.3
"""Fraction of the propellant at launch above which the return margin needs no extra checks."""
_LEAST_S = 20.0
_LOOK_MS = 20_000
_AT_REST_MPS = 0.01
"""Speed below which the skimmer is held at the gate, m/s."""
_DEPOT_M = 30.0
"""Distance from the depot beyond which a passing skimmer does not touch it, m."""
_LOOKS = (1.02, 1.1, 1.25, 1.5)
"""Factors on the time to be clear of the dock, at which the distance is checked."""


class OrbitalMotion:
    """`depot.world.motion.Motion` of an orbital skimmer."""

    stepped = False

    def __init__(self, profile: Profile, state: WorldState) -> None:
        self._profile = profile
        self._state = state
        self.almanac = Almanac(profile.orbit)
        self._orbit = self.almanac.orbit
        self.legs = Legs(profile, state, self._orbit.rate)
        self.burns = Burns(profile, state, self.legs)
        self._dips = dips = Dips(profile, state, self.legs, self.almanac)
        self._navigator = navigator = Navigator(profile, state, self.legs, self.almanac)
        self.intake_kg, self.filled_ms, self.expected_kg = dips.intake_kg, dips.filled_ms, dips.expected_kg
        self.whereabouts, self.homing = navigator.whereabouts, navigator.homing
        self.fall = self.burns.stop

    @property
    def flight(self) -> SkimmerFlightState:
        """State of the flight, which this motion changes."""
        return self._state.flight

    # --- time ---------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        return self._state.now_ms

    def events_ms(self) -> list[float]:
        state, now_ms = self._state, self._state.now_ms
        dues: list[float] = [self.almanac.next_edge_ms(self.almanac.shadow, now_ms)]
        if state.place is SkimmerPlace.DOCK or state.destroyed:
            return dues
        flight = self.flight
        dues.append(self.almanac.next_edge_ms(self.almanac.blocked, now_ms))
        burn_ms = self.burns.due_ms()
        if burn_ms is not None:
            dues.append(burn_ms)
        if flight.marks:
            dues += flight.marks
        if state.place is SkimmerPlace.OUT:
            dues += self.coasting_ms()
        if state.place is SkimmerPlace.OUT and flight.arrived:
            dues += self._dips.crossings_ms()
        if state.place is SkimmerPlace.ZONE and state.skimmer.harvesting:
            dues += self._margin_ms()
        return dues

    def _margin_ms(self) -> list[float]:
        """Time of the next check whether the propellant suffices for the return with its reserve; sooner with less
        propellant."""
        use, lobes_kg = self._profile.skimmer, self._state.skimmer.lobes.kg
        if lobes_kg > _PLENTY * use.launch_propellant_kg:
            return []
        spare_kg = lobes_kg - self.homing().kg * (1.0 + use.fuel_reserve)
        drag_n = self._dips.floor_kg_s / use.eta_intake * self._orbit.rate * self._orbit.radius_m
        seconds = spare_kg / (drag_n / self._profile.engines.fwd_exhaust_mps)
        return [self._state.now_ms + max(seconds, _LEAST_S) * 1000.0]

    def coasting_ms(self) -> tuple[int, int]:
        """Begin and end of the coasting part of the way out, ms."""
        state, plan = self._state, self._profile.plan
        span = state.leg_end_ms - state.leg_start_ms
        middle = state.leg_start_ms + span // 2
        half = round(min(plan.coast_s * 1000.0, span * 0.8) / 2.0)
        return middle - half, middle + half

    def begin(self, seconds: float) -> None:
        """Do nothing: only gravity acts on the skimmer."""

    def burn(self, seconds: float) -> None:
        """Take the propellant of burns, of the drag of the intake and of holding."""
        state, flight = self._state, self.flight
        if state.skimmer.dark:
            return
        kg = 0.0 if flight.burn is None else flight.burn_kg_s * seconds
        if state.place is SkimmerPlace.ZONE and state.skimmer.harvesting:
            swept_kg = self.intake_kg(seconds) / self._profile.skimmer.eta_intake
            kg += swept_kg * self._orbit.rate * self._orbit.radius_m / self._profile.engines.fwd_exhaust_mps
        if state.place is SkimmerPlace.CORRIDOR or flight.at_gate:
            kg += self._profile.skimmer.dock_kg * 0.1 / self._profile.plan.dock_s * seconds
        if kg > 0.0:
            burn(state.skimmer, kg, state.outside)

    def finish(self, seconds: float) -> None:
        """Do nothing."""

    # --- transitions --------------------------------------------------------------------------------------------------
    def arrive(self) -> None:
        state, flight = self._state, self.flight
        if state.destroyed or state.place is SkimmerPlace.DOCK:
            return
        flight.marks = [mark for mark in flight.marks if mark > state.now_ms]
        if state.skimmer.dark and flight.burn is not None:
            self.burns.stop()  # valves close without power
        self.burns.advance()
        here = self.legs.here()
        distance = size(position(here))
        if state.place in PASSING:
            flight.far |= distance > 2.0 * self._profile.corridor.keep_out_m
            if flight.far:
                flight.closest_m = min(flight.closest_m, distance)
        if state.place is SkimmerPlace.OUT and flight.arrived and self._dips.inside(self._navigator.estimate()):
            state.place = SkimmerPlace.ZONE  # by its own idea
            self.burns.point(AHEAD)
        elif state.place is SkimmerPlace.OUT and flight.arrived and self._dips.inside(here):
            flight.marks.append(state.now_ms + _LOOK_MS)  # it does not know yet
        elif state.place is SkimmerPlace.BACK and flight.arrived and flight.burn is None:
            self._reach_gate(here)
        elif state.place is SkimmerPlace.FINAL and here[1] >= -1e-6 and size((here[0], 0.0, here[2])) <= _DEPOT_M:
            self._touch(here)

    def _reach_gate(self, here: Hill) -> None:
        """Arrive at the gate by its own estimate: THRUSTER_ATT stops and holds it; it waits there when the nose points
        at the dock."""
        flight, known = self.flight, self._navigator.estimate()
        if not flight.at_gate and in_corridor(self._profile.corridor, known):
            if size(velocity(known)) > _AT_REST_MPS:
                x, y, z = velocity(known)
                now_ms = self._state.now_ms
                self.burns.command(ThrustCommand(BurnPurpose.ARRIVE, Thruster.ATT, (-x, -y, -z), now_ms, now_ms))
                flight.arrived = False
                self.burns.advance()
                return
            flight.at_gate = True
            self.burns.stop()
            self.legs.hold(here)
            self.burns.point(AHEAD)
            flight.marks = [flight.slew.start_ms + round(flight.slew.seconds * 1000.0) + 1]
        if flight.at_gate and self._state.now_ms > flight.slew.start_ms + round(flight.slew.seconds * 1000.0):
            self._state.place = SkimmerPlace.CORRIDOR

    def _touch(self, here: Hill) -> None:
        """Contact with the docking cone: capture within the limits, otherwise it is pushed off."""
        state, corridor = self._state, self._profile.corridor
        self.burns.stop()
        flight = self.flight
        flight.contact = here
        aside = size((here[0], 0.0, here[2]))
        gentle = 0.0 <= here[4] <= 4.0 * corridor.contact_mps and size((here[3], 0.0, here[5])) <= corridor.contact_mps
        level = (
            self.burns.attitude_error_deg() <= corridor.attitude_max_deg
            and self.burns.rate_dps() <= corridor.rate_max_dps
        )
        if aside <= corridor.capture_m and gentle and level:
            state.place = SkimmerPlace.DOCK
            state.late = False
            self.legs.begin(AT_REST)
            return
        state.place = SkimmerPlace.BACK
        flight.bumps += 1
        flight.arrived = flight.at_gate = False
        self.legs.begin((here[0], min(here[1], -0.5), here[2], 0.0, -corridor.separation_mps, 0.0))

    # --- commands -----------------------------------------------------------------------------------------------------
    def fire(self, command: ThrustCommand) -> None:
        """Take a command of MODE_CTRL: turn, wait for its time, burn."""
        state, flight = self._state, self.flight
        if state.place is SkimmerPlace.DOCK or state.destroyed:
            return
        if command.purpose in (BurnPurpose.DEPART, BurnPurpose.RETURN):
            state.leg_start_ms, state.leg_end_ms = state.now_ms, command.until_ms
            flight.arrived = flight.at_gate = False
            if state.place is SkimmerPlace.FINAL:  # the approach is given up
                self.burns.stop()
                state.place = SkimmerPlace.BACK
        self.burns.command(command)
        self.arrive()

    def depart(self) -> None:
        """Leave the dock backwards by its springs."""
        state, flight, corridor = self._state, self.flight, self._profile.corridor
        state.place = SkimmerPlace.NEAR
        flight.closest_m, flight.bumps, flight.segments = 1e9, 0, []
        flight.arrived = flight.at_gate = flight.far = False
        flight.commanded_mps = flight.achieved_mps = 0.0
        flight.weakest = 1.0
        flight.slew = AttitudeSlew(slew_to(flight.slew.before, AHEAD, 0, 1.0, 1.0).at(10**9))
        spread = self._profile.navigation.dispersion_mps
        off = [spread * normal(state.seed, state.sorties, f"spring {axis}") for axis in "xyz"]
        self.legs.begin((0.0, 0.0, 0.0, off[0], off[1] - corridor.separation_mps, off[2]))
        clear_s = self._profile.skimmer.clear_m / corridor.separation_mps
        flight.marks = [state.now_ms + round(part * clear_s * 1000.0) for part in _LOOKS]
        state.leg_start_ms, state.leg_end_ms = state.now_ms, flight.marks[0]

    def turn_back(self) -> None:
        """End the present leg; the burns of the way back are commanded one by one (`fire`)."""
        state = self._state
        if state.place in (SkimmerPlace.NEAR, SkimmerPlace.OUT, SkimmerPlace.ZONE, SkimmerPlace.BACK):
            self.burns.stop()
            state.place = SkimmerPlace.BACK
            self.flight.arrived = self.flight.at_gate = False
            state.leg_start_ms = state.now_ms
            state.leg_end_ms = state.now_ms + round(self.homing().remaining_s * 1000.0)

    def approach(self) -> None:
        if self._state.place is SkimmerPlace.CORRIDOR:
            self._state.place = SkimmerPlace.FINAL
            self.flight.at_gate = False
            self.burns.point(AHEAD)

    def dispose(self) -> None:
        self.burns.stop()
        self._state.place = SkimmerPlace.ADRIFT

    def stretch_return(self) -> None:
        """Do nothing: the skimmer reads `SkimmerReading.detour_s`."""

    # --- facts --------------------------------------------------------------------------------------------------------
    def sunlit(self) -> bool:
        """True while depot and skimmer are in sunlight."""
        return self.almanac.sunlit(self._state.now_ms)

    def link_open(self) -> bool:
        return self._navigator.link_open()

    def refuel_kg_s(self, seconds: float) -> float:
        return self._profile.depot.refuel_kg_s

    def tell(self, reading: SkimmerReading) -> None:
        """Set the readings of its own sensors; they are estimates of its motion."""
        state, flight = self._state, self.flight
        sunlit = self.sunlit()
        reading.sunlit, reading.solar_w = sunlit, self._profile.power.solar_w if sunlit else 0.0
        reading.link_open = self.link_open()
        if flight.commanded_mps > 0.0 and flight.burn is None:  # in the dock: of the last flight
            reading.thrust_ratio = flight.weakest * flight.achieved_mps / flight.commanded_mps
        if state.place is SkimmerPlace.DOCK:
            return
        known = self._navigator.estimate()
        reading.position_m, reading.velocity_mps = position(known), velocity(known)
        distance = size(position(known))
        reading.clearance_m = distance
        reading.in_zone = self._dips.inside(known)
        reading.thrusting = flight.burn is not None or bool(flight.commands)
        reading.thrusting |= flight.at_gate and state.place is SkimmerPlace.BACK
        if state.place is SkimmerPlace.OUT and self._profile.plan.coast_s > 0.0:
            begin_ms, end_ms = self.coasting_ms()
            reading.coasting = begin_ms <= state.now_ms < end_ms
        if state.late:
            plan = self._profile.plan
            missed_ms = state.undocked_ms + (DEATH_FACTOR * plan.t_sortie_s + plan.return_s) * 1000.0
            reading.detour_s = max((missed_ms - state.now_ms) / 1000.0, 0.0)

    def show(self, reading: DepotReading) -> None:
        """Set the readings of the depot's sensors and of the link."""
        state, now_ms = self._state, self._state.now_ms
        reading.sunlit = self.sunlit()
        reading.hears = self.link_open()
        reading.next_window_s = (self.almanac.next_window_ms(now_ms) - now_ms) / 1000.0
        reading.window_left_s = self.almanac.window_left_ms(now_ms) / 1000.0
        reading.closest_m, reading.bumps = self.flight.closest_m, self.flight.bumps
        if state.place is SkimmerPlace.DOCK or state.destroyed:
            return
        here = self.legs.here()
        distance = size(position(here))
        if distance <= self._profile.navigation.seen_m:
            reading.relative = Relative(
                position(here), velocity(here), self.burns.attitude_error_deg(), self.burns.rate_dps()
            )
            reading.clearance_m = distance
