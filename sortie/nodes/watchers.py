"""Watchers of a vehicle: observers, which hear what has happened in each pass; followers, which may want a pass at a
time of their own; samplers, which note the state between two decisions.

A vehicle that is alone is stopped for a timed sample on its way, which costs a third of a pass, or keeps its reports by
itself, where more is not wanted; those of a fleet move together, and have a pass for it in which nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from autopilot.context.events import Event
from autopilot.context.turns import earliest
from autopilot.interface.vehicle import SampledOnItsWay, SimulatedVehicle

Observer = Callable[[list[Event], int], None]
"""Called with the events of a pass and the vehicle time, ms."""


class Follower(Protocol):
    """Follower of a vehicle from pass to pass, which may want one at a time of its own: a flight that is watched."""

    def step(self, events: list[Event], now_ms: int) -> None:
        """An observer: what has happened in a pass."""

    def next_deadline_ms(self) -> int | None:
        """The vehicle time at which it wants a pass; None: it waits for events."""


class TimedSampler(Protocol):
    """Sampler that notes the state of a vehicle at vehicle times of its own."""

    def sample(self, now_ms: int) -> None:
        """The vehicle stands at this vehicle time."""

    def next_sample_ms(self) -> int | None:
        """The vehicle time of the next sample; None: there is none."""


@runtime_checkable
class ReportSampler(TimedSampler, Protocol):
    """Sampler that wants no more than the vehicle's report each `every_ms`; 0: it wants to be there at each."""

    @property
    def every_ms(self) -> int: ...

    def take(self, reports: npt.NDArray[np.float64], first_ms: int) -> None:
        """Reports of these times, a row for each."""


class Watchers:
    """See the module. `observers` hear of passes in which something is decided, `samplers` of all others, with the
    vehicle time alone."""

    def __init__(self) -> None:
        self.observers: list[Observer] = []
        self.samplers: list[Callable[[int], None]] = []
        self._followers: list[Follower] = []
        self._timed: list[TimedSampler] = []
        self._taker: ReportSampler | None = None  # who is alone with its samples
        self._moved: SimulatedVehicle | None = None
        self._keeper: SampledOnItsWay | None = None  # the same vehicle, where it keeps reports

    def follow(self, follower: Follower) -> None:
        """From now on it is stepped after each pass, and its deadlines count as the vehicle's own."""
        self._followers.append(follower)
        self.observers.append(follower.step)

    def unfollow(self, follower: Follower) -> None:
        """Step it no more."""
        self._followers.remove(follower)
        self.observers.remove(follower.step)

    def sample_by(self, sampler: TimedSampler) -> None:
        """From now on it notes the state at its times, and may do so in any pass."""
        self._taker = sampler if isinstance(sampler, ReportSampler) and not self._timed else None
        self._timed.append(sampler)
        self.samplers.append(sampler.sample)
        self.observers.append(lambda _, now_ms: sampler.sample(now_ms))

    @property
    def timed(self) -> bool:
        """True where somebody notes the state at times of its own."""
        return bool(self._timed)

    def next_step_ms(self) -> int | None:
        """The earliest vehicle time at which a follower wants a pass."""
        return earliest([follower.next_deadline_ms() for follower in self._followers]) if self._followers else None

    def next_sample_ms(self) -> int | None:
        """The earliest vehicle time at which a sample is wanted that no pass brings."""
        return earliest([sampler.next_sample_ms() for sampler in self._timed]) if self._timed else None

    def move(self, vehicle: SimulatedVehicle, until_ms: int) -> int:
        """Move a vehicle to this vehicle time or to its first event, with stops for samples on the way, at which nobody
        decides anything; the vehicle time that it has reached. A sample at the instant of an event is left to the pass,
        which decides before it, as a fleet's does."""
        advance, timed, taker = vehicle.advance, self._timed, self._taker
        if vehicle is not self._moved:
            self._moved, self._keeper = vehicle, vehicle if isinstance(vehicle, SampledOnItsWay) else None
        while timed:
            stop_ms = timed[0].next_sample_ms() if len(timed) == 1 else self.next_sample_ms()
            if stop_ms is None or stop_ms >= until_ms:
                break
            if self._keeper is not None and taker is not None and taker.every_ms:
                now_ms, reports = self._keeper.advance_sampled(until_ms, stop_ms, taker.every_ms)
                taker.take(reports, stop_ms)
                if now_ms >= until_ms or vehicle.has_events:
                    return now_ms
                continue
            now_ms = advance(stop_ms)
            if now_ms < stop_ms or vehicle.has_events:
                return now_ms
            for sampler in timed:
                sampler.sample(now_ms)
        return advance(until_ms)
