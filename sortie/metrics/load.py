"""Load of a program: delays of the runtime's turns, s of real time, and the use of serial lines in the last seconds,
for `sortie status --links`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.tx_queue import BITS_PER_BYTE


@dataclass(slots=True)
class Jitter:
    """`count` late turns with `total_s` in sum and `worst_s` at most; `recent_s`: the worst since `take_recent`."""

    count: int = 0
    total_s: float = 0.0
    worst_s: float = 0.0
    recent_s: float = 0.0

    def note(self, late_s: float) -> None:
        self.count += 1
        self.total_s += late_s
        if late_s > self.recent_s:
            self.recent_s = late_s
            self.worst_s = max(self.worst_s, late_s)

    def take_recent(self) -> float:
        """Return the worst delay since the last call, s."""
        recent, self.recent_s = self.recent_s, 0.0
        return recent


_EVERY_MS: Final = 1000
_SAMPLES: Final = 11
"""Samples of 10 s."""
_Sample = tuple[int, int, int]


class LineMeter:
    """Sampler of the bytes on some endpoints' lines. `due_ms`: link time of the next sample."""

    def __init__(self) -> None:
        self.due_ms = 0
        self._samples: dict[tuple[int, int], deque[_Sample]] = {}

    def sample(self, endpoints: Iterable[Endpoint], link_ms: int) -> None:
        self.due_ms = link_ms + _EVERY_MS
        samples: dict[tuple[int, int], deque[_Sample]] = {}
        for endpoint in endpoints:
            for link in endpoint.links():
                counts = endpoint.statistics(link)
                if counts.baud is None:
                    continue
                key = id(endpoint), link
                samples[key] = self._samples.get(key, deque(maxlen=_SAMPLES))
                samples[key].append((link_ms, counts.bytes_in, counts.bytes_out))
        self._samples = samples

    def use(self, endpoint: Endpoint, link: int) -> dict[str, float]:
        """Return the used share of a line in both directions, percent; nothing without a rate or a measurement."""
        samples = self._samples.get((id(endpoint), link))
        baud = endpoint.statistics(link).baud
        if baud is None or samples is None or len(samples) < 2:
            return {}
        (begin, first_in, first_out), (end, last_in, last_out) = samples[0], samples[-1]
        most = baud / BITS_PER_BYTE * (end - begin) / 1000.0
        return {
            "in_percent": round(100.0 * (last_in - first_in) / most, 1),
            "out_percent": round(100.0 * (last_out - first_out) / most, 1),
        }
