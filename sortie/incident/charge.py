"""Battery that PX4 considers empty by its voltage, because no current is measured.

PX4 1.16 (src/lib/battery) calculates the charge of such a pack from the cell voltage between BAT1_V_EMPTY and
BAT1_V_CHARGED, smoothed over some 2 s. Our vehicle checks its voltage once a second and acts at the second check, which
is as late.
"""

from __future__ import annotations

from typing import Final

from sortie.incident.evidence import Evidence
from sortie.incident.signals import FoundFault, in_flight

_LEVELS: Final = (("BAT_CRIT_THR", 0.07), ("BAT_EMERGEN_THR", 0.05))
_BELOW: Final = 0.005
"""Distance below a level at which it is clearly passed, share of the charge."""
_OWN_FULL_V, _OWN_EMPTY_V, _OWN_CHARGED_V = 3 * 4.2, 3 * 3.6, 3 * 4.05
"""Voltage at rest of the simulator's full pack, and the limits between which its PX4 calculates the charge, V."""


def emptied(found: Evidence) -> list[FoundFault]:
    """Find the times at which the charge falls below PX4's levels, each as a voltage drop of a full pack. Other
    firmwares have no BAT1_N_CELLS."""
    rows, given = in_flight(found, found.battery), found.parameters
    if not len(rows) or (rows[:, 2] > 0.0).any():
        return []
    cells, empty, full = (
        given.get("BAT1_N_CELLS", 0.0),
        given.get("BAT1_V_EMPTY", 3.6),
        given.get("BAT1_V_CHARGED", 4.05),
    )
    if cells < 1.0 or full <= empty:
        return []
    share = (rows[:, 1] / cells - empty) / (full - empty)
    faults = []
    for name, usual in _LEVELS:
        level = given.get(name, usual)
        low = share < level
        if low[0] or share.min() > level - _BELOW:
            continue
        begin_s = float(rows[low.argmax(), 0])
        off = _OWN_FULL_V - _OWN_EMPTY_V - (level - 2.0 * _BELOW) * (_OWN_CHARGED_V - _OWN_EMPTY_V)
        volts = f"{rows[low.argmax(), 1]:.2f} V of {cells:.0f} cells"
        why = f"battery_status: {volts} is below {name} ({level:.0%}) at {begin_s:.2f} s"
        faults.append(FoundFault("battery.low", begin_s, None, why, round(off, 3)))
    return faults
