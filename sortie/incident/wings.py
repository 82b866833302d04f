"""Faults of wings in a log: an engine without current, a pitot tube without pressure."""

from __future__ import annotations

from typing import Final

import numpy as np

from autopilot.vehicles.kinds import vehicle_class
from sortie.incident.evidence import Evidence
from sortie.incident.signals import FoundFault, in_flight, stretches

_PULLS_US: Final = 1300.0
"""Throttle above which an engine draws a visible current, us."""
_TAKES: Final = 0.2
"""Least share of the usual current at such a throttle."""
_IDLE_S, _BLIND_S = 2.0, 2.0
_STALLS: Final = 0.35
"""Share of the slowest airspeed below which nothing flies."""
_FASTER_MPS: Final = 8.0
_THROTTLE: Final = 70
"""Value of SERVOn_FUNCTION."""


def engine(found: Evidence) -> list[FoundFault]:
    """Find an engine that draws no current although it is commanded to pull."""
    motors, battery = in_flight(found, found.motors), in_flight(found, found.battery)
    if not vehicle_class(found.kind).has_stall_speed or len(motors) < 20 or len(battery) < 20:
        return []
    pulse = np.interp(battery[:, 0], motors[:, 0], motors[:, _throttle(found)])
    pulls, amps = pulse > _PULLS_US, battery[:, 2]
    usual = float(np.median(amps[pulls][:50])) if np.count_nonzero(pulls) > 50 else 0.0
    if usual < 1.0:
        return []
    per_us = usual / max(float(np.median(pulse[pulls][:50])) - 1000.0, 1.0)
    idle = pulls & (amps < _TAKES * per_us * (pulse - 1000.0))
    return [
        FoundFault(
            "motor1.loss", begin_s, end_s, f"RCOU, BAT: asked to pull, the engine takes nothing from {begin_s:.2f} s"
        )
        for begin_s, end_s in stretches(battery[:, 0], idle, _IDLE_S)
    ][:1]


def _throttle(found: Evidence) -> int:
    """Return the channel of the throttle, of the four that are read; ArduPlane's default is the third."""
    given = found.parameters
    return next((n for n in range(1, 5) if given.get(f"SERVO{n}_FUNCTION") == _THROTTLE), 3)


def airspeed(found: Evidence) -> list[FoundFault]:
    """Find a tube that shows less than any flying airspeed while the vehicle moves as fast."""
    rows = in_flight(found, found.airspeed)
    samples = [(s.time_s, s.speed, s.height) for s in found.facts.samples]
    if not vehicle_class(found.kind).has_stall_speed or len(rows) < 20 or len(samples) < 20:
        return []
    at_s, speed, height = np.array(samples, np.float64).T
    least = _STALLS * found.parameters.get("AIRSPEED_MIN", found.parameters.get("ARSPD_FBW_MIN", 10.0))
    flies = (np.interp(rows[:, 0], at_s, speed) > _FASTER_MPS) & (np.interp(rows[:, 0], at_s, height) > 3.0)
    return [
        FoundFault("airspeed.loss", begin_s, end_s, f"ARSP: below {least:.1f} m/s in flight from {begin_s:.2f} s on")
        for begin_s, end_s in stretches(rows[:, 0], flies & (rows[:, 1] < least), _BLIND_S)
    ]
