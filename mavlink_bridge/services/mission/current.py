"""MISSION_CURRENT (docs/reference/mission-semantics.md, item 30)."""

from __future__ import annotations

from autopilot.mission.sequencer import MissionState
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.messages import MissionCurrent
from mavlink_bridge.services.base import Message
from mavlink_bridge.services.mission.core import MissionCore

_NO_MISSION = 1
_WIRE_STATE = {MissionState.IDLE: 2, MissionState.RUNNING: 3, MissionState.COMPLETED: 5}
_NO_TOTAL = 65535


def mission_state(core: MissionCore) -> int:
    """MISSION_STATE: 1 no mission, 2 not started, 3 active, 5 complete."""
    return _WIRE_STATE[core.sequencer.state()] if core.mission.total() else _NO_MISSION


def mission_mode(core: MissionCore) -> int:
    """1 in AUTO, else 2 (suspended)."""
    return 1 if core.mode_number in vehicle_class(core.kind).modes.autos else 2


def mission_current(core: MissionCore, seq: int) -> Message:
    """MISSION_CURRENT that says `seq`; all else as it is now. `total` counts items without home, 65535 = none; the ids
    are the plans' checksums, 0 = empty."""
    return MissionCurrent(
        seq, core.mission.total() or _NO_TOTAL, mission_state(core), mission_mode(core),
        core.mission.checksum(), core.fence.checksum(), core.rally.checksum(),
    )  # fmt: skip
