"""Watchers of a vehicle: observers (events of each pass), followers (may ask for a pass at a given time), samplers
(record the state between decisions).

A lone vehicle is stopped in flight for a timed sample, which costs a third of a pass, or collects report vectors by
itself if these are enough. Vehicles of a fleet move together and have a pass without a decision for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from autopilot.context.events import Event
from autopilot.context.turns import earliest
from autopilot.interface.vehicle import SampledOnItsWay, SimulatedVehicle

Observer = Callable[[list[Event], int], None]
"""Called with the events of a pass and the vehicle time, ms."""


class Follower(Protocol):
    """Follower of a vehicle that may ask for a pass, for example of a watched flight."""

    def step(self, events: list[Event], now_ms: int) -> None:
        """Process the events of a pass."""

    def next_deadline_ms(self) -> int | None:
        """Return the vehicle time at which it needs a pass, ms; None: it waits for events."""


class TimedSampler(Protocol):
    """Sampler that records the state at vehicle times of its own."""

    def sample(self, now_ms: int) -> None:
        """Record the state at this vehicle time."""

    def next_sample_ms(self) -> int | None:
        """Return the vehicle time of the next sample, ms; None: there is none."""

    @property
    def every_ms(self) -> int:
        """Interval at which it needs report vectors only (`take`), ms; 0: it must be called for each sample."""

    def take(self, reports: npt.NDArray[np.float64], first_ms: int) -> None:
        """Take report vectors of these times, a row for each."""


class Watchers:
    """All watchers of a vehicle. `observers` are called for passes with a decision, `samplers` (vehicle time only) for
    all others."""

    def __init__(self) -> None:
        self.observers: list[Observer] = []
        self.samplers: list[Callable[[int], None]] = []
        self._followers: list[Follower] = []
        self._timed: list[TimedSampler] = []
        self._taker: TimedSampler | None = None  # the only timed sampler
        self._moved: SimulatedVehicle | None = None
        self._keeper: SampledOnItsWay | None = None  # the same vehicle, if it collects reports

    def follow(self, follower: Follower) -> None:
        """Call this follower after each pass, and count its deadlines as the vehicle's own."""
        self._followers.append(follower)
        self.observers.append(follower.step)

    def unfollow(self, follower: Follower) -> None:
        self._followers.remove(follower)
        self.observers.remove(follower.step)

    def sample_by(self, sampler: TimedSampler) -> None:
        """Let this sampler record the state at its times; it may do so in any pass."""
        self._taker = None if self._timed else sampler
        self._timed.append(sampler)
        self.samplers.append(sampler.sample)
        self.observers.append(lambda _, now_ms: sampler.sample(now_ms))

    @property
    def timed(self) -> bool:
        """True when a sampler records the state at times of its own."""
        return bool(self._timed)

    def next_step_ms(self) -> int | None:
        """Return the earliest vehicle time at which a follower needs a pass, ms."""
        return earliest([follower.next_deadline_ms() for follower in self._followers]) if self._followers else None

    def next_sample_ms(self) -> int | None:
        """Return the earliest vehicle time of a sample that needs a stop, ms."""
        return earliest([sampler.next_sample_ms() for sampler in self._timed]) if self._timed else None

    def move(self, vehicle: SimulatedVehicle, until_ms: int) -> int:
        """Move a vehicle to this vehicle time or its first event, and return the time reached, ms. It stops for samples
        on the way, without decisions. A sample at the instant of an event belongs to the pass, which decides first, as
        in a fleet."""
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
