"""Entries of all that is compiled."""

from __future__ import annotations

from typing import Final

from autopilot.control.arrays import OVER_ARRAY
from autopilot.control.kernels import Entry
from mavlink_bridge.services.telemetry.compiling import TELEMETRY
from sitl.camera.texture import EXPOSE
from sitl.kernel.compiling import KERNELS, OUTSIDE

ENTRIES: Final[tuple[Entry, ...]] = (*KERNELS, *OUTSIDE.values(), *TELEMETRY, EXPOSE, OVER_ARRAY)
