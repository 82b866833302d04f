"""Messages of our DataFlash logs, with names, columns and units of ArduPilot 4.6, from `dataflash_kinds.json` (type,
name, format, columns, units, multipliers).

There are events, and samples that are written together several times a second. Unknown columns are NaN, or 0 in integer
columns. Messages of rare sensors are described before their first message.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from autopilot.interface.geo import ABOVE_GROUND, ABOVE_SEA
from autopilot.mav import Frame
from autopilot.vehicles.vehicle_class import VehicleClass
from sortie.logs.dataflash import MessageFormat, kind

_TABLE: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def _kinds(group: str) -> tuple[MessageFormat, ...]:
    return tuple(kind(*row) for row in _TABLE[group])


VER, PARM, MSG, MODE, EV, ERR, ARM, CMD, ORGN = EVENTS = _kinds("events")
RALY, CAM, RFND, PRX, PRXR, PL, EFI, EFI2, ECYL = _kinds("seldom")
WING_CTUN, WING_NTUN, TECS, ARSP, QTUN = _kinds("wings")
SAMPLES: Final = {
    **{own.name: own for own in (*_kinds("samples"), TECS, ARSP, QTUN)},
    "WING_CTUN": WING_CTUN,
    "WING_NTUN": WING_NTUN,
}
"""Kinds by name; kinds of wings with other columns than elsewhere begin with WING_."""
RALLY_FRAME_KNOWN = 4
RALLY_FRAME_SHIFT = 3
RALLY_FRAMES = {0: Frame.GLOBAL, 1: Frame.GLOBAL_RELATIVE_ALT, 3: Frame.GLOBAL_TERRAIN_ALT}
"""References of the altitude in RALY.Flags (ArduPilot's Location::AltFrame)."""
PLAIN_IN_CMD = 1e-7
"""Scale of params 5 and 6 in CMD.Lat and CMD.Lng, if they are no place."""
_BOTH = ("ATT", "RATE", "POS", "GPS", "BAT", "XKF1", "XKF4")
_SENSED = ("GPA", "IMU", "BARO", "MAG", "VIBE", "RCIN", "RCOU", "XKF2", "SIM")


def rally_frame(frame: int) -> int:
    """Return the number of a MAV_FRAME in RALY.Flags."""
    return 0 if frame in ABOVE_SEA else 3 if frame in ABOVE_GROUND else 1


def samples(vehicle: VehicleClass, *, simulated: bool) -> tuple[MessageFormat, ...]:
    """Return the samples of a kind of vehicle in their order. Sensors, outputs and control of a real vehicle are not
    known."""
    more = (*vehicle.simulated_samples, *_SENSED) if simulated else ()
    return tuple(SAMPLES[name] for name in (*_BOTH, *vehicle.own_samples, *more))
