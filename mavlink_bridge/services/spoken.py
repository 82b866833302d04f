"""Parts of a simulated vehicle's protocol that depend on the emulated firmware."""

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
    """Firmware-dependent parts of a vehicle's protocol.

    `parameters`: served parameters. `targets`: service that takes setpoints. `modes`: listed modes. `book`: events of
    the firmware. `sends_events`: events go to every link without a request. `hear`: function that receives events of
    the core. `services`: the firmware's own, in order. `rows`: commands with another meaning. `unknown`: commands that
    it does not know. `failures`: injectable failures. `described`: additional metadata. `parameter_file`: @PARAM
    exists. `camera_by_itself`: the camera alone answers requests for it. `logs_from_boot`: logs begin at boot, not at
    arming.
    """

    parameters: ServedParameters
    targets: Service
    modes: ModeSource
    book: Book
    hear: Callable[[Iterable[Event]], None] | None = None
    sends_events: bool = False
    services: Sequence[Service] = ()
    rows: Mapping[int, CommandRow] = field(default_factory=dict)
    unknown: frozenset[int] = frozenset()
    failures: Failures = field(default_factory=lambda: FAILURES)
    described: tuple[Described, ...] = ()
    parameter_file: bool = False
    camera_by_itself: bool = False
    logs_from_boot: bool = False
