"""Burns and turns of the simulated skimmer, with the errors of real thrusters.

A burn begins at its time, after the turn of the nose. Its duration follows from thrust and mass, its propellant from
the rocket equation.
"""

from __future__ import annotations

from depot.physics.attitude import slew_to
from depot.physics.engines import (
    BurnPurpose,
    ThrustCommand,
    Thruster,
    burn_s,
    delta_v_mps,
    exhaust_mps,
    propellant_kg,
    slew_kg,
    thrust_n,
)
from depot.physics.orbit import Vector, coast, size
from depot.readings import SkimmerPlace
from depot.settings import Profile
from depot.world.legs import Legs
from depot.world.navigation import achieved, normal
from depot.world.skimmer import burn
from depot.world.state import WorldState

_HALVINGS = 40
_GLANCES = 24


class Burns:
    """Engines of the skimmer. Commanded and present burns are in `FlightState`."""

    def __init__(self, profile: Profile, state: WorldState, legs: Legs) -> None:
        self._profile = profile
        self._state = state
        self._legs = legs

    def command(self, command: ThrustCommand) -> None:
        """Add a commanded burn and begin the turn for it."""
        if command.thruster is Thruster.FWD:
            self.point(command.dv)
        self._legs.flight.commands.append(command)

    def due_ms(self) -> int | None:
        """Time at which the present burn ends or the next begins, ms."""
        flight = self._legs.flight
        if flight.burn is not None:
            return flight.burn_end_ms
        return self._ignition_ms(flight.commands[0]) if flight.commands else None

    def advance(self) -> None:
        """End and begin the burns that are due."""
        state, flight = self._state, self._legs.flight
        if flight.burn is not None and state.now_ms >= flight.burn_end_ms:
            self._end_burn()
        if flight.burn is None and flight.commands and state.now_ms >= self._ignition_ms(flight.commands[0]):
            self._ignite(flight.commands.pop(0))

    def stop(self) -> None:
        """Switch the engines off and drop the commanded burns."""
        if self._legs.flight.burn is not None:
            self._end_burn()
        self._legs.flight.commands, self._legs.flight.marks = [], []

    def point(self, direction: Vector) -> None:
        """Turn the nose to `direction`, with THRUSTER_ATT's propellant."""
        state, engines = self._state, self._profile.engines
        authority = max(state.skimmer.health.attitude, 0.05)
        slew = slew_to(
            self._legs.flight.slew.at(state.now_ms),
            direction,
            state.now_ms,
            engines.rate_max_dps * authority,
            engines.accel_dps2 * authority,
        )
        self._legs.flight.slew = slew
        burn(state.skimmer, slew_kg(engines, slew.peak_dps), state.outside)

    def _ignition_ms(self, command: ThrustCommand) -> int:
        slew = self._legs.flight.slew
        turned_ms = slew.start_ms + round(slew.seconds * 1000.0)
        return max(command.at_ms, turned_ms if command.thruster is Thruster.FWD else command.at_ms)

    def _ignite(self, command: ThrustCommand) -> None:
        """Begin a burn along the nose with the available propellant and thrust."""
        state, flight, engines = self._state, self._legs.flight, self._profile.engines
        flight.burns += 1
        commanded_mps = command.dv_mps
        flight.commanded_mps += commanded_mps
        real = achieved(engines, state.seed, flight.burns, command.dv)
        mass, wear = self.mass_kg(), max(state.skimmer.health.thrust, 1e-3)
        speed = exhaust_mps(engines, command.thruster)
        available_kg = state.skimmer.lobes.kg * wear
        kg = min(propellant_kg(mass, size(real), speed), available_kg)
        health = state.skimmer.health
        thruster_health = health.thruster_fwd if command.thruster is Thruster.FWD else health.attitude
        newton = thrust_n(engines, command.thruster, thruster_health)
        flight.weakest = min(flight.weakest, newton / thrust_n(engines, command.thruster, 1.0))
        if kg <= 0.0 or newton <= 0.0 or state.skimmer.dark:
            self._end_of(command, 0.0)
            return
        dv = delta_v_mps(mass, kg, speed)
        seconds = max(burn_s(mass, dv, speed, newton), 0.001)
        scale = dv / size(real) / seconds
        flight.burn, flight.burn_kg_s = command, kg / seconds
        flight.burn_start_ms = state.now_ms
        flight.burn_end_ms = state.now_ms + max(round(seconds * 1000.0), 1)
        flight.burn_mps = dv
        self._legs.begin(self._legs.here(), (real[0] * scale, real[1] * scale, real[2] * scale), command.purpose)

    def _end_burn(self) -> None:
        flight = self._legs.flight
        command, flight.burn = flight.burn, None
        whole = max(flight.burn_end_ms - flight.burn_start_ms, 1)
        part = min((self._state.now_ms - flight.burn_start_ms) / whole, 1.0)
        self._legs.begin(self._legs.here())
        if command is not None:
            # the part that was not flown does not count as commanded
            flight.commanded_mps -= command.dv_mps * (1.0 - part)
            self._end_of(command, flight.burn_mps * part)

    def _end_of(self, command: ThrustCommand, dv: float) -> None:
        state, flight = self._state, self._legs.flight
        flight.achieved_mps += dv
        if command.purpose is BurnPurpose.DEPART and state.place is SkimmerPlace.NEAR:
            state.place = SkimmerPlace.OUT
            self._legs.begin(self._legs.here())
        if command.purpose is BurnPurpose.ARRIVE:
            flight.arrived = True
        if command.purpose is BurnPurpose.APPROACH:
            self._mark_contact()

    def _mark_contact(self) -> None:
        """Note when this pulse would reach the dock."""
        state, flight = self._state, self._legs.flight
        flight.marks = []
        step_s, here = self._profile.plan.dock_s / _GLANCES, self._legs.here()
        reached = (
            number for number in range(1, _GLANCES + 1) if coast(self._legs.rate, here, number * step_s)[1] >= 0.0
        )
        first = next(reached, None)
        if first is None:
            return
        low, high = (first - 1) * step_s, first * step_s
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if coast(self._legs.rate, here, middle)[1] < 0.0:
                low = middle
            else:
                high = middle
        flight.marks = [state.now_ms + int(high * 1000.0) + 1]

    def mass_kg(self) -> float:
        """Mass of craft, store and propellant, kg."""
        skimmer = self._state.skimmer
        return self._profile.engines.dry_kg + skimmer.store_kg + skimmer.lobes.kg

    def attitude_error_deg(self) -> float:
        """Angle between the commanded and the present attitude, degrees: the rest of a turn, and the error of holding
        it."""
        flight, engines = self._legs.flight, self._profile.engines
        remaining_deg = flight.slew.angle_deg - flight.slew.turned_deg(self._state.now_ms)
        return remaining_deg + abs(engines.pointing_deg * normal(self._state.seed, self._state.sorties, "hold"))

    def rate_dps(self) -> float:
        """Rate of turn, degrees/s."""
        return self._legs.flight.slew.rate_at(self._state.now_ms)
