"""How a plan transfer ended."""

from __future__ import annotations

from enum import IntEnum


class TransferOutcome(IntEnum):
    """MAV_MISSION_RESULT, or one of our own (from 100)."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_PARAM5_X = 10
    INVALID_PARAM6_Y = 11
    INVALID_PARAM7 = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    OPERATION_CANCELLED = 15
    TIMEOUT = 100
    ACK_TOO_EARLY = 101  # accepted before it had all items
    CANCELLED = 102  # by us
    PLAN_CHANGED = 103  # it kept changing while we read it
    UNKNOWN = 104  # a result that MAVLink does not define

    @classmethod
    def of(cls, result: int) -> TransferOutcome:
        """The outcome of a MAV_MISSION_RESULT."""
        return cls(result) if 0 <= result <= cls.OPERATION_CANCELLED else cls.UNKNOWN

    @property
    def ok(self) -> bool:
        return self is TransferOutcome.ACCEPTED
