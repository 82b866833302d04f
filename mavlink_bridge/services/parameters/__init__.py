"""The parameter protocol, vehicle side."""

from __future__ import annotations

from mavlink_bridge.services.parameters.service import ParameterService
from mavlink_bridge.services.parameters.values import parameter_value

__all__ = ["ParameterService", "parameter_value"]
