"""Radio channel: which side sends when, and how long a packet takes. It handles no bytes.

`ready`: for each side (0: vehicle, 1: ground) the time from which its buffer holds something; None: nothing. `step`
makes the decision at `next_us`: `take(side, room, at_us)` takes the next packet of a side with at most `room` bytes and
returns its size, 0 if there is none. The result is (side, time of arrival).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.turns import earliest
from mavlink_bridge.links.radio.profile import SIK_TRAILER, Duplex, RadioLane, Tdm

Take = Callable[[int, int, int], int]
Ready = tuple[int | None, int | None]
Sent = tuple[int, int] | None

_PACKET_OVERHEAD: Final = SIK_TRAILER + 16
"""Smallest room at the end of a window that is used (tdm.c)."""
_OWNER, _GUEST, _SPENT = 0, 1, 2


class TdmAir:
    """SiK's time division. The owner of a window sends while it has something, then gives the rest of the window to the
    other side by an empty packet. When that side has sent everything too, nobody sends until the next window."""

    def __init__(self, tdm: Tdm) -> None:
        self.largest = tdm.largest
        self._latency_us = tdm.latency_us
        self._byte_us = tdm.byte_us
        self._empty_us = tdm.latency_us + SIK_TRAILER * tdm.byte_us
        self._window_us = tdm.window_us
        self._half_us = tdm.window_us + tdm.silence_us
        self._at_us = 0
        self._turn = _OWNER

    def next_us(self, ready: Ready) -> int | None:
        """Time of the next decision, us; None while no side has anything."""
        since = earliest(ready)
        return None if since is None else self._rested(since)[0]

    def step(self, take: Take, ready: Ready) -> Sent:
        """Make one decision; see the module."""
        since = earliest(ready)
        if since is None:
            return None
        at_us, turn = self._rested(since)
        number, in_window_us = divmod(at_us, self._half_us)
        room = (self._window_us - in_window_us - self._latency_us) // self._byte_us
        if turn == _SPENT or room < _PACKET_OVERHEAD:
            self._at_us, self._turn = self._window_after(at_us), _OWNER
            return None
        side = (number + turn) % 2
        size = take(side, min(room - SIK_TRAILER - 1, self.largest), at_us)
        if not size:
            self._at_us, self._turn = at_us + self._empty_us, turn + 1
            return None
        self._at_us, self._turn = at_us + self._latency_us + (size + SIK_TRAILER) * self._byte_us, turn
        return side, self._at_us

    def _rested(self, until_us: int) -> tuple[int, int]:
        """Time of the next decision and its turn, if nobody has anything before `until_us`; empty packets pass the
        turn."""
        at_us, turn = self._at_us, self._turn
        begin_us = until_us - until_us % self._half_us
        if at_us < begin_us:
            at_us, turn = begin_us, _OWNER
        while at_us < until_us and turn != _SPENT:
            at_us, turn = at_us + self._empty_us, turn + 1
        return (self._window_after(at_us), _OWNER) if turn == _SPENT else (at_us, turn)

    def _window_after(self, at_us: int) -> int:
        return at_us + self._half_us - at_us % self._half_us


class DuplexAir:
    """Two independent lanes."""

    def __init__(self, duplex: Duplex) -> None:
        self._lanes = (duplex.down, duplex.up)
        self._free_us = [0, 0]
        self.largest = max(lane.largest for lane in self._lanes)

    def next_us(self, ready: Ready) -> int | None:
        """Time at which the next packet may begin, us; None while no side has anything."""
        return earliest((self._begin_us(0, ready), self._begin_us(1, ready)))

    def step(self, take: Take, ready: Ready) -> Sent:
        """Send one packet; see the module."""
        down_us, up_us = self._begin_us(0, ready), self._begin_us(1, ready)
        side = 1 if down_us is None or (up_us is not None and up_us < down_us) else 0
        at_us = up_us if side else down_us
        if at_us is None:
            return None
        lane = self._lanes[side]
        size = take(side, lane.largest, at_us)
        took_us = round(lane.packet_us + size * lane.byte_us) if size else 0
        self._free_us[side] = at_us + max(took_us, 1)
        return (side, at_us + took_us) if size else None

    def _begin_us(self, side: int, ready: Ready) -> int | None:
        since = ready[side]
        return None if since is None else _slot(self._lanes[side], max(self._free_us[side], since))


def _slot(lane: RadioLane, from_us: int) -> int:
    return from_us if not lane.period_us else from_us + (lane.offset_us - from_us) % lane.period_us
