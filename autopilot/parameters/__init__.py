"""The vehicle's parameters: the table, the values, `.param` files."""

from __future__ import annotations

from autopilot.mav import ParameterType
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameters import Parameters, ParameterValueError, SetOutcome, UnknownParameterError

__all__ = ["ParameterDef", "ParameterType", "ParameterValueError", "Parameters", "SetOutcome", "UnknownParameterError"]
