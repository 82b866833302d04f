"""What terrain costs: in the kernel, and in the rules of a rehearsal."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from autopilot.interface.geo import GeoPoint
from autopilot.interface.terrain import HeightMap
from benchmarks.vehicle import HOME

if TYPE_CHECKING:
    from sitl.vehicles.rows import MachineRows

PAIRS, TURN_S = 15, 400.0
_SIDE = 1201


def _hills() -> HeightMap:
    """Waves of 40 m, half a degree wide, a height every second of arc, as a 1" tile has them."""
    lat, lon = np.meshgrid(np.arange(1801) / 3600.0, np.arange(1801) / 3600.0, indexing="ij")
    heights = 600.0 + 20.0 * np.sin(lat * 1500.0) + 20.0 * np.cos(lon * 1100.0)
    return HeightMap(HOME[0] - 0.25, HOME[1] - 0.25, 3600.0, 3600.0, heights.astype(np.float32))


def _flying(ground: HeightMap | None) -> MachineRows:
    """A copter that goes far and back, 200 m up."""
    from autopilot.interface.targets import Leg, Pilot, PilotKind, TakeOff
    from sitl.vehicles.kinds import make_simulated
    from sitl.vehicles.rows import MachineRows

    machine = make_simulated("copter", GeoPoint(*HOME), 353.0, 1, ground)
    machine.set_parameter("SIM_BATT_CAP_AH", 0.0)
    rows = MachineRows([machine])
    for until_s, target in ((4, Pilot(PilotKind.LOITER)), (120, TakeOff(-200.0)), (125, Leg((15_000.0, 0.0, -200.0)))):
        if until_s == 120:
            machine.arm(force=True)
        machine.set_target(target)
        _run(rows, 1000.0 * until_s)
    return rows


def _run(rows: MachineRows, until_ms: float) -> float:
    """Seconds of the processor: both kinds of turns are short, and share the machine with whoever is there."""
    began_s = time.process_time()
    while rows.advance(np.full(1, until_ms)):
        rows.events[:] = 0.0
    return time.process_time() - began_s


def kernel_cost() -> float:
    """% of the kernel's speed without a map: median of turns, one after the other with and without, of flights that
    differ in nothing else."""
    flat, hilly = _flying(None), _flying(_hills())
    shares = []
    for turn in range(1, PAIRS + 1):
        until_ms = 125_000.0 + 1000.0 * TURN_S * turn
        without_s, with_s = _run(flat, until_ms), _run(hilly, until_ms)
        shares.append(100.0 * (1.0 - without_s / with_s))
    return median(shares)


def tile(folder: Path) -> Path:
    """An SRTM tile of plains about home, 3" from height to height, so low that no plan meets it."""
    lat, lon = np.meshgrid(np.linspace(0, 1, _SIDE), np.linspace(0, 1, _SIDE), indexing="ij")
    heights = np.round(500.0 + 5.0 * np.sin(90.0 * lat) + 5.0 * np.cos(70.0 * lon))
    file = folder / "S36E149.hgt"
    file.write_bytes(heights[::-1].astype(">i2").tobytes())
    return file
