"""Motion of a box's copter, simulated or behind a flight controller. Its propellant is the battery's energy (`pack`),
its harvest is the survey."""

from __future__ import annotations

from autopilot.interface.mathematics import hypot
from depot.physics.engines import ThrustCommand
from depot.pilot.body import Body
from depot.pilot.pilot import SkimmerPilot
from depot.readings import DepotReading, SkimmerPlace, SkimmerReading
from depot.settings import DEATH_FACTOR, Profile
from depot.world.chance import uniform
from depot.world.motion import Homing
from depot.world.pack import Pack
from depot.world.state import WorldState

WIND_BLOCK_MS = 600_000
LOOK_MS = 100
SENSOR_RANGE_M = 60.0
_LOOKED_AT = (SkimmerPlace.NEAR, SkimmerPlace.BACK, SkimmerPlace.FINAL)
_ONCE_MORE = (SkimmerPlace.BACK, SkimmerPlace.CORRIDOR, SkimmerPlace.FINAL, SkimmerPlace.ADRIFT)


_FAR_M = 1e6
"""Clearance beyond the range of measurement, m."""


class Weather:
    """Wind of a simulated copter; it changes every ten minutes."""

    def __init__(self, profile: Profile, state: WorldState, body: Body) -> None:
        self._profile = profile
        self._state = state
        self._body = body
        self._block = -1
        self.wind_mps = 0.0

    def blow(self) -> None:
        block = self._state.now_ms // WIND_BLOCK_MS
        if block != self._block:
            self._block = block
            box = self._profile.box
            spread = box.wind_spread * (2.0 * uniform(self._state.seed, block, "wind") - 1.0)
            self.wind_mps = box.wind_mps * (1.0 + spread)
            self._body.set_wind(self.wind_mps)


