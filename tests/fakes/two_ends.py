"""A mission server and stations over lossy wires in memory, in virtual time."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.mission.service import MissionService
from mavlink_bridge.testing.wires import LossyWires
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.mission_core import FakeMissionCore


class TwoEnds(LossyWires):
    """`loss`, `duplicate`, `reorder` are probabilities for each frame, each way. One link for each station."""

    def __init__(self, kind: str = "copter", *, seed: int = 1, **radio: Any) -> None:
        self.core = FakeMissionCore(kind)
        self.journal = MemoryJournal()
        self.service = MissionService(self.core, self.journal)
        self.vehicle = Endpoint(1, 1)
        self.vehicle.add_service(self.service)
        super().__init__(self.vehicle, seed=seed, tick=self.core.tick, **radio)
