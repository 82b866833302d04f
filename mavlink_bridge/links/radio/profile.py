"""Profile of a radio: channel, buffer, serial line, losses, range, and reports.

Times are us and sizes bytes, unless the name says otherwise. `profiles` has the known radios.
"""

from __future__ import annotations

from typing import Final, Literal

from autopilot.interface.mathematics import ONE_OVER_LN10, exp, log10
from autopilot.interface.records import dataclass

SIK_TICK_US: Final = 16
"""Tick of all air times of SiK, us (Firmware/radio/timer.c, tdm.c)."""
SIK_LARGEST_PACKET: Final = 252  # radio.h, MAX_PACKET_LENGTH
SIK_TRAILER: Final = 2  # tdm.c, struct tdm_trailer
SIK_LARGEST_WINDOW: Final = 0x1FFF  # ticks, 13 bits of the trailer
SIK_REGULATORY_WINDOW: Final = 1_000_000 // SIK_TICK_US * 4 // 10  # ticks: 0.4 s
SIK_PREAMBLE_NIBBLES: Final = 16  # radio_443x.c, for the usual single antenna


@dataclass(frozen=True, slots=True)
class Tdm:
    """Half duplex by time division, as SiK: a window of one side, silence, a window of the other, silence.

    All times follow from the air rate by SiK's rules (tdm.c, `tdm_init`). `air_kbps`: air rate, kbit/s. `golay`: 12/24
    Golay code (ECC=1), which doubles each byte. `max_window_ms`: MAX_WINDOW.
    """

    air_kbps: int
    golay: bool = False
    max_window_ms: int = 131

    @property
    def _raw_byte_ticks(self) -> int:
        return (8 + 8_000_000 // (self.air_kbps * 1000)) // SIK_TICK_US + 1

    @property
    def _round_latency_ticks(self) -> int:
        """Latency of an empty packet, ticks, with the preamble by which SiK counts rounds."""
        latency = 13 * self._raw_byte_ticks + 13
        return latency + 4 * 2 * self._raw_byte_ticks if self.golay else latency

    @property
    def _byte_ticks(self) -> int:
        return self._raw_byte_ticks * (2 if self.golay else 1)

    @property
    def byte_us(self) -> int:
        """Time of a byte in the air, us."""
        return self._byte_ticks * SIK_TICK_US

    @property
    def latency_us(self) -> int:
        """Time of an empty packet, us: turnaround, preamble, header."""
        preamble = (SIK_PREAMBLE_NIBBLES - 10) // 2 * self._byte_ticks
        return (self._round_latency_ticks + preamble) * SIK_TICK_US

    @property
    def largest(self) -> int:
        """Largest data of a packet, bytes."""
        return SIK_LARGEST_PACKET // 2 - (6 + SIK_TRAILER) if self.golay else SIK_LARGEST_PACKET - SIK_TRAILER

    @property
    def silence_us(self) -> int:
        return 2 * self._round_latency_ticks * SIK_TICK_US

    @property
    def window_us(self) -> int:
        """Length of a window, us: three of the largest packets, within the limits of regulation, setting and
        trailer."""
        ticks = 3 * (self._round_latency_ticks + self.largest * self._byte_ticks)
        ticks = min(ticks, SIK_REGULATORY_WINDOW, self.max_window_ms * (1000 // SIK_TICK_US), SIK_LARGEST_WINDOW)
        return ticks * SIK_TICK_US


@dataclass(frozen=True, slots=True)
class RadioLane:
    """Direction of a full-duplex radio. A packet of at most `largest` bytes takes `packet_us` and `byte_us` per
    byte.

    `period_us`: packets begin at its multiples plus `offset_us`; 0: at any time.
    """

    largest: int
    period_us: int = 0
    offset_us: int = 0
    packet_us: float = 0.0
    byte_us: float = 0.0


@dataclass(frozen=True, slots=True)
class Duplex:
    """Full duplex: two lanes, from the vehicle and to it."""

    down: RadioLane
    up: RadioLane


@dataclass(frozen=True, slots=True)
class BurstLosses:
    """Gilbert-Elliott model: the channel is good for `good_ms` on average, then bad for `bad_ms`. `good`, `bad`:
    probabilities of a loss in each state (E. N. Gilbert 1960, E. O. Elliott 1963)."""

    good: float = 0.0
    bad: float = 0.0
    good_ms: float = 10_000.0
    bad_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkBudget:
    """Link budget over free space with two equal antennas, dBm and dBi. `fade_db`: margin over which the loss falls
    from mostly lost to mostly received."""

    mhz: float
    power_dbm: float
    sensitivity_dbm: float
    noise_dbm: float
    gain_dbi: float = 2.0
    fade_db: float = 1.0

    def received_dbm(self, distance_m: float) -> float:
        """Received power by the free-space path loss (ITU-R P.525): 20 log d/km + 20 log f/MHz + 32.45 dB."""
        loss_db = 20.0 * log10(max(distance_m, 1.0) / 1000.0) + 20.0 * log10(self.mhz) + 32.45
        return self.power_dbm + 2.0 * self.gain_dbi - loss_db

    def lost(self, distance_m: float) -> float:
        """Probability that a packet is lost for lack of power."""
        margin = (self.received_dbm(distance_m) - self.sensitivity_dbm) / self.fade_db
        return 1.0 / (1.0 + exp(min(max(margin, -60.0), 60.0)))

    def range_m(self) -> float:
        """Distance at which half of the packets are received, m."""
        spare_db = self.power_dbm + 2.0 * self.gain_dbi - self.sensitivity_dbm - 20.0 * log10(self.mhz) - 32.45
        return float(1000.0 * exp(spare_db / 20.0 / ONE_OVER_LN10))


@dataclass(frozen=True, slots=True)
class ModemReports:
    """Reports of a modem, inserted into the stream to its own end. `every_ms` None: one for each HEARTBEAT that it
    sends, as SiK. `vehicle_only`: the ground modem sends none, as ELRS. `cellular`: CELLULAR_STATUS instead of
    `message`."""

    message: Literal["RADIO_STATUS", "RADIO"] = "RADIO_STATUS"
    every_ms: int | None = None
    vehicle_only: bool = False
    cellular: bool = False
    system: int = ord("3")
    component: int = ord("D")


@dataclass(frozen=True, slots=True)
class RadioProfile:
    """Radio of some type. `fifo`: its buffer; bytes are lost while it is full. `baud`: of the serial lines; None: no
    limit.

    `frames`: packets end at MAVLink frames if these fit. `again`: lost packets are repeated until received.
    `latency_ms`, `jitter_ms`: additional delay, least and variation. `high_latency`: it carries only HIGH_LATENCY2 and
    answers (`Endpoint.high_latency`). `source`: of the numbers.
    """

    name: str
    title: str
    air: Tdm | Duplex
    source: str
    fifo: int = 65_536
    baud: int | None = None
    frames: bool = False
    again: bool = False
    high_latency: bool = False
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    losses: BurstLosses = BurstLosses()
    budget: LinkBudget | None = None
    reports: ModemReports | None = None
