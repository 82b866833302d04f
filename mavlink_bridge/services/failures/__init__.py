"""MAV_CMD_INJECT_FAILURE: what a ground station can break in a simulated vehicle."""

from mavlink_bridge.services.failures.service import FailureService
from mavlink_bridge.services.failures.table import FAILURES, Injection

__all__ = ["FAILURES", "FailureService", "Injection"]
