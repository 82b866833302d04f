"""PARAM_VALUE as ArduPilot sends it: the value as a float whatever the type (docs/reference/ground-stations.md,
1.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from autopilot.parameters import SetOutcome
from autopilot.parameters.definition import ParameterDef
from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message

NO_INDEX: Final = 65535
"""Index of a PARAM_VALUE that answers a name or announces a change."""


class ServedParameters(Protocol):
    """What is served of `autopilot.parameters.Parameters`: all of them, or a part (`ParameterPart`)."""

    listeners: list[Callable[[str, float], None]]

    def __len__(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
    def __getitem__(self, name: str) -> float: ...
    def names(self) -> Sequence[str]: ...
    def definition(self, name: str) -> ParameterDef: ...
    def target(self, name: str) -> str: ...
    def set(self, name: str, value: float) -> SetOutcome: ...


def parameter_value(parameters: ServedParameters, name: str, index: int = NO_INDEX) -> Message:
    """PARAM_VALUE of `name` (a listed one, or an alias, which then answers under its own name); KeyError if unknown."""
    definition = parameters.definition(name)
    return dialect.MAVLink_param_value_message(
        name.encode("ascii"), parameters[name], definition.type, len(parameters), index
    )
