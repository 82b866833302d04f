"""Schedule of faults: when each begins and ends, and which are active. `begin_or_end` applies them to a vehicle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from autopilot.core.autopilot import Autopilot
from autopilot.flight.faults import FAULT_NAMES as FLIGHT_FAULTS
from autopilot.interface.records import dataclass
from autopilot.interface.vehicle import SimulatedVehicle
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.faults import Fault

LINK_FAULTS: Final = ("gcs.loss", "link.loss", "rc.loss")
NEVER_MS: Final = 1 << 62
Change = tuple[int, bool, Fault]
"""Vehicle time (ms), True for a beginning, fault."""


@dataclass(frozen=True, slots=True)
class FaultState:
    """Active faults, scheduled changes, and the faults given until then."""

    active: tuple[Fault, ...]
    changes: tuple[Change, ...]
    given: tuple[Fault, ...]


class FaultPlan:
    """Schedule of faults. `inject(fault, active, now_ms)` begins or ends one. `next_ms`: vehicle time of the next
    change. A fault replaces an active one of its name, whose own end then changes nothing. `given`: the faults that a
    `--fault` each would repeat."""

    def __init__(self, faults: Iterable[Fault], inject: Callable[[Fault, bool, int], None]) -> None:
        self._inject = inject
        self._changes: list[Change] = []
        self._active: dict[str, Fault] = {}
        self.given = list(faults)
        self._schedule(self.given)

    @property
    def active(self) -> tuple[Fault, ...]:
        """Active faults, in the order in which they began."""
        return tuple(self._active.values())

    @property
    def waiting(self) -> list[Fault]:
        """Faults that have not begun."""
        return [fault for _, begins, fault in self._changes if begins]

    def strike(self, now_ms: int) -> None:
        """Begin and end the faults that are due."""
        while self.next_ms <= now_ms:
            _, begins, fault = self._changes.pop(0)
            self._look()
            self._change(fault, begins, now_ms)

    def add(self, fault: Fault, now_ms: int) -> None:
        """Add a fault. It begins at once when its time has passed or it has none."""
        if now_ms > fault.window_ms()[0]:
            fault = replace(fault, start=f"{now_ms / 1000.0}")
        self.given.append(fault)
        self._schedule((fault,))
        self.strike(now_ms)

    def end(self, name: str, now_ms: int) -> None:
        """End the active fault `name` and cancel its scheduled end."""
        fault = self._active.get(name)
        if fault is not None:
            place = self.given.index(fault)
            lasted = now_ms > fault.window_ms()[0]
            self.given[place : place + 1] = [replace(fault, end=f"{now_ms / 1000.0}")] if lasted else []
            self._changes = [change for change in self._changes if change[1] or change[2] != fault]
            self._look()
            self._change(fault, False, now_ms)

    # --- for who puts things back -------------------------------------------------------------------------------------
    def state(self) -> FaultState:
        return FaultState(self.active, tuple(self._changes), tuple(self.given))

    def restore(self, state: FaultState, now_ms: int) -> None:
        """Restore `state` as if no fault had been added or ended since; its scheduled changes until now take effect."""
        self.given = list(state.given)
        stored = {fault.name: fault for fault in state.active}
        for at_ms, begins, fault in state.changes:
            if at_ms <= now_ms:
                _note(stored, fault, begins)
        self._changes = [change for change in state.changes if change[0] > now_ms]
        self._look()
        for fault in self.active:
            if stored.get(fault.name) != fault:
                self._change(fault, False, now_ms)
        for fault in stored.values():
            if fault.name not in self._active:
                self._change(fault, True, now_ms)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _schedule(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            start_ms, end_ms = fault.window_ms()
            self._changes.append((start_ms, True, fault))
            if end_ms is not None:
                self._changes.append((end_ms, False, fault))
        self._changes.sort(key=lambda change: change[0])
        self._look()

    def _look(self) -> None:
        self.next_ms = self._changes[0][0] if self._changes else NEVER_MS

    def _change(self, fault: Fault, begins: bool, now_ms: int) -> None:
        if _note(self._active, fault, begins):
            self._inject(fault, begins, now_ms)


def _note(active: dict[str, Fault], fault: Fault, begins: bool) -> bool:
    """Note in `active` that a fault begins or ends; False for the end of one that another has replaced."""
    if not begins and active.get(fault.name) != fault:
        return False
    active.pop(fault.name, None)  # a replaced one is not the first any more
    if begins:
        active[fault.name] = fault
    return True


class FaultInjector:
    """Begins and ends the faults `names` at once, at the vehicle time `now_ms()`."""

    def __init__(self, plan: FaultPlan, names: Sequence[str], now_ms: Callable[[], int]) -> None:
        self._plan = plan
        self._names = names
        self._now_ms = now_ms

    def names(self) -> Sequence[str]:
        return self._names

    def begin(self, name: str, value: float | None) -> None:
        """Begin a fault without a scheduled end."""
        self._plan.add(Fault(name, None if value is None else f"{value:g}"), self._now_ms())

    def end(self, name: str) -> None:
        self._plan.end(name, self._now_ms())


def begin_or_end(
    vehicle: SimulatedVehicle, autopilot: Autopilot, endpoint: Endpoint, fault: Fault, active: bool, now_ms: int
) -> None:
    """Begin or end a fault of a vehicle: link faults here, others in the simulator."""
    if fault.name == "link.loss":
        endpoint.muted = active
    elif fault.name in FLIGHT_FAULTS:
        if autopilot.flights is not None:
            autopilot.flights.inject_fault(fault.name, fault.value, active=active)
    elif not vehicle.inject_fault(fault.name, fault.number(), active=active):  # otherwise another firmware notices
        if fault.name == "rc.loss":
            autopilot.sticks.radio_failed(active, now_ms)
        elif fault.name == "gcs.loss":
            autopilot.failsafes.ground_station_failed(now_ms, failed=active)
