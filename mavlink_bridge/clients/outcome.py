"""Outcome of a plan transfer."""

from __future__ import annotations

from enum import IntEnum

from autopilot.mav import MissionResult


class TransferOutcome(IntEnum):
    """MAV_MISSION_RESULT, or from 100 on an outcome of the client."""

    ACCEPTED = MissionResult.ACCEPTED
    ERROR = MissionResult.ERROR
    UNSUPPORTED_FRAME = MissionResult.UNSUPPORTED_FRAME
    UNSUPPORTED = MissionResult.UNSUPPORTED
    NO_SPACE = MissionResult.NO_SPACE
    INVALID = MissionResult.INVALID
    INVALID_PARAM1 = MissionResult.INVALID_PARAM1
    INVALID_PARAM2 = MissionResult.INVALID_PARAM2
    INVALID_PARAM3 = MissionResult.INVALID_PARAM3
    INVALID_PARAM4 = MissionResult.INVALID_PARAM4
    INVALID_PARAM5_X = MissionResult.INVALID_PARAM5_X
    INVALID_PARAM6_Y = MissionResult.INVALID_PARAM6_Y
    INVALID_PARAM7 = MissionResult.INVALID_PARAM7
    INVALID_SEQUENCE = MissionResult.INVALID_SEQUENCE
    DENIED = MissionResult.DENIED
    OPERATION_CANCELLED = MissionResult.OPERATION_CANCELLED
    TIMEOUT = 100
    ACK_TOO_EARLY = 101  # the vehicle accepted before it had all items
    CANCELLED = 102  # by this client
    PLAN_CHANGED = 103  # the plan kept changing during the download
    UNKNOWN = 104  # a result that MAVLink does not define

    @classmethod
    def of(cls, result: int) -> TransferOutcome:
        return cls(result) if 0 <= result <= cls.OPERATION_CANCELLED else cls.UNKNOWN

    @property
    def ok(self) -> bool:
        return self is TransferOutcome.ACCEPTED
