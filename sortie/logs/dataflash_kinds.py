"""The messages that a flight's DataFlash log holds, with the names, columns and units of ArduPilot 4.6: rows of
`dataflash_kinds.json` (type, name, format, columns, units, multipliers).

Events (sent when something happens) and samples (written together, several times a second). Columns for which the
vehicle has no figure are NaN, or 0 where the column holds whole numbers. The sensors' are described where the first of
them stands: most vehicles have none of these.
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
"""By name; those of wings that other kinds have with other columns begin with WING_."""
RALLY_FRAME_KNOWN = 4
RALLY_FRAME_SHIFT = 3
RALLY_FRAMES = {0: Frame.GLOBAL, 1: Frame.GLOBAL_RELATIVE_ALT, 3: Frame.GLOBAL_TERRAIN_ALT}
"""In RALY.Flags: what the altitude counts from (ArduPilot's Location::AltFrame)."""
_BOTH = ("ATT", "RATE", "POS", "GPS", "BAT", "XKF1", "XKF4")
_SENSED = ("GPA", "IMU", "BARO", "MAG", "VIBE", "RCIN", "RCOU", "XKF2", "SIM")


def rally_frame(frame: int) -> int:
    """The number of a MAV_FRAME in RALY.Flags."""
    return 0 if frame in ABOVE_SEA else 3 if frame in ABOVE_GROUND else 1


def samples(vehicle: VehicleClass, *, simulated: bool) -> tuple[MessageFormat, ...]:
    """The samples of a kind of vehicle, in the order in which they are written. Of a real vehicle sensors, outputs
    and control are not known here."""
    more = (*vehicle.simulated_samples, *_SENSED) if simulated else ()
    return tuple(SAMPLES[name] for name in (*_BOTH, *vehicle.own_samples, *more))
