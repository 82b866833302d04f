"""Real firmwares that fly bodies of Sortie's simulator in lockstep (`sitl.ardupilot.lockstep`, `sitl.px4.lockstep`).

The runtime advances their time, and the serial line of each is the end of a wire. At the end of a pass each firmware
waits for sensor data, so all its messages of that pass are there, at a vehicle time that depends only on its input.
Firmwares are processes that do not wait for each other. Those of one processor (`sitl.processors`) fly one after the
other, answered by a thread on that processor. Those that Python answers would wait for its lock in several threads: one
thread answers all of them, and one more than there are processors fly at the same time.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from mavlink_bridge.flight_controller.controller import FlightController
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.routing.endpoint import Endpoint
from sitl.child import SitlError
from sitl.processors import keep_to
from sitl.vehicles.rows import MachineRows
from sitl.ways_in import FirmwareLine, Lockstep
from sortie.nodes.fleet import FleetNode
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.signals import Signals
from sortie.runtime.wire import EndpointPlug, Plug, Wire

LOOK_MS: Final = 40
"""Vehicle time between reads of their messages, ms: half the period of their fastest stream."""


class _AnsweringThread:
    """Thread that answers the firmwares `numbers`, on `processor` only unless it is None. `at_once` of them fly at the
    same time."""

    def __init__(self, numbers: Sequence[int], processor: int | None, at_once: int) -> None:
        self.numbers, self.at_once = tuple(numbers), at_once
        self.executor = ThreadPoolExecutor(1, initializer=None if processor is None else partial(keep_to, processor))


class FirmwareNode(QuietNode):
    """Node of all firmwares of a run. `refusal(number)` returns a reason why a firmware must stop, or None. `ended`
    reports a firmware that was stopped, has ended or does not control its body any more; the body then falls. It has no
    endpoints, because messages go over wires."""

    endpoints: tuple[LinkOwner, ...] = ()
    look_every_ms = LOOK_MS
    most_instants = 1

    def __init__(
        self,
        locksteps: Sequence[Lockstep],
        signals: Signals,
        refusal: Callable[[int], SitlError | None],
        ended: Callable[[int, SitlError], None],
    ) -> None:
        self.locksteps = tuple(locksteps)
        self.now_ms = 0
        self._signals = signals
        self._refusal, self._ended = refusal, ended
        self._flying = list(range(len(self.locksteps)))
        self._errors: dict[int, SitlError] = {}
        self._threads = tuple(self._divide())

    def _divide(self) -> Iterator[_AnsweringThread]:
        """Divide the firmwares among threads; see the module."""
        by_processor: dict[int | None, list[int]] = {}
        python: list[int] = []
        for number, lockstep in enumerate(self.locksteps):
            group = python if lockstep.in_python else by_processor.setdefault(lockstep.child.processor, [])
            group.append(number)
        for processor, numbers in by_processor.items():
            yield _AnsweringThread(numbers, processor, 1)
        if python:
            # one more than run, since each waits for its answer at times; more would empty the processor's caches
            own = self.locksteps[python[0]].child.processor if len(python) == 1 else None
            yield _AnsweringThread(python, own, 1 + (os.cpu_count() or 1))

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms - self.now_ms % LOOK_MS + LOOK_MS  # always the same times, whatever else stops time

    def start(self) -> None:
        """Wait for the first packet of each firmware."""
        self._fly(0)

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Fly to `until_ms`, at most `LOOK_MS`."""
        until_ms = min(until_ms, self.next_vehicle_deadline_ms())
        self._fly(until_ms)
        self.now_ms = until_ms

    def _fly(self, until_ms: int) -> None:
        flights = [thread.executor.submit(self._fly_those, thread, until_ms) for thread in self._threads]
        for flight in flights:
            flight.result()
        for number in tuple(self._flying):
            error = self._errors.pop(number, None) or self._refusal(number)
            if error is not None:
                self._flying.remove(number)
                self._ended(number, error)
        for number in set(range(len(self.locksteps))).difference(self._flying):
            self.locksteps[number].body.fall(until_ms)

    def _fly_those(self, thread: _AnsweringThread, until_ms: int) -> None:
        """Fly those of one thread, in turns: while one waits for sensor data, others compute."""
        waiting, moving = deque(number for number in thread.numbers if number in self._flying), list[int]()
        while waiting or moving:
            while waiting and len(moving) < thread.at_once:
                moving.append(waiting.popleft())
            moving = [number for number in moving if self._step(number, until_ms)]

    def _step(self, number: int, until_ms: int) -> bool:
        """Fly one firmware a step further. False when it has reached `until_ms` or has stopped."""
        try:
            return self.locksteps[number].step(until_ms, lambda: self._signals.number is not None)
        except SitlError as error:
            self._errors[number] = error
            return False

    def look_again(self) -> None:
        """Do nothing: its deadlines are fixed."""

    def load(self) -> None:
        for lockstep in self.locksteps:
            lockstep.body.load()

    def beat(self) -> None:
        """Do nothing: firmwares send HEARTBEATs only when their time passes."""

    def close(self) -> None:
        """End the threads."""
        for thread in self._threads:
            thread.executor.shutdown()


class SerialPlug:
    """Serial line of a firmware as an end of a wire."""

    full = False

    def __init__(self, node: FirmwareNode, line: FirmwareLine) -> None:
        self.node: Node = node
        self._line = line

    def take(self) -> bytes:
        return self._line.read()

    def hand(self, data: bytes, link_ms: int) -> None:
        """Write bytes, which it reads before its time advances."""
        self._line.write(data)


class MemberPlug:
    """Link of a fleet's member to its firmware; the member acts on what it receives."""

    full = False

    def __init__(self, fleet: FleetNode, member: int, endpoint: Endpoint, name: str) -> None:
        self.node: Node = fleet
        self._touch = partial(fleet.touch, member)
        self._plug = EndpointPlug(fleet, endpoint, name)
        self.take = self._plug.take

    def hand(self, data: bytes, link_ms: int) -> None:
        """Pass received bytes to the endpoint's services."""
        self._touch()
        self._plug.hand(data, link_ms)


def wire_to(firmware: FirmwareNode, number: int, companion: Plug) -> Wire:
    """Make a wire without delay or loss from a firmware to the plug of its companion."""
    return Wire(MemoryLink(), SerialPlug(firmware, firmware.locksteps[number].line), companion)


class FlownRows:
    """Companions of firmwares that fly `bodies`, in the form of rows for a fleet. `FirmwareNode` advances their time;
    here they only receive it."""

    def __init__(self, machines: Sequence[FlightController], bodies: MachineRows) -> None:
        self.machines = tuple(machines)
        self.state = bodies.state
        clocks = np.zeros((len(self.machines), 2))
        self.clocks = (clocks, 0, 1)
        self.times_ms, self._events = clocks.T

    @property
    def reports(self) -> npt.NDArray[np.float64]:
        """Copy of the report vectors: state as the firmwares report it, and true state of the bodies."""
        return np.array([machine.state.report for machine in self.machines])

    @property
    def armed(self) -> bool:
        """True while at least one of them is armed."""
        return any(machine.state.armed for machine in self.machines)

    def load(self) -> None:
        """Do nothing: there is no kernel to load."""

    def advance(self, until_ms: npt.NDArray[np.float64]) -> None:
        """Advance each companion to its time (`sortie.nodes.kind_rows.VehicleRows`)."""
        for row, machine in enumerate(self.machines):
            if until_ms[row] > self.times_ms[row]:
                self.times_ms[row] = machine.advance(int(until_ms[row]))
            self._events[row] = float(machine.has_news)
