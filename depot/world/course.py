"""Where the kinematic skimmer of `space` is: legs with a beginning and an end, flown by timetable (`TimetableMotion`).

`WorldState.way` is how much of a whole way back would be to go if it turned back now, 1 at the harvest zone. The plan's
waypoints lead from the depot (the first) to the entry of the zone; the last leg is the zone, flown up and down in the
harvest.
"""

from __future__ import annotations

from depot.readings import DepotReading, Place, Relative, SkimmerReading
from depot.settings import DEATH_FACTOR, Profile
from depot.world.motion import Homing, Spot
from depot.world.skimmer import burn
from depot.world.state import WorldState

SEPARATION_MPS = 0.2
"""At which the latches push it away."""
CLEAR_FRACTION = 0.1
"""How much of the way back is to go at the end of the departure burn."""
PASSES = 6
"""So often it goes up and down the zone in the usual time of a harvest."""
FAR_M = 1e6
MOVING = (Place.NEAR, Place.OUT, Place.BACK, Place.FINAL)


def begin_leg(state: WorldState, place: Place, seconds: float) -> None:
    """It is on this leg from now on, for so long."""
    state.place = place
    state.leg_start_ms = state.now_ms
    state.leg_end_ms = state.now_ms + max(round(seconds * 1000.0), 1)


def way_back(state: WorldState, profile: Profile) -> float:
    """How much of a whole way back is to go if it turned back now."""
    whole = max(state.leg_end_ms - state.leg_start_ms, 1)
    done = min(max((state.now_ms - state.leg_start_ms) / whole, 0.0), 1.0)
    match state.place:
        case Place.NEAR:
            return CLEAR_FRACTION * done
        case Place.OUT:
            return CLEAR_FRACTION + (1.0 - CLEAR_FRACTION) * done
        case Place.ZONE:
            return 1.0
        case Place.BACK:
            return min(state.way, max((state.leg_end_ms - state.now_ms) / 1000.0 / profile.plan.return_s, 0.0))
        case _:
            return 0.0


def return_s(state: WorldState, profile: Profile) -> float:
    """How long the way back takes from here; one that is late on purpose misses T_DEATH."""
    plan = profile.plan
    seconds = max(state.way * plan.return_s, 0.001)
    if state.late:
        missed_ms = state.undocked_ms + DEATH_FACTOR * plan.t_sortie_s * 1000.0 + plan.return_s * 1000.0
        seconds = max(seconds, (missed_ms - state.now_ms) / 1000.0)
    return seconds


def coast_window_ms(state: WorldState, profile: Profile) -> tuple[int, int]:
    """When it coasts in the middle of the way out."""
    plan = profile.plan
    middle = state.leg_start_ms + round(plan.outbound_s * 500.0)
    half = round(min(plan.coast_s, plan.outbound_s * 0.8) * 500.0)
    return middle - half, middle + half


def course_events_ms(state: WorldState, profile: Profile) -> list[float]:
    """Instants at which the course changes by itself."""
    if state.place not in MOVING or _is_adrift(state):
        return []
    if state.place is Place.NEAR and not state.departing:
        return [state.undocked_ms + separation_s(profile) * 1000.0]
    coasts = state.place is Place.OUT and profile.plan.coast_s > 0.0
    return [state.leg_end_ms, *(coast_window_ms(state, profile) if coasts else ())]


def separation_s(profile: Profile) -> float:
    """How long it takes to be clear of the depot, before anything is burnt."""
    return min(profile.skimmer.clear_m / SEPARATION_MPS, 0.5 * profile.plan.departure_s)


def clearance_m(state: WorldState, profile: Profile) -> float:
    """From the depot, while that can be measured; beyond, far."""
    if state.place is Place.DOCK:
        return 0.0
    if state.place is not Place.NEAR:
        return FAR_M
    return profile.skimmer.clear_m * (state.now_ms - state.undocked_ms) / 1000.0 / separation_s(profile)


