"""A skimmer that is flown: relative motion about the depot's orbit, attitude, burns, and what it meets on the way
(`OrbitalMotion`).

Every leg is one closed form from its beginning: coasting or constant thrust. `FlightState` has where that was; an event
is where a burn begins or ends, the zone is entered or left, the dock is touched, Sun or window change. What MODE_CTRL
commands is turned into thrust here, with the errors that real thrusters have. The truth is here; what the skimmer knows
of it goes through `navigation`.
"""

from __future__ import annotations

from math import expm1, floor, pi

from depot.physics.attitude import Slew, slew_to
from depot.physics.engines import (
    Purpose,
    ThrustCommand,
    Thruster,
    burn_s,
    delta_v_mps,
    exhaust_mps,
    propellant_kg,
    slew_kg,
    thrust_n,
)
from depot.physics.orbit import (
    AT_REST,
    Ellipse,
    Hill,
    Vector,
    coast,
    ellipse_of,
    minus,
    position,
    size,
    thrust,
    velocity,
)
from depot.physics.ways import cheapest, return_s
from depot.physics.windows import Almanac
from depot.physics.zone import dip_phases, in_corridor, in_zone, swept
from depot.readings import DepotReading, Place, Relative, SkimmerReading
from depot.settings import DEATH_FACTOR, Profile
from depot.world.flight import FlightState, Segment
from depot.world.motion import Homing, Spot
from depot.world.navigation import achieved, estimate, normal, sigma_m
from depot.world.skimmer import burn
from depot.world.state import WorldState

AHEAD: Vector = (0.0, 1.0, 0.0)
"""Along the track: where INTAKE looks in the harvest, and DOCK_PORT in the approach from behind."""
_STILL: Vector = (0.0, 0.0, 0.0)
_WAY_MPS = 13.0
"""What a way back from the zone takes at most, for who has not left yet."""
_SPARE, _SPARE_MPS, _DOCK_MPS = 1.2, 1.0, 3.5
"""Of the way back on top, for what burns are off by; corrections; and docking with THRUSTER_ATT."""
_AWAY = (Place.NEAR, Place.OUT, Place.ZONE, Place.BACK, Place.CORRIDOR, Place.FINAL, Place.ADRIFT)
_PASSING = (Place.OUT, Place.ZONE, Place.BACK)
_HALVINGS = 40
_GLANCES = 24
_GLANCE_MS = 2_000.0
_PLENTY = 0.3
"""Of the propellant at launch: with more than this nobody looks at the margin between two events."""
_LEAST_S = 20.0
_DEPOT_M = 30.0
"""Who passes farther off than this does not touch it."""
_LOOKS = (1.02, 1.1, 1.25, 1.5)
"""How far off it is, is looked at when it should have been clear for so long."""


