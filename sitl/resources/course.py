"""Where the kinematic skimmer of `space` is: legs with a beginning and an end, flown by timetable.

`SpaceState.way` is how much of a whole way back would be to go if it turned back now, 1 at the harvest zone.
"""

from __future__ import annotations

from autopilot.depot.readings import Place
from autopilot.depot.settings import DEATH_FACTOR, Profile
from sitl.resources.state import SpaceState

CLEAR_FRACTION = 0.1
"""How much of the way back is to go at the end of the departure burn."""
MOVING = (Place.NEAR, Place.OUT, Place.BACK, Place.FINAL)


def begin_leg(state: SpaceState, place: Place, seconds: float) -> None:
    """It is on this leg from now on, for so long."""
    state.place = place
    state.leg_start_ms = state.now_ms
    state.leg_end_ms = state.now_ms + max(round(seconds * 1000.0), 1)


def way_back(state: SpaceState, profile: Profile) -> float:
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


def return_s(state: SpaceState, profile: Profile) -> float:
    """How long the way back takes from here; one that is late on purpose misses T_DEATH."""
    plan = profile.plan
    seconds = max(state.way * plan.return_s, 0.001)
    if state.late:
        missed_ms = state.undocked_ms + DEATH_FACTOR * plan.t_sortie_s * 1000.0 + plan.return_s * 1000.0
        seconds = max(seconds, (missed_ms - state.now_ms) / 1000.0)
    return seconds


def coast_window_ms(state: SpaceState, profile: Profile) -> tuple[int, int]:
    """When it coasts in the middle of the way out."""
    plan = profile.plan
    middle = state.leg_start_ms + round(plan.outbound_s * 500.0)
    half = round(min(plan.coast_s, plan.outbound_s * 0.8) * 500.0)
    return middle - half, middle + half


def course_events_ms(state: SpaceState, profile: Profile) -> list[float]:
    """Instants at which the course changes by itself."""
    if state.place not in MOVING:
        return []
    coasts = state.place is Place.OUT and profile.plan.coast_s > 0.0
    return [state.leg_end_ms, *(coast_window_ms(state, profile) if coasts else ())]


def burn_kg(state: SpaceState, profile: Profile, seconds: float) -> float:
    """Propellant that `seconds` of the present leg take."""
    plan, use = profile.plan, profile.skimmer
    leg = {
        Place.NEAR: (use.departure_kg, plan.departure_s),
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


def drift_on(state: SpaceState, seconds: float) -> None:
    """Without propellant a leg does not get on: its end moves away."""
    if state.skimmer.lobes.kg <= 0.0 and state.place in (Place.OUT, Place.BACK, Place.FINAL):
        state.leg_end_ms += round(seconds * 1000.0)
        state.leg_start_ms += round(seconds * 1000.0)
