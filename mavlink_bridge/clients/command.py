"""Client of the command protocol (https://mavlink.io/en/services/command.html)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from math import nan

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Frame, Result
from mavlink_bridge.clients.base import Client, Retry, Target
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import command_message, dialect

_LARGEST_CONFIRMATION = 255
_PROGRESS_UNKNOWN = 255
_RETRY = Retry(interval_ms=500, attempts=5)
PROGRESS_MS = 30_000


class CommandOutcome(IntEnum):
    """Outcome of a command: MAV_RESULT, or no answer."""

    ACCEPTED = Result.ACCEPTED
    TEMPORARILY_REJECTED = Result.TEMPORARILY_REJECTED
    DENIED = Result.DENIED
    UNSUPPORTED = Result.UNSUPPORTED
    FAILED = Result.FAILED
    CANCELLED = Result.CANCELLED
    LONG_ONLY = Result.COMMAND_LONG_ONLY
    INT_ONLY = Result.COMMAND_INT_ONLY
    UNSUPPORTED_FRAME = Result.COMMAND_UNSUPPORTED_MAV_FRAME
    TIMEOUT = 100
    UNKNOWN = 101  # a result that MAVLink does not define

    @classmethod
    def of(cls, result: int) -> CommandOutcome:
        return next((known for known in cls if known == result and known < cls.TIMEOUT), cls.UNKNOWN)


class CommandClient(Client):
    """Client that sends a command until its COMMAND_ACK arrives.

    `build(confirmation)` makes the message. COMMAND_LONG counts its repetitions, so that the vehicle acts once. After
    IN_PROGRESS it is not repeated, and the next answer may take `PROGRESS_MS`. `detail`: result_param2 of the answer.
    `progress`: per cent; None: unknown. `is_answer`: False for the COMMAND_ACK of another command of this number.
    """

    handles = frozenset(("COMMAND_ACK",))
    outcome: CommandOutcome | None
    silence = CommandOutcome.TIMEOUT

    def __init__(
        self,
        target: Target,
        build: Callable[[int], Message],
        *,
        retry: Retry = _RETRY,
        is_answer: Callable[[Message], bool] = lambda ack: True,
    ) -> None:
        super().__init__(target, retry)
        self.detail = 0
        self.progress: int | None = None
        self._build = build
        self._command: int | None = None
        self._is_answer = is_answer
        self._in_progress = False

    def start(self, now_ms: int) -> None:
        message = self._build(0)
        self._command = message.command
        self._send(message)
        self._progress(now_ms)

    def _handle(self, message: Message, now_ms: int) -> None:
        if message.command != self._command or not self._is_answer(message):
            return
        self.detail = message.result_param2
        if message.result == Result.IN_PROGRESS:
            self.progress = None if message.progress == _PROGRESS_UNKNOWN else message.progress
            self._in_progress = True
            self._due_ms = now_ms + PROGRESS_MS
        else:
            self._end(CommandOutcome.of(message.result))

    def _repeat(self) -> None:
        if self._in_progress:
            self._time_out()
        else:
            self._send(self._build(min(self._sends_in_row - 1, _LARGEST_CONFIRMATION)))


def command_long(
    target: Target,
    command: int,
    *params: float,
    retry: Retry = _RETRY,
    is_answer: Callable[[Message], bool] = lambda ack: True,
) -> CommandClient:
    """Client of a COMMAND_LONG; missing parameters are 0."""

    def build(confirmation: int) -> Message:
        return command_message(target.system, target.component, command, *params, confirmation=confirmation)

    return CommandClient(target, build, retry=retry, is_answer=is_answer)


def command_int(target: Target, command: int, place: GeoPoint, *params: float) -> CommandClient:
    """Client of a COMMAND_INT with a place (metres above sea level) and params 1 to 4; missing ones are NaN."""
    filled = [*params, *[nan] * (4 - len(params))]
    x, y = round(place.lat * 1e7), round(place.lon * 1e7)
    to = target.system, target.component
    message = dialect.MAVLink_command_int_message(*to, Frame.GLOBAL, command, 0, 0, *filled, x, y, place.alt)
    return CommandClient(target, lambda confirmation: message)  # COMMAND_INT does not count
