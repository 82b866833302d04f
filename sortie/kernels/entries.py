"""List of all compiled entries."""

from __future__ import annotations

from typing import Final

from autopilot.control.arrays import OVER_ARRAY
from autopilot.control.kernels import Entry
from autopilot.control.straightening import STRAIGHTEN
from mavlink_bridge.services.telemetry.compiling import TELEMETRY
from sitl.camera.texture import EXPOSE
from sitl.kernel.compiling import BOAT, COPTER, FLEET, OUTSIDE, PLANE, ROVER

# Compiled in parallel, each by its own process: halves of the work.
PARTS: Final[tuple[tuple[Entry, ...], ...]] = (
    (COPTER, OUTSIDE["copter"], *TELEMETRY, EXPOSE, OVER_ARRAY, STRAIGHTEN, *FLEET),
    (PLANE, ROVER, BOAT, OUTSIDE["plane"], OUTSIDE["rover"], OUTSIDE["boat"]),
)
# Compiled before: what both halves call is called by a rover too, mostly.
SHARED: Final[tuple[Entry, ...]] = (ROVER,)
ENTRIES: Final[tuple[Entry, ...]] = tuple(entry for part in PARTS for entry in part)
