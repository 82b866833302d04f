"""Pair of radios between two ends, without I/O and from a seed: bytes and time in, bytes out.

Written bytes go over the serial line into the modem's buffer (they are lost while it is full), are cut into packets,
wait for their turn in the air, are lost or arrive, and leave by the other modem's line. Nothing overtakes. Only the
modem's RADIO_STATUS is inserted between packets. Side 0 (`a`) is the vehicle, side 1 (`b`) the ground. It can replace a
`MemoryLink`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from random import Random
from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.mathematics import exp
from autopilot.interface.records import dataclass
from autopilot.mav import CellularNetwork, CellularStatus
from mavlink_bridge.links.memory import MemoryEnd
from mavlink_bridge.links.radio.air import DuplexAir, Ready, TdmAir
from mavlink_bridge.links.radio.profile import BurstLosses, Duplex, ModemReports, RadioProfile
from mavlink_bridge.wire.codec import Message, dialect, id_of, payload
from mavlink_bridge.wire.framing import FrameWriter

_BITS_PER_BYTE: Final = 10  # 8N1
_HEARTBEAT: Final = id_of("HEARTBEAT")
_V1, _V2 = 0xFE, 0xFD
_MARKS: Final = (_V1, _V2)
_WHOLE_QUALITY, _UNKNOWN = 100, 0xFFFF
HERE_M: Final = 100.0


@dataclass(slots=True)
class SideStatistics:
    """Statistics of one side's traffic. `given`, `overflowed`, `carried`: bytes. `packets` in the air, and of these
    `lost`, `corrected` by the code, sent `again`. `reports`: inserted into the stream to this side."""

    given: int = 0
    overflowed: int = 0
    carried: int = 0
    packets: int = 0
    lost: int = 0
    corrected: int = 0
    again: int = 0
    reports: int = 0


class _Channel:
    """Gilbert-Elliott channel, one direction: a Markov chain of a good and a bad state with their loss
    probabilities."""

    def __init__(self, losses: BurstLosses, seed: int) -> None:
        self._losses = losses
        self._random = Random(seed)
        self._bad = False
        self._seen_us = 0
        self._share = losses.bad_ms / (losses.good_ms + losses.bad_ms)
        rate = 1.0 / losses.good_ms + (1.0 / losses.bad_ms if losses.bad_ms else 0.0)
        self._per_us = rate / 1000.0

    @property
    def good(self) -> bool:
        """True in the good state at the last packet."""
        return not self._bad

    def loses(self, at_us: int, more: float) -> tuple[bool, bool]:
        """(lost, in the bad state) for a packet at this time. `more`: additional probability of a loss."""
        losses = self._losses
        if self._share:
            memory = exp(-(at_us - self._seen_us) * self._per_us)
            self._bad = self._random.random() < self._share + ((1.0 if self._bad else 0.0) - self._share) * memory
            self._seen_us = at_us
        probability = losses.bad if self._bad else losses.good
        return self._random.random() < probability + more - probability * more, self._bad


class _Modem:
    """Modem of one side: its buffer and serial line."""

    __slots__ = ("begun_us", "done", "fifo", "line", "newest_us", "packet", "since_us", "writer")

    def __init__(self, reports: ModemReports | None) -> None:
        self.line = bytearray()
        self.begun_us = 0
        self.done = 0  # bytes of the line since `begun_us`
        self.fifo = bytearray()
        self.packet = b""  # packet on its way, or to be sent again
        self.since_us = 0  # arrival of the first byte of `packet` and `fifo`
        self.newest_us = 0  # latest arrival at this side
        self.writer = FrameWriter(*((0, 0) if reports is None else (reports.system, reports.component)))


class RadioLink:
    """`Medium` of two radios. `distance_m`: between the antennas, asked for each packet. `seed`: of all random
    numbers."""

    def __init__(self, profile: RadioProfile, seed: int = 0, distance_m: Callable[[], float] = lambda: HERE_M) -> None:
        self.profile = profile
        self.distance_m = distance_m
        self.now_ms = 0
        self.loss = 0.0
        """Additional probability that a packet is lost."""
        self.a = MemoryEnd(self, 0, f"radio:{profile.name}:vehicle")
        self.b = MemoryEnd(self, 1, f"radio:{profile.name}:ground")
        self.statistics = (SideStatistics(), SideStatistics())
        air = profile.air
        self._air = DuplexAir(air) if isinstance(air, Duplex) else TdmAir(air)
        self._golay = not isinstance(air, Duplex) and air.golay
        self._random = Random(seed)
        self._channels = tuple(_Channel(profile.losses, self._random.getrandbits(63)) for _ in range(2))
        self._modems = (_Modem(profile.reports), _Modem(profile.reports))
        self._byte_us = 0.0 if profile.baud is None else _BITS_PER_BYTE * 1e6 / profile.baud
        self._flying: list[tuple[int, int, int, bytes]] = []
        self._counter = 0
        self._unheard = (math.nan, 0.0)  # last distance, and the probability of a loss for lack of power there
        every_ms = None if profile.reports is None else profile.reports.every_ms
        self._report_every_us = (every_ms or 0) * 1000
        self._report_us: int | None = None  # from the first `advance` on

    # --- as a `Medium` --------------------------------------------------------------------------------------------
    def other(self, side: int) -> MemoryEnd:
        return self.b if side == 0 else self.a

    def in_flight(self, side: int) -> bool:
        return any(entry[2] == side for entry in self._flying) or bool(self._ready(1 - side) is not None)

    def pending(self, side: int) -> int:
        return len(self._modems[side].line)

    def carry(self, to: int, data: bytes) -> None:
        side, now_us = 1 - to, self.now_ms * 1000
        modem = self._modems[side]
        self.statistics[side].given += len(data)
        if not self._byte_us:
            self._fill(side, data, now_us)
        else:
            if not modem.line:
                modem.begun_us, modem.done = now_us, 0
            modem.line += data
        self.advance(self.now_ms)

    def advance(self, now_ms: int) -> None:
        """Advance to `now_ms`: make due decisions of the channel, and deliver what has arrived."""
        self.now_ms = max(self.now_ms, now_ms)
        until_us = self.now_ms * 1000
        if self._report_us is None and self._report_every_us:  # a vehicle may have been up for days
            self._report_us = until_us + self._report_every_us
        while True:
            ready = (self._ready(0), self._ready(1))
            at_us = self._air.next_us(ready)
            if at_us is None or at_us > until_us:
                break
            self._send(ready)
        for side in (0, 1):
            self._feed(side, until_us)
        while self._report_us is not None and self._report_us <= until_us:
            self._report(0, self._report_us)
            self._report(1, self._report_us)
            self._report_us += self._report_every_us
        while self._flying and self._flying[0][0] <= until_us:
            _, _, to, data = heapq.heappop(self._flying)
            (self.a if to == 0 else self.b).deliver(data)

    def next_delivery_ms(self) -> int | None:
        """Time of the next change without a write, ms: a decision, an arrival, or a free line."""
        dues = [self._air.next_us((self._ready(0), self._ready(1))), self._report_us]
        if self._flying:
            dues.append(self._flying[0][0])
        dues += [m.begun_us + math.ceil((m.done + len(m.line)) * self._byte_us) for m in self._modems if m.line]
        due_us = earliest(dues)
        return None if due_us is None else max(-(-due_us // 1000), self.now_ms)

    # --- the buffer ---------------------------------------------------------------------------------------------------
    def free_percent(self, side: int) -> int:
        """Room in the buffer, per cent, as RADIO_STATUS.txbuf."""
        return 100 * (self.profile.fifo - len(self._modems[side].fifo)) // self.profile.fifo

    def _ready(self, side: int) -> int | None:
        modem = self._modems[side]
        if modem.packet or modem.fifo:
            return modem.since_us
        return modem.begun_us + math.ceil((modem.done + 1) * self._byte_us) if modem.line else None

    def _feed(self, side: int, at_us: int) -> None:
        """Move bytes of the line that have arrived by now into the buffer."""
        modem = self._modems[side]
        if modem.line and at_us > modem.begun_us:
            count = int((at_us - modem.begun_us) / self._byte_us) - modem.done
            if count > 0:
                first_us = modem.begun_us + math.ceil((modem.done + 1) * self._byte_us)
                data = bytes(modem.line[:count])
                del modem.line[:count]
                modem.done += len(data)
                self._fill(side, data, first_us)

    def _fill(self, side: int, data: bytes, first_us: int) -> None:
        """Add bytes to the buffer; those without room are lost. `first_us`: arrival of the first byte."""
        modem = self._modems[side]
        fifo = modem.fifo
        if not (fifo or modem.packet):
            modem.since_us = first_us
        space = max(self.profile.fifo - len(fifo), 0)
        fifo += data[:space]
        self.statistics[side].overflowed += max(len(data) - space, 0)

    # --- the air ------------------------------------------------------------------------------------------------------
    def _send(self, ready: Ready) -> None:
        sent = self._air.step(self._take, ready)
        if sent is None:
            return
        side, arrived_us = sent
        modem, counts = self._modems[side], self.statistics[side]
        data, modem.packet = modem.packet, b""
        counts.packets += 1
        unheard = self._lost_for_power()
        lost, bad = self._channels[side].loses(arrived_us, unheard + self.loss - unheard * self.loss)
        if lost and self._golay and not bad and self._random.random() > unheard:
            lost, counts.corrected = False, counts.corrected + 1
        if not lost:
            counts.carried += len(data)
            self._launch(1 - side, arrived_us, data)
        elif self.profile.again:
            counts.again += 1
            modem.packet = data
        else:
            counts.lost += 1

    def _lost_for_power(self) -> float:
        """Probability that a packet is lost for lack of power at the present distance. Its logarithms cost as much as
        the rest of a packet, so it is computed when the distance has changed."""
        budget = self.profile.budget
        if budget is None:
            return 0.0
        distance_m = self.distance_m()
        if distance_m != self._unheard[0]:
            self._unheard = distance_m, budget.lost(distance_m)
        return self._unheard[1]

    def _take(self, side: int, room: int, at_us: int) -> int:
        """Take the next packet into `packet`; returns its size."""
        modem = self._modems[side]
        self._feed(side, at_us)
        if not modem.packet:
            size = (
                packet_size(modem.fifo, room, self._air.largest, whole=not modem.line) if self.profile.frames else room
            )
            modem.packet = bytes(modem.fifo[:size])
            del modem.fifo[:size]
            if modem.packet and self.profile.reports is not None and self.profile.reports.every_ms is None:
                for _ in range(_heartbeats(modem.packet)):
                    self._report(side, at_us)
        return len(modem.packet) if len(modem.packet) <= room else 0

    def _launch(self, to: int, arrived_us: int, data: bytes) -> None:
        extra_us = self.profile.latency_ms * 1000.0
        if self.profile.jitter_ms:
            extra_us += self._random.random() * self.profile.jitter_ms * 1000.0
        modem = self._modems[to]
        out_us = max(arrived_us + round(extra_us), modem.newest_us) + math.ceil(len(data) * self._byte_us)
        modem.newest_us = out_us
        self._push(out_us, to, data)

    def _push(self, due_us: int, to: int, data: bytes) -> None:
        self._counter += 1
        heapq.heappush(self._flying, (due_us, self._counter, to, data))

    # --- reports --------------------------------------------------------------------------------------------------
    def _report(self, side: int, at_us: int) -> None:
        """Insert RADIO_STATUS or CELLULAR_STATUS of this side's modem into the stream to its own end."""
        reports = self.profile.reports
        if reports is None or (reports.vehicle_only and side == 1):
            return
        msg_id, data, extra = payload(self._cellular(side) if reports.cellular else self._status(side, reports))
        self.statistics[side].reports += 1
        self._push(at_us, side, self._modems[side].writer.frame(msg_id, data, extra))

    def _status(self, side: int, reports: ModemReports) -> Message:
        rssi, noise = self._signal()
        kind = dialect.MAVLink_radio_message if reports.message == "RADIO" else dialect.MAVLink_radio_status_message
        theirs = self.statistics[1 - side]
        return kind(rssi, rssi, self.free_percent(side), noise, noise, theirs.lost & 0xFFFF, theirs.corrected & 0xFFFF)

    def _cellular(self, side: int) -> Message:
        """CELLULAR_STATUS: connected, except in the gaps of a handover; the network is unknown."""
        connected = self._channels[side].good
        status = CellularStatus.CONNECTED if connected else CellularStatus.SEARCHING
        return dialect.MAVLink_cellular_status_message(
            status, 0, CellularNetwork.LTE, _WHOLE_QUALITY if connected else 0, _UNKNOWN, _UNKNOWN, 0
        )

    def _signal(self) -> tuple[int, int]:
        """RSSI and noise in SiK's counts: (dBm + 127) * 1.9."""
        budget = self.profile.budget
        if budget is None:
            return 255, 0
        return _counts(budget.received_dbm(self.distance_m())), _counts(budget.noise_dbm)


