"""MAV_CMD_INJECT_FAILURE: failures that a ground station can inject into a simulated vehicle."""

from mavlink_bridge.services.failures.service import FailureService
from mavlink_bridge.services.failures.table import FAILURES, Injection

__all__ = ["FAILURES", "FailureService", "Injection"]
