"""Events and state of a vehicle as lines of text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from autopilot.context.events import ArmedChanged, ModeChanged, StatusText
from autopilot.interface.reasons import ModeReason
from autopilot.mav import Severity
from autopilot.mission.events import ItemReached, MissionComplete

if TYPE_CHECKING:
    from autopilot.core.autopilot import Autopilot
    from sortie.api.snapshot import Snapshot
    from sortie.api.watch import TimedEvent
    from sortie.nodes.vehicle import VehicleService


class ObservedVehicle(Protocol):
    """Vehicle of a `Session`, as claims and stories look at it."""

    events: list[TimedEvent]

    @property
    def autopilot(self) -> Autopilot: ...

    @property
    def service(self) -> VehicleService: ...

    @property
    def time_s(self) -> float: ...

    @property
    def state(self) -> Snapshot: ...

    def set_param(self, name: str, value: float) -> float: ...


def standing(session: ObservedVehicle) -> str:
    """Describe the current state in one line."""
    state = session.state
    progress = f"item {state.mission.item} of {state.mission.items}" if state.mission.items else "no mission"
    fly = f"{state.height:.1f} m up, {state.ground_speed:.1f} m/s, {state.distance:.1f} m from its target"
    armed = "armed" if state.armed else "disarmed"
    battery = f"battery {100.0 * state.battery.remaining:.0f} %"
    faults = [str(fault) for fault in session.service.faults.active]
    fault_words = [f"faults {', '.join(faults)}"] if faults else []
    return f"at {state.time_s:.2f} s: " + ", ".join([state.mode, armed, progress, fly, battery, *fault_words])


def mode_name(session: ObservedVehicle, number: int) -> str:
    return next((spec.name for spec in session.autopilot.modes.available() if spec.number == number), str(number))


def line_of(session: ObservedVehicle, entry: TimedEvent) -> str | None:
    """Describe an event in a line with its time; None for kinds that people need not see."""
    event = entry.event
    match event:
        case StatusText(severity):
            line = f"text  {event.words}" + ("" if severity > Severity.WARNING else f"  [{severity.name.lower()}]")
        case ModeChanged(number, reason):
            why = "" if reason is ModeReason.UNKNOWN else f" ({reason.text})"
            line = f"mode  {mode_name(session, number)}{why}"
        case ArmedChanged(armed):
            line = "armed" if armed else "disarmed"
        case ItemReached(seq):
            line = f"item  {seq} reached"
        case MissionComplete():
            line = "item  mission complete"
        case _:
            return None
    return f"{entry.time_s:9.2f} s  {line}"


def story(session: ObservedVehicle, last: int) -> list[str]:
    """Return the last `last` lines about events."""
    lines: list[str] = []
    for entry in reversed(session.events):
        line = line_of(session, entry)
        if line is not None:
            lines.append(line)
            if len(lines) == last:
                break
    return lines[::-1]
