"""`Spoken`: all that a simulated vehicle has on the wire because of the firmware that it is spoken to as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from autopilot.context.events import Event
from autopilot.interface.records import dataclass, field
from mavlink_bridge.firmware.protocol import ServedParameters
from mavlink_bridge.routing.service import Service
from mavlink_bridge.services.commands.context import CommandRow
from mavlink_bridge.services.events.vocabulary import Book
from mavlink_bridge.services.failures.table import FAILURES, Failures
from mavlink_bridge.services.ftp.component_metadata import Described
from mavlink_bridge.services.modes.service import ModeSource


@dataclass(frozen=True, slots=True)
class Spoken:
    """See the module. `parameters`: those that stations are served; `targets`: the service that takes setpoints;
    `modes`: those that it lists; `book`: its events, `tells_events`: to every link, unasked; `hear`: acts on what the
    core has announced; `services`: its own, in the order in which they hear; `rows`: commands that it means in its own
    way; `failures`: those that may be injected; `described`: metadata beside the usual; `parameter_file`: @PARAM is
    there; `camera_by_itself`: what is for a camera is asked of the camera alone; `logs_from_boot`: logs do not wait for
    arming."""

    parameters: ServedParameters
    targets: Service
    modes: ModeSource
    book: Book
    hear: Callable[[Iterable[Event]], None] | None = None
    tells_events: bool = False
    services: Sequence[Service] = ()
    rows: Mapping[int, CommandRow] = field(default_factory=dict)
    failures: Failures = field(default_factory=lambda: FAILURES)
    described: tuple[Described, ...] = ()
    parameter_file: bool = False
    camera_by_itself: bool = False
    logs_from_boot: bool = False
