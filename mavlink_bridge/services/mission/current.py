"""MISSION_CURRENT (docs/reference/mission-semantics.md, item 30)."""

from __future__ import annotations

from autopilot.mav import WireMissionState
from autopilot.mission.sequencer import MissionState
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.messages import MissionCurrent
from mavlink_bridge.services.base import Message
from mavlink_bridge.services.mission.core import MissionCore

_NO_TOTAL = 65535


def wire_state(state: MissionState, total: int) -> WireMissionState:
    """MISSION_STATE of the sequencer's state (docs/reference/mission-semantics.md, 1.1). Paused is never shown, as with
    ArduPilot."""
    if state is MissionState.RUNNING:
        return WireMissionState.ACTIVE
    if total == 0:
        return WireMissionState.NO_MISSION
    return WireMissionState.COMPLETE if state is MissionState.COMPLETED else WireMissionState.NOT_STARTED


def mission_mode(core: MissionCore) -> int:
    """1 in AUTO, else 2 (suspended)."""
    return 1 if core.mode_number in vehicle_class(core.kind).modes.autos else 2


def mission_current(core: MissionCore, seq: int) -> Message:
    """MISSION_CURRENT that says `seq`; all else as it is now. `total` counts items without home, 65535 = none; the ids
    are the plans' checksums, 0 = empty."""
    total = core.mission.total()
    return MissionCurrent(
        seq, total or _NO_TOTAL, wire_state(core.sequencer.state(), total), mission_mode(core),
        core.mission.checksum(), core.fence.checksum(), core.rally.checksum(),
    )  # fmt: skip
