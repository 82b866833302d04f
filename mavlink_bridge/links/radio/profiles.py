"""Known radios with the sources of their numbers; `docs/radios.md` shows them as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from autopilot.interface.mathematics import log10
from mavlink_bridge.links.radio.profile import (
    BurstLosses,
    Duplex,
    LinkBudget,
    ModemReports,
    RadioLane,
    RadioProfile,
    Tdm,
)

_SIK: Final = (
    "github.com/ArduPilot/SiK, Firmware/radio: tdm.c (windows), packet.c (framing), serial.c (1850 bytes of buffer), "
    "mavlink.c (report for each HEARTBEAT), parameters.c (57600, AIR_SPEED 64, 20 dBm)"
)
_SI4432: Final = LinkBudget(mhz=915.0, power_dbm=20.0, sensitivity_dbm=-121.0, noise_dbm=-118.0)
"""Silicon Labs Si4430/31/32-B1 data sheet: +20 dBm, -121 dBm. The rate of that sensitivity, 2 kbit/s, and the noise are
assumptions."""
_GROUND_CLUTTER: Final = BurstLosses(good=0.005, bad=0.6, good_ms=8_000.0, bad_ms=150.0)
"""Assumption: a short fade every 8 s, as by an antenna that turns away."""


def _sik(kbps: int, *, golay: bool, name: str = "") -> RadioProfile:
    sensitivity_dbm = _SI4432.sensitivity_dbm + 10.0 * log10(kbps / 2.0)  # ten times the rate needs ten times the power
    budget = replace(_SI4432, sensitivity_dbm=sensitivity_dbm - (2.0 if golay else 0.0))
    code = ", ECC" if golay else ""
    return RadioProfile(
        name or f"sik-air-{kbps}",
        f"SiK, 57600 baud, air rate {kbps} kbit/s{code}",
        Tdm(kbps, golay),
        _SIK,
        fifo=1850,
        baud=57_600,
        frames=True,
        losses=_GROUND_CLUTTER,
        budget=budget,
        reports=ModemReports(),
    )


def _duplex(
    bytes_per_s: float, up_bytes_per_s: float | None = None, packet_us: float = 0.0, size: int = 1400
) -> Duplex:
    up = bytes_per_s if up_bytes_per_s is None else up_bytes_per_s
    return Duplex(
        RadioLane(size, packet_us=packet_us, byte_us=1e6 / bytes_per_s),
        RadioLane(size, packet_us=packet_us, byte_us=1e6 / up),
    )


def _elrs(name: str, title: str, interval_us: int, size: int, sensitivity_dbm: float, mhz: float) -> RadioProfile:
    """ExpressLRS with ratio 1:2: every other slot goes down; of those going up, every other one carries sticks, not
    data."""
    air = Duplex(
        down=RadioLane(size, period_us=2 * interval_us, offset_us=interval_us),
        up=RadioLane(size, period_us=4 * interval_us, offset_us=0),
    )
    source = (
        "expresslrs.org: software/mavlink (1:2, retries), info/telem-bandwidth; github.com/ExpressLRS/ExpressLRS: "
        "telemetry_protocol.h (5 or 10 bytes a packet), SerialMavlink.h and .cpp (1024 bytes, RADIO_STATUS every 11 ms)"
        "; sensitivity, power and noise are assumptions"
    )
    return RadioProfile(
        name,
        title,
        air,
        source,
        fifo=1024,
        baud=460_800,
        again=True,
        losses=_GROUND_CLUTTER,
        budget=LinkBudget(mhz, 20.0, sensitivity_dbm, -115.0),
        reports=ModemReports(every_ms=11, vehicle_only=True, system=1, component=68),
    )


_ALL: Final = (
    _sik(64, golay=True, name="sik-57600"),
    *(_sik(kbps, golay=False) for kbps in (4, 8, 16, 19, 24, 32, 48, 64, 96, 128, 192, 250)),
    replace(
        _sik(64, golay=False, name="rfd900x"), title="RFD900x, 57600 baud, air rate 64 kbit/s",
        budget=LinkBudget(mhz=915.0, power_dbm=30.0, sensitivity_dbm=-106.0, noise_dbm=-118.0, gain_dbi=3.0),
        source="assumptions, no data sheet was read: 30 dBm, 64 kbit/s, an antenna of 3 dBi, and that it divides time "
        "and frames as SiK does",
    ),
    _elrs("elrs-333", "ExpressLRS 2.4 GHz, 333 Hz Full, MAVLink mode, 1:2", 3003, 10, -105.0, 2440.0),
    _elrs("elrs-500", "ExpressLRS 2.4 GHz, 500 Hz, MAVLink mode, 1:2", 2000, 5, -105.0, 2440.0),
    _elrs("elrs-900-200", "ExpressLRS 900 MHz, 200 Hz, MAVLink mode, 1:2", 5000, 5, -112.0, 915.0),
    RadioProfile(
        "crossfire-50", "TBS Crossfire, 50 Hz, MAVLink",
        Duplex(RadioLane(20, period_us=20_000), RadioLane(5, period_us=20_000, offset_us=10_000)),
        "TBS Crossfire manual (57600 baud, RADIO_STATUS as flow control at both ends); what a slot carries is an "
        "assumption: 20 bytes down and 5 up, 50 times per second",
        fifo=1024, baud=57_600, again=True, losses=_GROUND_CLUTTER, budget=LinkBudget(915.0, 20.0, -120.0, -118.0),
        reports=ModemReports(every_ms=1000),
    ),
    RadioProfile(
        "wifi", "Wi-Fi, good", _duplex(1_000_000.0, packet_us=300.0),
        "IEEE 802.11n at a low rate: about 8 Mbit/s of data; delay, jitter and loss are assumptions", latency_ms=1.0,
        jitter_ms=4.0, losses=BurstLosses(good=0.0005, bad=0.3, good_ms=20_000.0, bad_ms=50.0),
    ),
    RadioProfile(
        "wifi-lossy", "Wi-Fi at the edge of its range", _duplex(125_000.0, packet_us=1000.0),
        "as wifi, 1 Mbit/s, the lowest rate of 802.11b; delay, jitter and loss are assumptions", latency_ms=3.0,
        jitter_ms=60.0, losses=BurstLosses(good=0.02, bad=0.8, good_ms=2_000.0, bad_ms=250.0),
    ),
    RadioProfile(
        "lte", "LTE", _duplex(625_000.0, 1_250_000.0),
        "assumptions: 5 Mbit/s from the vehicle and 10 to it, 45 to 85 ms one way, and gaps of 0.3 s, as at a "
        "handover, every 30 s",
        latency_ms=45.0, jitter_ms=40.0, losses=BurstLosses(good=0.001, bad=1.0, good_ms=30_000.0, bad_ms=300.0),
        reports=ModemReports(every_ms=1000, vehicle_only=True, cellular=True),
    ),
    RadioProfile(
        "satellite", "Satellite, 10 s", _duplex(30.0, size=340),
        "assumptions: messages of up to 340 bytes, 30 bytes/s, 9 to 11 s",
        fifo=2048, high_latency=True, latency_ms=9_000.0, jitter_ms=2_000.0,
    ),
    RadioProfile(
        "usb", "USB cable", _duplex(1_000_000.0),
        "USB 2.0 full speed, 12 Mbit/s: about 1 MB/s of bulk data in frames of 1 ms", latency_ms=1.0,
    ),
)  # fmt: skip

PROFILES: Final = {profile.name: profile for profile in _ALL}
