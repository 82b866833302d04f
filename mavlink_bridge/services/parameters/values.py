"""PARAM_VALUE as ArduPilot sends it: the value as a float whatever the type (docs/reference/ground-stations.md,
1.8)."""

from __future__ import annotations

from typing import Final

from autopilot.parameters import Parameters
from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message

NO_INDEX: Final = 65535
"""Index of a PARAM_VALUE that answers a name or announces a change."""


def parameter_value(parameters: Parameters, name: str, index: int = NO_INDEX) -> Message:
    """PARAM_VALUE of `name` (a listed one, or an alias, which then answers under its own name); KeyError if unknown."""
    definition = parameters.definition(name)
    return dialect.MAVLink_param_value_message(
        name.encode("ascii"), parameters[name], definition.type, len(parameters), index
    )
