"""State of a world as plain values."""

from __future__ import annotations

from msgspec import Struct, field

from depot.readings import SkimmerPlace
from depot.settings import Profile
from depot.world.depot import DepotResources, new_depot
from depot.world.energy import Accounts
from depot.world.flight import SkimmerFlightState
from depot.world.matter import Outside
from depot.world.skimmer import SkimmerResources, new_skimmer


class ActiveFault(Struct):
    """Fault that holds. `amount`: kg that it has added or removed, which its end reverses. `growing`: the model is
    evaluated more often while it lasts."""

    since_ms: int
    amount: float = 0.0
    growing: bool = False


class WorldState(Struct):
    """State of a world. Times are ms since the loop began."""

    skimmer: SkimmerResources
    depot: DepotResources
    seed: int
    outside: Outside = field(default_factory=Outside)
    accounts: Accounts = field(default_factory=Accounts)
    faults: dict[str, ActiveFault] = field(default_factory=dict)
    now_ms: int = 0
    flight: SkimmerFlightState = field(default_factory=SkimmerFlightState)
    place: SkimmerPlace = SkimmerPlace.DOCK
    leg_start_ms: int = 0
    leg_end_ms: int = 0
    way: float = 0.0  # remaining part of the way back, 1 at the harvest zone
    undocked_ms: int = 0
    late: bool = False
    destroyed: bool = False
    sorties: int = 0
    target_kg: float = 0.0
    offloading: bool = False
    refuelling: bool = False
    delivered_kg: float = 0.0
    moving_kg_s: float = 0.0
    total_abort: bool = False


def new_state(profile: Profile, seed: int) -> WorldState:
    """State before the first sortie."""
    return WorldState(new_skimmer(profile), new_depot(profile), seed)
