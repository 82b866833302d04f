"""Clients that read and write parameters (https://mavlink.io/en/services/parameter.html).

Lost values of a list are requested again. A write is confirmed by the value that the vehicle has afterwards. The
firmware defines how values are encoded.
"""

from __future__ import annotations

from enum import IntEnum
from struct import pack

from autopilot.interface.records import dataclass
from autopilot.mav import ParameterType
from mavlink_bridge.clients.base import Client, Retry, Target
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect

_REFILL_AT_ONCE = 10
_LISTING = Retry(interval_ms=1000, attempts=10)
_SHORT = Retry(interval_ms=250, attempts=10)
_CERTAIN = 5


class ParameterOutcome(IntEnum):
    ACCEPTED = 0
    REFUSED = 1  # the vehicle has another value
    UNKNOWN = 2  # the vehicle has no such parameter
    TIMEOUT = 100


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """Value of a PARAM_VALUE. `type`: MAV_PARAM_TYPE."""

    name: str
    value: float
    type: int
    index: int
    count: int


def read_value(message: Message, firmware: Firmware = OWN) -> ParameterValue:
    """Contents of a PARAM_VALUE; bytes of the name beyond ASCII are replaced, control characters are not."""
    name = message.param_id
    if isinstance(name, bytes):
        name = name.decode("ascii", "replace")
    return ParameterValue(
        name.rstrip("\0"),
        firmware.value_of(message.param_value, message.param_type),
        message.param_type,
        message.param_index,
        message.param_count,
    )


class ParameterList(Client):
    """Client that reads all parameters. Values may arrive in any order; after `retry.interval_ms` without one the
    missing indices are requested, ten at a time. `values`: by name."""

    handles = frozenset(("PARAM_VALUE",))
    outcome: ParameterOutcome | None
    silence = ParameterOutcome.TIMEOUT

    def __init__(self, target: Target) -> None:
        super().__init__(target, _LISTING)
        self.values: dict[str, ParameterValue] = {}
        self.total: int | None = None
        """Number of parameters; None before the first value."""
        self._indices: set[int] = set()

    def _handle(self, message: Message, now_ms: int) -> None:
        value = read_value(message, self.target.firmware)
        if value.index >= value.count:  # an answer to a read by name or to a write
            return
        if self.total not in (None, value.count):  # the vehicle has other parameters now: begin anew
            self.values.clear()
            self._indices.clear()
        self.total = value.count
        if value.index not in self._indices:
            self._indices.add(value.index)
            self.values[value.name] = value
            self._progress(now_ms)
        if len(self._indices) == self.total:
            self._end(ParameterOutcome.ACCEPTED)

    def _repeat(self) -> None:
        if self.total is None:
            self._send(dialect.MAVLink_param_request_list_message(*self._to))
            return
        requests = 0
        for index in range(self.total):
            if index not in self._indices:
                self._send(dialect.MAVLink_param_request_read_message(*self._to, b"", index))
                requests += 1
                if requests == _REFILL_AT_ONCE:
                    return


class ParameterRead(Client):
    """Client that reads parameters by name, each time followed by the first of the list. A vehicle does not
    answer for an unknown name: UNKNOWN if the first of the list has arrived `_CERTAIN` times without one of the names,
    since a radio may have lost some of the answers. `found`: by name."""

    handles = frozenset(("PARAM_VALUE",))
    outcome: ParameterOutcome | None
    silence = ParameterOutcome.TIMEOUT

    def __init__(self, target: Target, *names: str) -> None:
        super().__init__(target, _SHORT)
        self.found: dict[str, ParameterValue] = {}
        self._names = tuple(dict.fromkeys(names))
        self._firsts = 0

    @property
    def values(self) -> dict[str, float]:
        return {name: known.value for name, known in self.found.items()}

    @property
    def value(self) -> ParameterValue | None:
        """Parameter of the first name; None if it has not come."""
        return self.found.get(self._names[0])

    def _handle(self, message: Message, now_ms: int) -> None:
        value = read_value(message, self.target.firmware)
        if value.name in self._names:
            self.found[value.name] = value
        if len(self.found) == len(self._names):
            self._end(ParameterOutcome.ACCEPTED)
        elif value.index == 0:
            self._firsts += 1
            if self._firsts == _CERTAIN:
                self._end(ParameterOutcome.UNKNOWN)
                return
            self._progress(now_ms)
            self._repeat()

    def _repeat(self) -> None:
        missing = (name for name in self._names if name not in self.found)
        by_name = [(name.encode("ascii", "replace")[:16], -1) for name in missing]
        for name, index in (*by_name, (b"", 0)):
            self._send(dialect.MAVLink_param_request_read_message(*self._to, name, index))


class ParameterWrite(Client):
    """Client that sets a parameter: ACCEPTED if the vehicle then has this float32 value, REFUSED if it has another.

    `value`: what the vehicle has. A PARAM_VALUE with an index belongs to a list and confirms nothing, unless the
    firmware answers with the real index. `type`: MAV_PARAM_TYPE of the parameter.
    """

    handles = frozenset(("PARAM_VALUE",))
    outcome: ParameterOutcome | None
    silence = ParameterOutcome.TIMEOUT

    def __init__(
        self, target: Target, name: str, value: float, *, type: int = ParameterType.REAL32, retry: Retry = _SHORT
    ) -> None:
        super().__init__(target, retry)
        self.name = name
        self.requested = value
        self.value: ParameterValue | None = None
        self._type = type
        self._wire = target.firmware.wire_value(value, type)

    def _handle(self, message: Message, now_ms: int) -> None:
        value = read_value(message, self.target.firmware)
        listed = value.index < value.count and not self.target.firmware.habits.answers_by_index
        if value.name != self.name or listed:
            return
        self.value = value
        same = pack("<f", value.value) == pack("<f", self.requested) or value.value == self.requested
        self._end(ParameterOutcome.ACCEPTED if same else ParameterOutcome.REFUSED)

    def _repeat(self) -> None:
        name = self.name.encode("ascii", "replace")[:16]
        self._send(dialect.MAVLink_param_set_message(*self._to, name, self._wire, self._type))
