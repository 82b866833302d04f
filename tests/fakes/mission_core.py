"""What the mission service needs of an autopilot: real storages and sequencer, and a record of what it was asked."""

from __future__ import annotations

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, altitude_amsl
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.vehicle import VehicleState
from autopilot.mav import Result
from autopilot.mission.fence import check_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.rally import check_rally
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.vehicles.kinds import vehicle_class

HOME = GeoPoint(-35.363261, 149.165230, 584.0)


class StandingVehicle:
    """Only its clock is asked for."""

    def __init__(self) -> None:
        self.state = VehicleState()


class FakeMissionCore:
    """Swaps a new plan in at its next tick, as the real core does. `flying`: armed, with the mission running."""

    def __init__(self, kind: str = "copter") -> None:
        self.vehicle_class = vehicle_class(kind)
        self.mode_number = 0
        self.paused = False
        self.home: GeoPoint | None = HOME
        self.vehicle = StandingVehicle()
        self.sequencer = MissionSequencer()
        self.mission, self.fence, self.rally = MissionStorage(1), MissionStorage(0), MissionStorage(0)
        self.flying = False
        self.guided = True
        self.replaced: list[tuple[int, tuple[MissionItem, ...]]] = []
        self.set_to: list[int] = []
        self.targets: list[tuple[float, ...]] = []
        self._waiting: list[tuple[int, tuple[MissionItem, ...]]] = []

    def storage(self, kind: int) -> MissionStorage:
        return (self.mission, self.fence, self.rally)[kind]

    def tick(self) -> None:
        """The next tick of vehicle time: swap in what waits."""
        self.vehicle.state.report[report.TIME_MS] += 20
        for kind, items in self._waiting:
            self.storage(kind).replace(items)
        self._waiting.clear()

    # --- the parts that a mission service takes -------------------------------------------------------------------
    @property
    def facts(self) -> FakeMissionCore:
        return self

    def altitude(self, frame: int, z: float, lat: float, lon: float) -> float | None:
        return altitude_amsl(frame, z, self.home, None if self.home is None else self.home.alt)

    def param(self, name: str) -> float:
        """It has none."""
        return 0.0

    def over_ground(self, frame: int, z: float) -> float | None:
        return None

    def mission_shown(self) -> None:
        return None

    plans = modes = auto = mission_commands = commands = personality = facts

    @property
    def number(self) -> int:
        """Of the mode."""
        return self.mode_number

    def check(self, kind: int, items: tuple[MissionItem, ...], *, empty_circles: bool = False) -> str | None:
        return (None, check_fence(items, empty_circles=empty_circles), check_rally(items))[kind]

    def replace(self, kind: int, items: tuple[MissionItem, ...]) -> None:
        self.replaced.append((kind, items))
        self._waiting.append((kind, items))

    def may_clear(self, kind: int) -> bool:
        return kind != 0 or not self.flying

    def set_current(self, seq: int) -> Outcome:
        if not 0 <= seq < max(self.mission.count(), 1):
            return Outcome(Result.DENIED, "no such item")
        self.set_to.append(seq)
        return ACCEPTED

    def guided_item(self, place: GeoPoint, over_ground: float | None = None) -> Outcome:
        self.targets.append((place.lat, place.lon, place.alt))
        return ACCEPTED if self.guided else Outcome(Result.FAILED, "not in GUIDED")

    def guided_altitude(self, frame: int, z: float) -> Outcome:
        self.targets.append((frame, z))
        return ACCEPTED if self.guided else Outcome(Result.FAILED, "not in GUIDED")
