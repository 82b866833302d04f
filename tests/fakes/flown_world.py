"""A world of `space` with its skimmer's guidance, without parties: flown by calling the world's own operations."""

from __future__ import annotations

from depot.messages import MissionPlan
from depot.names import SkimmerMode
from depot.physics.engines import ThrustCommand
from depot.physics.windows import Almanac
from depot.readings import SkimmerPlace
from depot.settings import Profile
from depot.skimmer.guidance import Guidance, GuidanceMemory, WaySettings
from depot.world.orbital import OrbitalMotion
from depot.world.state import WorldState, new_state
from depot.world.world import World


class FlownWorld(World):
    """What MODE_CTRL would command is commanded."""

    motion: OrbitalMotion

    def __init__(
        self,
        profile: Profile,
        seed: int,
        plan: MissionPlan,
        state: WorldState | None = None,
        memory: GuidanceMemory | None = None,
    ) -> None:
        state = state or new_state(profile, seed)
        super().__init__(profile, state, OrbitalMotion(profile, state))
        self.plan = plan
        self.fired: list[ThrustCommand] = []
        times = profile.plan
        self.guidance = Guidance(
            Almanac(profile.orbit).orbit,
            profile.engines,
            profile.corridor,
            profile.zone,
            WaySettings(times.departure_s, times.outbound_s, times.return_s),
            memory or GuidanceMemory(),
        )

    def _fire(self, commands: list[ThrustCommand]) -> None:
        self.fired += commands
        for command in commands:
            self.fire(command)

    def next_event_ms(self) -> int | None:
        flies = self.state.place is not SkimmerPlace.DOCK and not self.state.destroyed
        dues = (super().next_event_ms(), self.guidance.next_ms() if flies else None)
        return min((due for due in dues if due is not None), default=None)

    def advance(self, until_ms: int) -> None:
        super().advance(until_ms)
        if self.state.place is not SkimmerPlace.DOCK and not self.state.destroyed:
            self._fire(self.guidance.step(self.skimmer_reading(), self.state.now_ms))

    def undock(self) -> None:
        self.guidance.memory = GuidanceMemory(undocked_ms=self.state.now_ms)
        super().undock()

    def initial_burn(self) -> None:
        super().initial_burn()
        self._fire(self.guidance.depart(self.skimmer_reading(), self.plan, self.state.now_ms))

    def turn_back(self) -> None:
        super().turn_back()
        if self.state.place is SkimmerPlace.BACK:
            self._fire(self.guidance.turn_back(self.skimmer_reading(), self.state.now_ms))

    def approach(self) -> None:
        super().approach()
        if self.state.place is SkimmerPlace.FINAL:
            self._fire(self.guidance.approach(self.skimmer_reading(), self.state.now_ms))

    def dispose(self) -> None:
        super().dispose()
        self._fire(self.guidance.away(self.skimmer_reading(), self.state.now_ms))


def run(world: World, seconds: float, until: SkimmerPlace | None = None) -> None:
    """From event to event for `seconds`, or until it is at a place."""
    end_ms = world.state.now_ms + round(seconds * 1000.0)
    while world.state.now_ms < end_ms and world.state.place is not until:
        event = world.next_event_ms()
        world.advance(end_ms if event is None else max(min(event, end_ms), world.state.now_ms))


def at_harvest(profile: Profile, plan: MissionPlan, seconds: float, seed: int = 1) -> FlownWorld:
    """A skimmer that has harvested for some time."""
    world = FlownWorld(profile, seed, plan)
    world.set_mode(SkimmerMode.CRUISE)
    world.undock()
    run(world, 0.3 * profile.plan.departure_s)
    world.initial_burn()
    run(world, 1.2 * profile.plan.outbound_s, SkimmerPlace.ZONE)
    assert world.state.place is SkimmerPlace.ZONE
    world.set_mode(SkimmerMode.ACTIVE_HARVEST)
    world.start_harvest(18_900.0)
    run(world, seconds)
    return world
