"""What the mission protocol needs of the autopilot."""

from __future__ import annotations

from typing import Protocol

from autopilot.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.result import Outcome
from autopilot.vehicle import VehicleState


class HasState(Protocol):
    """A vehicle, as far as its clock goes."""

    @property
    def state(self) -> VehicleState: ...


class MissionCore(Protocol):
    """The part of `autopilot.core.Autopilot` that plans are kept in and flown by."""

    @property
    def kind(self) -> str: ...
    @property
    def mode_number(self) -> int: ...
    @property
    def home(self) -> GeoPoint | None: ...
    @property
    def vehicle(self) -> HasState: ...
    @property
    def sequencer(self) -> MissionSequencer: ...
    @property
    def mission(self) -> MissionStorage: ...
    @property
    def fence(self) -> MissionStorage: ...
    @property
    def rally(self) -> MissionStorage: ...

    def check_plan(self, kind: int, items: tuple[MissionItem, ...]) -> str | None: ...
    def replace_plan(self, kind: int, items: tuple[MissionItem, ...], now_ms: int) -> None: ...
    def may_clear(self, kind: int) -> bool: ...
    def set_current(self, seq: int, now_ms: int, *, reset: bool = False) -> Outcome: ...
    def guided_item(self, lat: float, lon: float, alt_amsl: float, now_ms: int) -> Outcome: ...
    def guided_altitude(self, alt_amsl: float, now_ms: int) -> Outcome: ...


def storage(core: MissionCore, kind: int) -> MissionStorage:
    """The storage of a MAV_MISSION_TYPE (0, 1, 2)."""
    return (core.mission, core.fence, core.rally)[kind]
