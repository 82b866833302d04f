"""Compiled functions of telemetry for Python callers; the import compiles nothing."""

from __future__ import annotations

from typing import Final

from autopilot.control.kernels import Entry

_KERNEL: Final = "mavlink_bridge.services.telemetry.kernel"
_SOURCES: Final = "mavlink_bridge.services.telemetry.sources"
_TABLES: Final = "int64[:, ::1], int64[:, ::1], float64[:, ::1], int64[:, ::1], float32[::1], uint8[::1]"
"""Headers, kinds and numbers of `layout.TABLES`, CRC table, and four bytes of scratch in two views."""

DERIVE: Final = Entry("derive_values", _SOURCES, "derive", "void(float64[::1])")
WRITE: Final = Entry(
    "write_frames",
    _KERNEL,
    "write_frames",
    f"void(float64[::1], {_TABLES}, uint8[::1], int64[::1], int64[::1], int64, int64, int64, int64)",
)
STAMP: Final = Entry("stamp_frames", _KERNEL, "stamp_frames", "int64(uint8[::1], int64, uint8[::1], uint8[::1])")
POOL: Final = Entry(
    "write_pool",
    _KERNEL,
    "write_pool",
    f"void({_TABLES}, uint8[::1], uint8[::1], float64[:, ::1], float64[:, ::1], int64[::1], int64[:, ::1],"
    " int64[:, ::1], uint8[::1], int64[:, ::1], int64, int64)",
)
DUE: Final = Entry(
    "write_due",
    _KERNEL,
    "write_due",
    f"void({_TABLES}, uint8[::1], uint8[::1], int64[::1], int64[::1], float64[:, ::1], float64[:, ::1], int64[:, ::1],"
    " int64[:, ::1], int64[:, ::1], uint8[::1], int64[:, ::1])",
)
TELEMETRY: Final = (DERIVE, WRITE, STAMP, POOL, DUE)