def burn_kg(state: WorldState, profile: Profile, seconds: float) -> float:
    """Propellant that `seconds` of the present leg take."""
    plan, use = profile.plan, profile.skimmer
    leg = {
        Place.NEAR: (use.departure_kg if state.departing else 0.0, plan.departure_s - separation_s(profile)),
        Place.OUT: (use.outbound_kg, plan.outbound_s),
        Place.BACK: (use.return_kg, plan.return_s),
        Place.CORRIDOR: (use.dock_kg * 0.1, plan.dock_s),
        Place.FINAL: (use.dock_kg, plan.dock_s),
    }.get(state.place)
    if state.place is Place.ZONE and state.skimmer.harvesting:
        leg = (use.harvest_kg, plan.harvest_s)
    if leg is None:
        return 0.0
    if state.place is Place.BACK and state.late:  # a longer way with the same propellant
        leg = (leg[0], max((state.leg_end_ms - state.leg_start_ms) / 1000.0, plan.return_s))
    return leg[0] / leg[1] * seconds


def _is_adrift(state: WorldState) -> bool:
    return state.skimmer.lobes.kg <= 0.0 and state.place in (Place.OUT, Place.BACK, Place.FINAL)


def drift_on(state: WorldState, seconds: float) -> None:
    """Without propellant a leg does not get on: its end moves away."""
    if _is_adrift(state):
        state.leg_end_ms += round(seconds * 1000.0)
        state.leg_start_ms += round(seconds * 1000.0)


def spot(state: WorldState, profile: Profile) -> Spot:
    """Where it is on the Earth."""
    match state.place:
        case Place.ZONE:
            return _in_zone(state, profile)
        case Place.BACK | Place.ADRIFT:
            share = state.way / state.turned_way if state.place is Place.BACK and state.turned_way > 0.0 else 1.0
            way = state.way if state.place is Place.BACK else state.turned_way
            lat, lon, alt = _along(_way_out(profile), way)
            off = state.turned_off
            return (lat + share * off[0], lon + share * off[1], alt + share * off[2])
        case _:
            return _along(_way_out(profile), state.way)


def note_turn(state: WorldState, profile: Profile) -> None:
    """It turns back here: the way back begins where it is and joins the way out."""
    here = spot(state, profile)
    state.turned_way = way_back(state, profile)
    on_way = _along(_way_out(profile), state.turned_way)
    state.turned_off = (here[0] - on_way[0], here[1] - on_way[1], here[2] - on_way[2])


def _way_out(profile: Profile) -> tuple[Spot, ...]:
    points = profile.plan.waypoints
    return points[:-1] if len(points) > 2 else points


def _in_zone(state: WorldState, profile: Profile) -> Spot:
    ends = profile.plan.waypoints[-2:]
    flown = (state.now_ms - state.leg_end_ms) / 1000.0 / profile.plan.harvest_s * PASSES
    up = flown % 2.0
    return _along((ends[0], ends[-1]), up if up <= 1.0 else 2.0 - up)


def _along(points: tuple[Spot, ...], part: float) -> Spot:
    """At this part of a line of places, each leg taking the same time."""
    leg = min(max(part, 0.0), 1.0) * (len(points) - 1)
    number = min(int(leg), max(len(points) - 2, 0))
    (lat, lon, alt), after = points[number], points[min(number + 1, len(points) - 1)]
    share = leg - number
    return (lat + share * (after[0] - lat), lon + share * (after[1] - lon), alt + share * (after[2] - alt))