class OrbitalMotion:
    """See the module; implements `depot.world.motion.Motion`."""

    stepped = False

    def __init__(self, profile: Profile, state: WorldState) -> None:
        self._profile = profile
        self._state = state
        self.almanac = Almanac(profile.orbit)
        self._orbit = self.almanac.orbit
        self._n = self._orbit.rate
        low = self._orbit.offset_m(profile.plan.waypoints[-1])
        self._along_m = low[1]
        self._seen: tuple[int, Hill | None, Hill] = (-1, None, AT_REST)
        self._drawn: tuple[Hill | None, Ellipse] = (None, Ellipse(0.0, 0.0, 0.0))
        self._heard: tuple[int, Place, bool] = (-1, Place.DOCK, True)
        self._planned = Ellipse(0.0, max(-low[0], 1.0), 0.0)
        self._half = dip_phases(self._orbit, profile.zone, self._planned)
        half = self._half or 0.0
        self._dip = swept(self._orbit, profile.zone, self._planned, -half, half)
        # `rho_env` is the mean over the pattern; at the zone's floor it is as much denser.
        self._floor_kg_s = profile.skimmer.intake_kg_s / (self._dip / (2.0 * pi)) if half > 0.0 else 0.0

    @property
    def flight(self) -> FlightState:
        """What changes of it."""
        return self._state.flight

    # --- where it is --------------------------------------------------------------------------------------------------
    def at(self, now_ms: int) -> Hill:
        """The true motion at an instant of the present leg."""
        flight = self.flight
        seconds = (now_ms - flight.at_ms) / 1000.0
        if flight.accel == _STILL:
            return coast(self._n, flight.hill, seconds) if flight.hill != AT_REST else AT_REST
        return thrust(self._n, flight.hill, flight.accel, seconds)

    def _here(self) -> Hill:
        """The true motion now; worked out once for an instant."""
        flight, now_ms = self.flight, self._state.now_ms
        seen_ms, hill, seen = self._seen
        if seen_ms != now_ms or hill is not flight.hill:
            seen = self.at(now_ms)
            self._seen = (now_ms, flight.hill, seen)
        return seen

    def _new_leg(self, hill: Hill, accel: Vector = _STILL, purpose: Purpose | None = None) -> None:
        """A closed form begins here."""
        flight, now_ms = self.flight, self._state.now_ms
        self._look_back(hill)
        flight.begun_far = flight.far
        flight.hill, flight.accel, flight.at_ms = hill, accel, now_ms
        if flight.segments and flight.segments[-1].at_ms == now_ms:
            flight.segments.pop()
        kind = -1 if purpose is None else int(purpose)
        flight.segments.append(Segment(now_ms, hill, accel, self._state.place, kind))

    def _look_back(self, end: Hill) -> None:
        """How near to the depot the leg that ends at `end` has led, between its events too."""
        flight, now_ms = self.flight, self._state.now_ms
        if not flight.begun_far or self._state.place not in _PASSING or now_ms <= flight.at_ms:
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

    # --- time -------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        return self._state.now_ms

    def events_ms(self) -> list[float]:
        state, now_ms = self._state, self._state.now_ms
        dues: list[float] = [self.almanac.next_edge_ms(self.almanac.shadow, now_ms)]
        if state.place not in _AWAY or state.destroyed:
            return dues
        flight = self.flight
        dues.append(self.almanac.next_edge_ms(self.almanac.blocked, now_ms))
        if flight.burn is not None:
            dues.append(flight.burn_end_ms)
        elif flight.commands:
            dues.append(self._ignition_ms(flight.commands[0]))
        if flight.marks:
            dues += flight.marks
        if state.place is Place.OUT:
            dues += self.coasting_ms()
        if state.place is Place.OUT and flight.arrived:
            dues += self._crossings_ms()
        if state.place is Place.ZONE and state.skimmer.harvesting:
            dues += self._margin_ms()
        return dues

    def _margin_ms(self) -> list[float]:
        """When to look whether what is left still takes it home with the reserve: the sooner, the nearer that is."""
        use, lobes_kg = self._profile.skimmer, self._state.skimmer.lobes.kg
        if lobes_kg > _PLENTY * use.launch_propellant_kg:
            return []
        spare_kg = lobes_kg - self.homing().kg * (1.0 + use.fuel_reserve)
        drag_n = self._floor_kg_s / use.eta_intake * self._n * self._orbit.radius_m
        seconds = spare_kg / (drag_n / self._profile.engines.fwd_exhaust_mps)
        return [self._state.now_ms + max(seconds, _LEAST_S) * 1000.0]

    def _ignition_ms(self, command: ThrustCommand) -> int:
        slew = self.flight.slew
        turned_ms = slew.start_ms + round(slew.seconds * 1000.0)
        return max(command.at_ms, turned_ms if command.thruster is Thruster.FWD else command.at_ms)

    def _ellipse(self) -> Ellipse:
        here = self._here()
        seen, ellipse = self._drawn
        if seen is not here:
            ellipse = ellipse_of(self._n, here)
            self._drawn = (here, ellipse)
        return ellipse

    def _crossings_ms(self) -> list[float]:
        """When it comes into the zone next, and out of it."""
        ellipse = self._ellipse()
        half = dip_phases(self._orbit, self._profile.zone, ellipse)
        if half is None or half >= pi:
            return []
        now_ms = self._state.now_ms
        return [now_ms + ((edge - ellipse.phase) % (2.0 * pi)) / self._n * 1000.0 + 0.5 for edge in (-half, half)]

    def coasting_ms(self) -> tuple[int, int]:
        """When it coasts in the middle of the way out, with nothing to do."""
        state, plan = self._state, self._profile.plan
        span = state.leg_end_ms - state.leg_start_ms
        middle = state.leg_start_ms + span // 2
        half = round(min(plan.coast_s * 1000.0, span * 0.8) / 2.0)
        return middle - half, middle + half

    def begin(self, seconds: float) -> None:
        """Nothing acts on it but gravity."""

    def burn(self, seconds: float) -> None:
        """What thrusters take: burns, the drag of the intake, holding off."""
        state, flight = self._state, self.flight
        kg = 0.0 if flight.burn is None else flight.burn_kg_s * seconds
        if state.place is Place.ZONE and state.skimmer.harvesting:
            swept_kg = self.intake_kg(seconds) / self._profile.skimmer.eta_intake
            kg += swept_kg * self._n * self._orbit.radius_m / self._profile.engines.fwd_exhaust_mps
        if state.place is Place.CORRIDOR or flight.at_gate:
            kg += self._profile.skimmer.dock_kg * 0.1 / self._profile.plan.dock_s * seconds
        if kg > 0.0:
            burn(state.skimmer, kg, state.outside)

    def finish(self, seconds: float) -> None:
        """Nothing is left to do."""

    def intake_kg(self, seconds: float) -> float:
        """What INTAKE takes in from now on: density, speed and being inside decide."""
        if self._state.place is not Place.ZONE:
            return 0.0
        start = self._ellipse().phase
        return sum(self._between(low, high) for low, high in self._dips(start, start + self._n * seconds))

    def _dips(self, start: float, end: float) -> list[tuple[float, float]]:
        """The parts of the ellipse between two phases that are below the zone's ceiling."""
        half = dip_phases(self._orbit, self._profile.zone, self._ellipse())
        if half is None:
            return []
        turns = range(floor((start + pi) / (2.0 * pi)), floor((end + pi) / (2.0 * pi)) + 1)
        parts = [(max(start, 2.0 * pi * turn - half), min(end, 2.0 * pi * turn + half)) for turn in turns]
        return [(low, high) for low, high in parts if high > low]

    def _between(self, low: float, high: float) -> float:
        """What a part of a dip brings, kg, if its middle is where the intake works."""
        ellipse = self._ellipse()
        middle_s = ((low + high) / 2.0 - ellipse.phase) / self._n
        there = self.at(self._state.now_ms + round(middle_s * 1000.0))
        if not in_zone(self._orbit, self._profile.zone, there, self._along_m):
            return 0.0
        return self._floor_kg_s / self._n * swept(self._orbit, self._profile.zone, ellipse, low, high)

    def filled_ms(self, kg: float) -> float | None:
        """When `kg` more have been taken in, if that is in this dip or the next."""
        if self._state.place is not Place.ZONE or kg > 2.5 * self._dip * self._floor_kg_s / self._n:
            return None
        start = self._ellipse().phase
        for low, high in self._dips(start, start + 2.0 * pi):
            whole = self._between(low, high)
            if whole > kg:
                return self._state.now_ms + (self._phase_of(low, high, kg) - start) / self._n * 1000.0
            kg -= whole
        return None

    def _phase_of(self, low: float, high: float, kg: float) -> float:
        """Where in a part of a dip so much has been taken in."""
        ellipse, begin = self._ellipse(), low
        units = kg * self._n / self._floor_kg_s
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if swept(self._orbit, self._profile.zone, ellipse, begin, middle) < units:
                low = middle
            else:
                high = middle
        return high

    def expected_kg(self) -> float:
        """What the planned pattern would have brought by now."""
        half, seconds = self._half, self._state.skimmer.harvest_s
        if half is None or seconds <= 0.0:
            return 0.0
        dips, rest = divmod(self._n * seconds, 2.0 * pi)
        part = swept(self._orbit, self._profile.zone, self._planned, -half, min(rest, 2.0 * half) - half)
        return self._floor_kg_s / self._n * (dips * self._dip + part)

    # --- transitions --------------------------------------------------------------------------------------------------
    def arrive(self) -> None:
        state, flight = self._state, self.flight
        if state.destroyed or state.place not in _AWAY:
            return
        flight.marks = [mark for mark in flight.marks if mark > state.now_ms]
        if flight.burn is not None and state.now_ms >= flight.burn_end_ms:
            self._end_burn()
        if flight.burn is None and flight.commands and state.now_ms >= self._ignition_ms(flight.commands[0]):
            self._ignite(flight.commands.pop(0))
        here = self._here()
        distance = size(position(here))
        if state.place in _PASSING:
            flight.far |= distance > 2.0 * self._profile.corridor.keep_out_m
            if flight.far:
                flight.closest_m = min(flight.closest_m, distance)
        if (
            state.place is Place.OUT
            and flight.arrived
            and in_zone(self._orbit, self._profile.zone, here, self._along_m)
        ):
            state.place = Place.ZONE
            self._point(AHEAD)
        elif state.place is Place.BACK and flight.arrived and flight.burn is None:
            self._reach_gate(here)
        elif state.place is Place.FINAL and here[1] >= -1e-6 and size((here[0], 0.0, here[2])) <= _DEPOT_M:
            self._touch(here)

    def _reach_gate(self, here: Hill) -> None:
        """Held at the gate by THRUSTER_ATT; when the nose looks at the dock it is in the corridor."""
        flight = self.flight
        if not flight.at_gate and in_corridor(self._profile.corridor, here):
            flight.at_gate = True
            self._stop()
            self._new_leg((0.0, here[1], 0.0, 0.0, 0.0, 0.0))
            self._point(AHEAD)
            flight.marks = [flight.slew.start_ms + round(flight.slew.seconds * 1000.0) + 1]
        if flight.at_gate and self._state.now_ms > flight.slew.start_ms + round(flight.slew.seconds * 1000.0):
            self._state.place = Place.CORRIDOR

    def _touch(self, here: Hill) -> None:
        """Docking cone: captured within the limits, else pushed off."""
        state, corridor = self._state, self._profile.corridor
        self._stop()
        flight = self.flight
        flight.contact = here
        aside = size((here[0], 0.0, here[2]))
        gentle = 0.0 <= here[4] <= 4.0 * corridor.contact_mps and size((here[3], 0.0, here[5])) <= corridor.contact_mps
        level = self.attitude_error_deg() <= corridor.attitude_max_deg and self.rate_dps() <= corridor.rate_max_dps
        if aside <= corridor.capture_m and gentle and level:
            state.place = Place.DOCK
            state.late = False
            self._new_leg(AT_REST)
            return
        state.place = Place.BACK
        flight.arrived = flight.at_gate = False
        self._new_leg((here[0], min(here[1], -0.5), here[2], 0.0, -corridor.separation_mps, 0.0))

    # --- burns --------------------------------------------------------------------------------------------------------
    def fire(self, command: ThrustCommand) -> None:
        """MODE_CTRL has commanded a thruster: turn into it, wait for its instant, burn."""
        state, flight = self._state, self.flight
        if state.place not in _AWAY or state.destroyed:
            return
        if command.purpose in (Purpose.DEPART, Purpose.RETURN):
            state.leg_start_ms, state.leg_end_ms = state.now_ms, command.until_ms
            flight.arrived = flight.at_gate = False
            if state.place is Place.FINAL:  # the approach is given up
                self._stop()
                state.place = Place.BACK
        if command.thruster is Thruster.FWD:
            self._point(command.dv)
        flight.commands.append(command)
        self.arrive()

    def _point(self, direction: Vector) -> None:
        """Turn the nose there; THRUSTER_ATT pays."""
        state, engines = self._state, self._profile.engines
        authority = max(state.skimmer.health.attitude, 0.05)
        slew = slew_to(
            self.flight.slew.at(state.now_ms), direction, state.now_ms, engines.rate_max_dps * authority,
            engines.accel_dps2 * authority,
        )  # fmt: skip
        self.flight.slew = slew
        burn(state.skimmer, slew_kg(engines, slew.peak_dps), state.outside)

    def _ignite(self, command: ThrustCommand) -> None:
        """Thrust along the nose for as long as it takes, with what there is."""
        state, flight, engines = self._state, self.flight, self._profile.engines
        flight.burns += 1
        wanted = command.dv_mps
        flight.commanded_mps += wanted
        real = achieved(engines, state.seed, flight.burns, command.dv)
        mass, wear = self._mass_kg(), max(state.skimmer.health.thrust, 1e-3)
        speed = exhaust_mps(engines, command.thruster)
        there_kg = state.skimmer.lobes.kg * wear
        kg = min(propellant_kg(mass, size(real), speed), there_kg)
        health = state.skimmer.health
        left = health.thruster_fwd if command.thruster is Thruster.FWD else health.attitude
        newton = thrust_n(engines, command.thruster, left)
        flight.weakest = min(flight.weakest, newton / thrust_n(engines, command.thruster, 1.0))
        if kg <= 0.0 or newton <= 0.0:
            self._end_of(command, 0.0)
            return
        dv = delta_v_mps(mass, kg, speed)
        seconds = max(burn_s(mass, dv, speed, newton), 0.001)
        scale = dv / size(real) / seconds
        flight.burn, flight.burn_kg_s = command, kg / seconds
        flight.burn_start_ms = state.now_ms
        flight.burn_end_ms = state.now_ms + max(round(seconds * 1000.0), 1)
        flight.burn_mps = dv
        self._new_leg(self._here(), (real[0] * scale, real[1] * scale, real[2] * scale), command.purpose)

    def _end_burn(self) -> None:
        flight = self.flight
        command, flight.burn = flight.burn, None
        whole = max(flight.burn_end_ms - flight.burn_start_ms, 1)
        part = min((self._state.now_ms - flight.burn_start_ms) / whole, 1.0)
        self._new_leg(self._here())
        if command is not None:
            flight.commanded_mps -= command.dv_mps * (1.0 - part)  # what was called off was not asked for
            self._end_of(command, flight.burn_mps * part)

    def _end_of(self, command: ThrustCommand, dv: float) -> None:
        state, flight = self._state, self.flight
        flight.achieved_mps += dv
        if command.purpose is Purpose.DEPART and state.place is Place.NEAR:
            state.place = Place.OUT
            self._new_leg(self._here())
        if command.purpose is Purpose.ARRIVE:
            flight.arrived = True
        if command.purpose is Purpose.APPROACH:
            self._mark_contact()

    def _mark_contact(self) -> None:
        """When this pulse would bring it to the dock."""
        state, flight = self._state, self.flight
        flight.marks = []
        step_s, here = self._profile.plan.dock_s / _GLANCES, self._here()
        reached = (number for number in range(1, _GLANCES + 1) if coast(self._n, here, number * step_s)[1] >= 0.0)
        first = next(reached, None)
        if first is None:
            return
        low, high = (first - 1) * step_s, first * step_s
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if coast(self._n, here, middle)[1] < 0.0:
                low = middle
            else:
                high = middle
        flight.marks = [state.now_ms + int(high * 1000.0) + 1]

    def _stop(self) -> None:
        """Engines off; what was commanded is forgotten."""
        if self.flight.burn is not None:
            self._end_burn()
        self.flight.commands, self.flight.marks = [], []

    def _mass_kg(self) -> float:
        skimmer = self._state.skimmer
        return self._profile.engines.dry_kg + skimmer.store_kg + skimmer.lobes.kg

    # --- commands -----------------------------------------------------------------------------------------------------
    def depart(self) -> None:
        """Latches are open: springs push it off, backwards."""
        state, flight, corridor = self._state, self.flight, self._profile.corridor
        state.place = Place.NEAR
        flight.closest_m, flight.segments = 1e9, []
        flight.arrived = flight.at_gate = flight.far = False
        flight.commanded_mps = flight.achieved_mps = 0.0
        flight.weakest = 1.0
        flight.slew = Slew(slew_to(flight.slew.before, AHEAD, 0, 1.0, 1.0).at(10**9))
        spread = self._profile.navigation.dispersion_mps
        off = [spread * normal(state.seed, state.sorties, f"spring {axis}") for axis in "xyz"]
        self._new_leg((0.0, 0.0, 0.0, off[0], off[1] - corridor.separation_mps, off[2]))
        clear_s = self._profile.skimmer.clear_m / corridor.separation_mps
        flight.marks = [state.now_ms + round(part * clear_s * 1000.0) for part in _LOOKS]
        state.leg_start_ms, state.leg_end_ms = state.now_ms, flight.marks[0]

    def turn_back(self) -> None:
        """What is being flown ends; the burns of the way back are commanded one by one (`fire`)."""
        state = self._state
        if state.place in (Place.NEAR, Place.OUT, Place.ZONE, Place.BACK):
            self._stop()
            state.place = Place.BACK
            self.flight.arrived = self.flight.at_gate = False
            state.leg_start_ms = state.now_ms
            state.leg_end_ms = state.now_ms + round(self.homing().remaining_s * 1000.0)

    def approach(self) -> None:
        if self._state.place is Place.CORRIDOR:
            self._state.place = Place.FINAL
            self.flight.at_gate = False
            self._point(AHEAD)

    def dispose(self) -> None:
        self._stop()
        self._state.place = Place.ADRIFT

    def stretch_return(self) -> None:
        """The skimmer sees it by `SkimmerReading.detour_s`."""

    def fall(self) -> None:
        """Nobody is there any more (`WorldState.destroyed`)."""
        self._stop()

    # --- facts --------------------------------------------------------------------------------------------------------
    def sunlit(self) -> bool:
        """Are depot and skimmer in the Sun?"""
        return self.almanac.sunlit(self._state.now_ms)

    def link_open(self) -> bool:
        """Do they hear each other?"""
        state = self._state
        now_ms, place = state.now_ms, state.place
        if place not in (Place.OUT, Place.ZONE, Place.BACK, Place.ADRIFT):
            return True
        seen_ms, at, heard = self._heard
        if seen_ms != now_ms or at is not place:
            heard = self.almanac.window_open(now_ms) or size(position(self._here())) <= self.almanac.near_m
            self._heard = (now_ms, place, heard)
        return heard

    def whereabouts(self) -> Spot | None:
        """Along the orbit from the depot, across it, and the height, by its own idea."""
        return self._orbit.place(self._estimate())

    def _silent_s(self) -> float:
        """Since the last fix."""
        if self.link_open():
            return 0.0
        now_ms, blocked = self._state.now_ms, self.almanac.blocked
        return (now_ms - self.almanac.next_end_ms(blocked, now_ms)) / 1000.0 + (
            blocked.length_deg / 360.0 * self._orbit.period_s
        )

    def _estimate(self) -> Hill:
        state = self._state
        if state.place is Place.DOCK:
            return AT_REST
        fix = int(state.now_ms / 1000.0 / self._orbit.period_s) + 1
        return estimate(self._profile.navigation, state.seed, fix, self._here(), max(self._silent_s(), 0.0))

    def homing(self) -> Homing:
        """The way back from here: its burns by the rocket equation, with something on top."""
        state, plan = self._state, self._profile.plan
        if state.place is Place.DOCK:
            full_kg = self._profile.engines.dry_kg + state.skimmer.store_capacity_kg
            return Homing(0.0, plan.return_s + plan.dock_s, self._need_kg(_WAY_MPS, full_kg))
        if state.place in (Place.CORRIDOR, Place.FINAL):
            return Homing(0.0, plan.dock_s, self._need_kg(0.0))
        here = self._here()
        gate: Hill = (0.0, -self._profile.corridor.gate_m, 0.0, 0.0, 0.0, 0.0)
        usual_s = return_s(here, plan.return_s)
        under_way = state.place is Place.BACK and not self.flight.commands and self.flight.burn is None
        if under_way and state.leg_end_ms > state.now_ms:
            left_s = (state.leg_end_ms - state.now_ms) / 1000.0
            dv = size(minus(velocity(gate), velocity(coast(self._n, here, left_s))))
            return Homing(left_s, min(left_s, plan.return_s) + plan.dock_s, self._need_kg(dv))
        way = cheapest(self._n, here, gate, usual_s)
        left_s = usual_s if state.place is not Place.BACK else max((state.leg_end_ms - state.now_ms) / 1000.0, 0.0)
        return Homing(left_s, usual_s + plan.dock_s, self._need_kg(way.dv_mps))

    def _need_kg(self, dv: float, empty_kg: float | None = None) -> float:
        """Propellant with which that change of velocity, a docking and what is on top leave the lobes empty."""
        engines, wear = self._profile.engines, max(self._state.skimmer.health.thrust, 1e-3)
        empty = engines.dry_kg + self._state.skimmer.store_kg if empty_kg is None else empty_kg
        dock_kg = empty * expm1(_DOCK_MPS / engines.att_exhaust_mps)
        way_mps = _SPARE * dv + _SPARE_MPS if dv > 0.0 else 0.0
        return ((empty + dock_kg) * expm1(way_mps / engines.fwd_exhaust_mps) + dock_kg) / wear

    def refuel_kg_s(self) -> float:
        return self._profile.depot.refuel_kg_s

    def attitude_error_deg(self) -> float:
        """Between where the nose should be and where it is: what is left of a turn, and what it is held with."""
        flight, engines = self.flight, self._profile.engines
        left = flight.slew.angle_deg - flight.slew.turned_deg(self._state.now_ms)
        return left + abs(engines.pointing_deg * normal(self._state.seed, self._state.sorties, "hold"))

    def rate_dps(self) -> float:
        return self.flight.slew.rate_at(self._state.now_ms)

    def tell(self, reading: SkimmerReading) -> None:
        """Its own sensors: what it believes of its motion, not what is true."""
        state, flight = self._state, self.flight
        sunlit = self.sunlit()
        reading.sunlit, reading.solar_w = sunlit, self._profile.power.solar_w if sunlit else 0.0
        reading.link_open = self.link_open()
        if flight.commanded_mps > 0.0 and flight.burn is None:  # docked: of the flight that has ended
            reading.thrust_ratio = flight.weakest * flight.achieved_mps / flight.commanded_mps
        if state.place is Place.DOCK:
            return
        known = self._estimate()
        reading.position_m, reading.velocity_mps = position(known), velocity(known)
        distance = size(position(known))
        reading.nav_sigma_m = sigma_m(self._profile.navigation, distance, max(self._silent_s(), 0.0))
        reading.clearance_m = distance
        reading.altitude_m, reading.speed_mps = self._orbit.height_m(known), self._orbit.speed_mps(known)
        reading.in_zone = in_zone(self._orbit, self._profile.zone, known, self._along_m)
        reading.attitude_error_deg, reading.rate_dps = self.attitude_error_deg(), self.rate_dps()
        mass, lobes = self._mass_kg(), state.skimmer.lobes
        reading.dv_left_mps = delta_v_mps(mass, lobes.kg, self._profile.engines.fwd_exhaust_mps)
        reading.thrusting = flight.burn is not None or bool(flight.commands)
        reading.thrusting |= flight.at_gate and state.place is Place.BACK
        if state.place is Place.OUT and self._profile.plan.coast_s > 0.0:
            begin_ms, end_ms = self.coasting_ms()
            reading.coasting = begin_ms <= state.now_ms < end_ms
        if state.late:
            plan = self._profile.plan
            missed_ms = state.undocked_ms + (DEATH_FACTOR * plan.t_sortie_s + plan.return_s) * 1000.0
            reading.detour_s = max((missed_ms - state.now_ms) / 1000.0, 0.0)

    def show(self, reading: DepotReading) -> None:
        """What the depot's own sensors see of it, and when it can talk to it."""
        state, now_ms = self._state, self._state.now_ms
        reading.sunlit = self.sunlit()
        reading.hears = self.link_open()
        reading.next_window_s = (self.almanac.next_window_ms(now_ms) - now_ms) / 1000.0
        reading.window_left_s = self.almanac.window_left_ms(now_ms) / 1000.0
        reading.closest_m = self.flight.closest_m
        if state.place is Place.DOCK or state.destroyed:
            return
        here = self._here()
        distance = size(position(here))
        if distance <= self._profile.navigation.seen_m:
            reading.seen = Relative(position(here), velocity(here), self.attitude_error_deg(), self.rate_dps())
            reading.clearance_m = distance