def _counts(dbm: float) -> int:
    return min(max(round((dbm + 127.0) * 1.9), 0), 254)


def packet_size(fifo: bytearray, room: int, largest: int, *, whole: bool) -> int:
    """Size of the next packet, cut at MAVLink frames (SiK's packet.c): as many whole frames as fit.

    A frame too large for any packet is cut before what looks like the next frame. 0: the frame is incomplete. `whole`:
    no more bytes come, so send what there is.
    """
    size, available = 0, len(fifo)
    while size < available and fifo[size] in _MARKS:
        total = _frame_size(fifo, size)
        if total is None or total > largest or total > room - size or total > available - size:
            break
        size += total
    if size or not available:
        return size
    total = _frame_size(fifo, 0) if fifo[0] in _MARKS else largest + 1
    if total is None or total <= largest:
        missing = total is None or total > available
        return min(available, room) if missing and whole else 0
    end = min(available, room)
    marks = [at for at in (fifo.find(mark, 1, end) for mark in _MARKS) if at > 0]
    return min(marks, default=end)


def _frame_size(data: bytearray, at: int) -> int | None:
    """Size of the frame at `at`, bytes; None: too few bytes to know."""
    if len(data) - at < 3:
        return None
    if data[at] == _V1:
        return data[at + 1] + 8
    return data[at + 1] + 12 + (13 if data[at + 2] & 1 else 0)


def _heartbeats(packet: bytes) -> int:
    """Number of HEARTBEATs in a packet of whole frames."""
    at = count = 0
    data = bytearray(packet)
    while at < len(data) and data[at] in _MARKS:
        total = _frame_size(data, at)
        if total is None or at + total > len(data):
            break
        begin = at + (5 if data[at] == _V1 else 7)
        count += data[begin] == _HEARTBEAT and (data[at] == _V1 or not data[begin + 1] | data[begin + 2])
        at += total
    return count