def homing(state: WorldState, profile: Profile) -> Homing:
    """What it takes to come home from here, in proportion to the way that is left. At the dock the need is that of a
    whole way: what would not bring it back from the zone is no reason to launch."""
    plan, use = profile.plan, profile.skimmer
    remaining_s = state.way * plan.return_s
    if state.place is Place.BACK:
        remaining_s = (state.leg_end_ms - state.now_ms) / 1000.0
    docked = state.place is Place.DOCK
    way = 1.0 if docked else state.way
    # A return that is stretched on purpose (fault skimmer_late) is flown with the same propellant and in the sun.
    back_s = plan.return_s if docked else min(remaining_s, plan.return_s)
    return Homing(remaining_s, back_s + plan.dock_s, (use.return_kg * way + use.dock_kg) / state.skimmer.health.thrust)


class TimetableMotion:
    """A skimmer that is where its timetable says; implements `depot.world.motion.Motion`."""

    stepped = False

    def __init__(self, profile: Profile, state: WorldState) -> None:
        self._profile = profile
        self._state = state

    # --- time ---------------------------------------------------------------------------------------------------------
    def now_ms(self) -> int:
        return self._state.now_ms

    def events_ms(self) -> list[float]:
        return course_events_ms(self._state, self._profile)

    def begin(self, seconds: float) -> None:
        """Nothing acts on it."""

    def burn(self, seconds: float) -> None:
        kg = burn_kg(self._state, self._profile, seconds)
        if kg > 0.0:
            burn(self._state.skimmer, kg, self._state.outside)
        drift_on(self._state, seconds)

    def finish(self, seconds: float) -> None:
        """Nothing is left to do."""

    def arrive(self) -> None:
        state = self._state
        state.way = way_back(state, self._profile)
        if state.now_ms < state.leg_end_ms or state.destroyed:
            return
        if state.place is Place.NEAR:
            if not state.departing:
                return
            begin_leg(state, Place.OUT, self._profile.plan.outbound_s)
        elif state.place is Place.OUT:
            state.place = Place.ZONE
        elif state.place is Place.BACK:
            state.place = Place.CORRIDOR
        elif state.place is Place.FINAL:
            state.place = Place.DOCK
            state.late = False

    # --- commands -----------------------------------------------------------------------------------------------------
    def depart(self) -> None:
        begin_leg(self._state, Place.NEAR, self._profile.plan.departure_s)

    def turn_back(self) -> None:
        state = self._state
        if state.place in (Place.NEAR, Place.OUT, Place.ZONE):
            note_turn(state, self._profile)
            state.way = state.turned_way
            begin_leg(state, Place.BACK, return_s(state, self._profile))

    def approach(self) -> None:
        if self._state.place is Place.CORRIDOR:
            begin_leg(self._state, Place.FINAL, self._profile.plan.dock_s * 0.8)

    def dispose(self) -> None:
        note_turn(self._state, self._profile)
        self._state.place = Place.ADRIFT

    def stretch_return(self) -> None:
        if self._state.place is Place.BACK:
            begin_leg(self._state, Place.BACK, return_s(self._state, self._profile))

    def fall(self) -> None:
        """Nobody is there any more to fly the timetable (`WorldState.destroyed`)."""

    # --- facts --------------------------------------------------------------------------------------------------------
    def whereabouts(self) -> Spot | None:
        return spot(self._state, self._profile)

    def homing(self) -> Homing:
        return homing(self._state, self._profile)

    def refuel_kg_s(self) -> float:
        return self._profile.depot.refuel_kg_s

    def tell(self, reading: SkimmerReading) -> None:
        state, plan = self._state, self._profile.plan
        if state.place is Place.OUT and plan.coast_s > 0.0:
            begin_ms, end_ms = coast_window_ms(state, self._profile)
            reading.coasting = begin_ms <= state.now_ms < end_ms
        reading.clearance_m = clearance_m(state, self._profile)

    def show(self, reading: DepotReading) -> None:
        state, gate_m = self._state, self._profile.corridor.gate_m
        reading.clearance_m = clearance_m(state, self._profile)
        if state.place is Place.CORRIDOR:  # at the gate
            reading.seen = Relative((0.0, -gate_m, 0.0), (0.0, 0.0, 0.0))
