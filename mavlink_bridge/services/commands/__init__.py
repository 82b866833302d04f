"""Commands: the acknowledged requests of a ground station, and the service that answers them."""

from mavlink_bridge.services.commands.context import Context, Handler, Row, TelemetryRequests
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService

__all__ = ["Command", "CommandService", "Context", "Handler", "Row", "TelemetryRequests"]
