"""Entry points of the kernels for Python. Importing this module compiles nothing and imports no kernel."""

from __future__ import annotations

from typing import Final

from autopilot.control.kernels import Entry

_ROWS: Final = "float64[:,::1]"
#: State, settings, target, noise, quantiles, report, heights of the ground, `until_ms` of each row, samples, their
#: times.
SIGNATURE: Final = (
    f"int64({_ROWS}, {_ROWS}, {_ROWS}, uint64[:,::1], float64[::1], {_ROWS}, float32[:,::1], float64[::1], {_ROWS}, "
    "float64[::1])"
)

COPTER: Final = Entry("advance_copter", "sitl.kernel.copter", "advance", SIGNATURE)
ROVER: Final = Entry("advance_rover", "sitl.kernel.rover", "advance", SIGNATURE)
BOAT: Final = Entry("advance_boat", "sitl.kernel.boat", "advance", SIGNATURE)
PLANE: Final = Entry("advance_plane", "sitl.kernel.plane", "advance", SIGNATURE)
KERNELS: Final = (COPTER, ROVER, BOAT, PLANE)

#: State, settings, noise, quantiles, heights of the ground, outputs, packet, clock, values, fields, answer, wire.
_EXCHANGE: Final = (
    f"int64({_ROWS}, {_ROWS}, uint64[:,::1], float64[::1], float32[:,::1], {_ROWS}, uint8[::1], int64[::1], "
    "float64[::1], int64[:,::1], uint8[::1], int64[::1])"
)
OUTSIDE: Final = {
    "copter": Entry("exchange_copter", "sitl.kernel.outside", "exchange_copter", _EXCHANGE),
    "rover": Entry("exchange_rover", "sitl.kernel.outside", "exchange_rover", _EXCHANGE),
    "boat": Entry("exchange_boat", "sitl.kernel.outside", "exchange_boat", _EXCHANGE),
    "plane": Entry("exchange_plane", "sitl.kernel.outside", "exchange_plane", _EXCHANGE),
}
"""Entry points for bodies that a firmware flies, by kind."""

#: Clocks, columns of time and events, times, end of the window, times to which rows may move, rows that are found.
BOUND_ROWS: Final = Entry(
    "bound_rows", "sitl.kernel.rows", "bound_rows", f"void({_ROWS}, int64, {_ROWS}, float64[::1], float64[::1])"
)
FIND_ROWS: Final = Entry(
    "find_rows", "sitl.kernel.rows", "find_rows", f"int64({_ROWS}, int64, int64, {_ROWS}, float64[::1], int64[:, ::1])"
)
ANY_MOVES: Final = Entry("any_moves", "sitl.kernel.rows", "any_moves", f"int64({_ROWS})")
FLEET: Final = (BOUND_ROWS, FIND_ROWS, ANY_MOVES)
