"""The little that the mission protocol needs of a kinematic skimmer: it keeps the waypoints of its plan."""

from __future__ import annotations

from autopilot import report
from autopilot.geo import GeoPoint
from autopilot.journal import Change
from autopilot.mav import Result
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.result import ACCEPTED, Outcome
from autopilot.vehicle import VehicleState
from autopilot.vehicles.kinds import COPTER

_NOT_FLOWN = Outcome(Result.UNSUPPORTED, "a kinematic skimmer flies its plan only")


class CraftClock:
    """A vehicle, as far as its clock goes."""

    def __init__(self) -> None:
        self.state = VehicleState()

    def set_ms(self, now_ms: int) -> None:
        """Vehicle time."""
        self.state.report[report.TIME_MS] = now_ms


class CraftFacts:
    """`MissionFacts` of a kinematic skimmer: it has a clock, and no home."""

    vehicle_class = COPTER
    home: GeoPoint | None = None

    def __init__(self, vehicle: CraftClock) -> None:
        self.vehicle = vehicle


class CraftPlans:
    """A `PlanStore`: plans are swapped in at once."""

    def __init__(self) -> None:
        self.mission, self.fence, self.rally = MissionStorage(1), MissionStorage(0), MissionStorage(0)

    def check(self, kind: int, items: tuple[MissionItem, ...]) -> str | None:
        return None

    def replace(self, kind: int, items: tuple[MissionItem, ...]) -> None:
        (self.mission, self.fence, self.rally)[kind].replace(items)

    def may_clear(self, kind: int) -> bool:
        return True


class CraftCommands:
    """Nothing is flown by items."""

    number = 0
    """Of its mode."""

    def set_current(self, seq: int) -> Outcome:
        return _NOT_FLOWN if seq else ACCEPTED

    def guided_item(self, place: GeoPoint) -> Outcome:
        return _NOT_FLOWN

    def guided_altitude(self, alt_amsl: float) -> Outcome:
        return _NOT_FLOWN


class CraftCore:
    """The `MissionParts` of a kinematic skimmer."""

    def __init__(self) -> None:
        self.vehicle = CraftClock()
        self.facts = CraftFacts(self.vehicle)
        self.plans = CraftPlans()
        self.mission = self.plans.mission
        self.sequencer = MissionSequencer()
        self.modes = self.mission_commands = self.commands = CraftCommands()


class PassingJournal:
    """Plans of a kinematic skimmer are kept by the loop's own snapshots: everything is durable at once."""

    def __init__(self) -> None:
        self._ticket = 0

    def submit(self, change: Change) -> int:
        self._ticket += 1
        return self._ticket

    def latest(self) -> int:
        return self._ticket

    def durable(self) -> int:
        return self._ticket

    def failure(self, ticket: int) -> str | None:
        return None
