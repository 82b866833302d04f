"""The kernels as Python calls them; importing this compiles nothing and imports none of them."""

from __future__ import annotations

from typing import Final

from autopilot.control.kernels import Entry

_ROWS: Final = "float64[:,::1]"
#: State, settings, target, noise, quantiles, report, heights of the ground, each row's until_ms.
SIGNATURE: Final = (
    f"int64({_ROWS}, {_ROWS}, {_ROWS}, uint64[:,::1], float64[::1], {_ROWS}, float32[:,::1], float64[::1])"
)

COPTER: Final = Entry("advance_copter", "sitl.kernel.copter", "advance", SIGNATURE)
ROVER: Final = Entry("advance_rover", "sitl.kernel.rover", "advance", SIGNATURE)
BOAT: Final = Entry("advance_boat", "sitl.kernel.boat", "advance", SIGNATURE)
PLANE: Final = Entry("advance_plane", "sitl.kernel.plane", "advance", SIGNATURE)
KERNELS: Final = (COPTER, ROVER, BOAT, PLANE)