class CopterMotion:
    """`depot.world.motion.Motion` of a copter; the skimmer's state follows the copter.

    `weather`: None for a real vehicle, whose wind is not measured. `watched`: a controller or people may move the
    vehicle at any time, so its place is always polled and commands are repeated.
    """

    stepped = True

    def __init__(
        self,
        profile: Profile,
        state: WorldState,
        pilot: SkimmerPilot,
        pack: Pack,
        weather: Weather | None,
        *,
        watched: bool,
    ) -> None:
        self._profile = profile
        self._state = state
        self._pilot = pilot
        self.pack = pack
        self.weather = weather
        self._watched = watched
        self._down = False  # it was told to land where it holds
        self._photos = 0
        self.now_ms, self.fall, self.whereabouts = pilot.now_ms, pilot.fall, pilot.whereabouts
        self.refuel_kg_s = pack.refuel_kg_s

    # --- time ---------------------------------------------------------------------------------------------------------
    def events_ms(self) -> list[float]:
        """Times at which the copter's place is polled, ms: a fixed grid, so that observers do not change the run. A
        destroyed vehicle is not polled."""
        now_ms, place = self._state.now_ms, self._state.place
        if self._state.destroyed:
            return []
        looks = place is not SkimmerPlace.DOCK if self._watched else place in _LOOKED_AT
        return [now_ms - now_ms % LOOK_MS + LOOK_MS] if looks else []

    def begin(self, seconds: float) -> None:
        if self.weather is not None:
            self.weather.blow()
        self._photos = self._pilot.photos()

    def intake_kg(self, seconds: float) -> float:
        return self._photos * self._profile.box.photo_kg

    def burn(self, seconds: float) -> None:
        self.pack.burn()

    def filled_ms(self, kg: float) -> float | None:
        """None: the intake of a copter cannot be predicted."""
        return None

    def expected_kg(self) -> float:
        return self._profile.skimmer.intake_kg_s * self._state.skimmer.harvest_s

    def sunlit(self) -> bool:
        """True: the box is supplied by the mains."""
        return True

    def link_open(self) -> bool:
        return True

    def fire(self, command: ThrustCommand) -> None:
        """Do nothing: the copter's own autopilot controls the motors."""

    def finish(self, seconds: float) -> None:
        self.pack.tell()

    def arrive(self) -> None:
        state = self._state
        if state.destroyed:
            return
        if state.place is SkimmerPlace.BACK and state.late:
            if state.now_ms < state.leg_end_ms:
                return
            state.late = False
            if not self._pilot.controlled_by():
                self._pilot.fly_back()
        before = state.place
        if not self._watched and before in _LOOKED_AT and state.now_ms % LOOK_MS != 0:
            return
        state.place = self._pilot.place(before)
        if state.place is not SkimmerPlace.CORRIDOR:
            self._down = False
        elif not self._down and self._is_low() and not self._pilot.controlled_by():
            self._down = True  # no clearance for a long time: land beside the box while there is charge
            self._pilot.land()
        if state.place is not SkimmerPlace.DOCK:
            remaining_s = self._pilot.remaining_s()
            state.way = remaining_s / self._profile.plan.return_s
            state.leg_end_ms = state.now_ms + round(remaining_s * 1000.0)
        else:
            state.way = 0.0

    def _is_low(self) -> bool:
        """True if the charge is just enough for the approach."""
        use = self._profile.skimmer
        return self._state.skimmer.lobes.kg < use.dock_kg * (1.0 + use.fuel_reserve)

    # --- commands -----------------------------------------------------------------------------------------------------
    def depart(self) -> None:
        state = self._state
        state.place, state.leg_start_ms = SkimmerPlace.NEAR, state.now_ms
        state.leg_end_ms = state.now_ms + max(round(self._profile.plan.departure_s * 1000.0), 1)
        self.pack.tell(departs=True)
        self._pilot.launch()

    def turn_back(self) -> None:
        state = self._state
        if state.place in (SkimmerPlace.NEAR, SkimmerPlace.OUT, SkimmerPlace.ZONE):
            state.place = SkimmerPlace.BACK
            if state.late:
                self._wait_out()
            else:
                self._pilot.fly_back()
        elif state.place in _ONCE_MORE and not state.late and not self._pilot.landed:  # another party has had it
            state.place = SkimmerPlace.BACK
            self._pilot.fly_back()

    def approach(self) -> None:
        if self._state.place is SkimmerPlace.CORRIDOR:
            self._state.place = SkimmerPlace.FINAL
            self._pilot.approach()

    def dispose(self) -> None:
        """Land at the present place."""
        self._state.place = SkimmerPlace.ADRIFT
        self._pilot.land()

    def stretch_return(self) -> None:
        """Hold the present place until T_DEATH is missed."""
        if self._state.place is SkimmerPlace.BACK:
            self._wait_out()

    def _wait_out(self) -> None:
        state, plan = self._state, self._profile.plan
        state.leg_end_ms = state.undocked_ms + round((DEATH_FACTOR * plan.t_sortie_s + plan.return_s) * 1000.0)
        self._pilot.hold()

    # --- facts --------------------------------------------------------------------------------------------------------
    def homing(self) -> Homing:
        """Need in proportion to the remaining way. At the dock it is that of the whole way, so that a charge which
        could not bring it back from the survey forbids the launch."""
        state, plan, use = self._state, self._profile.plan, self._profile.skimmer
        remaining_s = state.way * plan.return_s
        if state.place is SkimmerPlace.BACK:
            remaining_s = (state.leg_end_ms - state.now_ms) / 1000.0
        docked = state.place is SkimmerPlace.DOCK
        # a return stretched by the fault skimmer_late needs the same charge
        back_s = plan.return_s if docked else min(remaining_s, plan.return_s)
        kg = (use.return_kg * (1.0 if docked else state.way) + use.dock_kg) / state.skimmer.health.thrust
        return Homing(remaining_s, back_s + plan.dock_s, kg)

    def _clearance_m(self) -> float:
        """Height above the pad while the copter is near; `_FAR_M` beyond."""
        if self._state.place is not SkimmerPlace.NEAR:
            return 0.0 if self._state.place is SkimmerPlace.DOCK else _FAR_M
        return max(self._pilot.relative().position_m[0], 0.0)

    def tell(self, reading: SkimmerReading) -> None:
        pilot = self._pilot
        reading.not_ready_reason = pilot.not_ready_reason()
        reading.ready = not reading.not_ready_reason
        reading.controlled_by, reading.called_off, reading.down = (
            pilot.controlled_by(),
            pilot.called_off(),
            pilot.down(),
        )
        senses = pilot.sense()
        reading.imu_ok &= senses.imu_ok
        reading.abort_sensors_ok &= senses.abort_sensors_ok
        reading.drift_m = max(reading.drift_m, senses.drift_m)
        reading.attitude = min(reading.attitude, senses.attitude)
        reading.thruster_fwd = min(reading.thruster_fwd, senses.thruster_fwd)
        reading.current_ratio = max(reading.current_ratio, senses.current_ratio)
        reading.current_spikes += senses.current_spikes
        reading.deep_discharges += senses.deep_discharges
        (north, east, up), (north_mps, east_mps, up_mps) = pilot.position(), pilot.velocity()
        reading.position_m, reading.velocity_mps = (up, north, east), (up_mps, north_mps, east_mps)
        reading.in_zone = self._state.place is SkimmerPlace.ZONE
        if reading.down:
            reading.thruster_fwd = 0.0  # nothing drives it
        if self.pack.measured and not senses.battery_ok:
            reading.fuel_kg = 0.0  # whatever the counted charge
        reading.clearance_m = self._clearance_m()

    def show(self, reading: DepotReading) -> None:
        if self.weather is not None:
            reading.wind_mps = self.weather.wind_mps
        reading.dock_fuels = self.pack.fuelled
        relative = self._pilot.relative()
        in_range = hypot(*relative.position_m) <= SENSOR_RANGE_M
        reading.clearance_m, reading.relative = self._clearance_m(), relative if in_range else None
        if self._state.place is SkimmerPlace.DOCK:
            reading.locks_ok &= self._pilot.on_pad()
