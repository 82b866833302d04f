"""Kinds of machines for libraries and wheels."""

from __future__ import annotations

from typing import Final

from autopilot.interface.records import dataclass


@dataclass(frozen=True)
class Machine:
    """Kind of machine. `name`: as in `autopilot.control.library.this_target`; `triple`: LLVM's; `linker`: zig's; `tag`:
    of a wheel."""

    name: str
    triple: str
    cpu: str
    linker: str
    tag: str


TARGETS: Final = (
    Machine("x86_64-linux", "x86_64-unknown-linux-gnu", "x86-64-v2", "x86_64-linux-musl",
           "manylinux_2_28_x86_64.musllinux_1_1_x86_64"),
    Machine("aarch64-linux", "aarch64-unknown-linux-gnu", "generic", "aarch64-linux-musl",
           "manylinux_2_28_aarch64.musllinux_1_1_aarch64"),
    Machine("x86_64-macos", "x86_64-apple-macosx11.0.0", "x86-64-v2", "x86_64-macos.11.0-none", "macosx_11_0_x86_64"),
    Machine("aarch64-macos", "arm64-apple-macosx11.0.0", "apple-m1", "aarch64-macos.11.0-none", "macosx_11_0_arm64"),
    Machine("x86_64-windows", "x86_64-pc-windows-gnu", "x86-64-v2", "x86_64-windows-gnu", "win_amd64"),
)  # fmt: skip


def target_named(name: str) -> Machine:
    """Return the kind with this name. KeyError without one."""
    return {target.name: target for target in TARGETS}[name]
