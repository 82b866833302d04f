"""Flies the libraries of other machines as far as this one can: a thousand ticks of a copter, by a small C program, and
compares what its arrays are afterwards with what this machine's own come to. Status 1 where bytes differ.

Needs ziglang, which compiles the program, and what runs it: qemu-aarch64 with libc6-arm64-cross, musl, wine. What is
missing is skipped, by name. Libraries of macOS are not run anywhere here; of those, what they take from outside, what
they give, and what loads them is read.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import numpy.typing as npt

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from autopilot.control import kernels  # noqa: E402 - of this folder
from autopilot.control import library as lib  # noqa: E402
from autopilot.interface import layout as L  # noqa: E402
from autopilot.interface.targets import TakeOff  # noqa: E402
from sitl.kernel.quantiles import quantiles  # noqa: E402
from sitl.vehicles.machine_row import no_samples  # noqa: E402
from sortie.kernels.entries import ENTRIES  # noqa: E402
from tests.fakes.copter_flight import CopterFlight  # noqa: E402

PROGRAM: Final = ROOT / "tests" / "fakes" / "fly_elsewhere.c"
TICKS: Final = 1000
_ARM: Final = Path("/usr/aarch64-linux-gnu")
_PATIENCE_S: Final = 600
_SYMTAB, _LOAD_DYLIB, _LOAD_WEAK_DYLIB = 0x2, 0xC, 0x80000018  # mach-o/loader.h


@dataclass(frozen=True)
class Machine:
    """`target`: whose library; `triple`: zig's name for the program; `runner`: what runs it; `needs`: what else."""

    name: str
    target: str
    triple: str
    runner: tuple[str, ...] = ()
    needs: Path | None = None


MACHINES: Final = (
    Machine("x86_64-linux", "x86_64-linux", "x86_64-linux-gnu.2.28"),
    Machine("x86_64-linux on musl", "x86_64-linux", "x86_64-linux-musl", needs=Path("/lib/ld-musl-x86_64.so.1")),
    Machine("aarch64-linux", "aarch64-linux", "aarch64-linux-gnu.2.28", ("qemu-aarch64", "-L", str(_ARM)), _ARM),
    Machine("x86_64-windows", "x86_64-windows", "x86_64-windows-gnu", ("wine",)),
)
MACS: Final = ("x86_64-macos", "aarch64-macos")


class Skipped(Exception):
    """It cannot be tried here; the text says why."""


class Differs(Exception):
    """It can, and is not what it must be."""


def digest(data: bytes) -> str:
    """FNV-1a."""
    value = 14695981039346656037
    for byte in data:
        value = (value ^ byte) * 1099511628211 % 2**64
    return f"{value:016x}"


def prepare(file: Path) -> str:
    """Write the arrays of a copter that has been told to climb; the digest of them a thousand ticks later."""
    copter = CopterFlight(7, wind=5.0, gust=1.0)
    copter.ready()
    copter.copter.set_target(TakeOff(-30.0))
    state, settings, target, noise, report = copter.copter.rows()
    until = np.array([state[0, L.S_TIME_MS] + TICKS * L.TICK_MS])
    arrays: list[npt.NDArray[np.generic]] = [state, settings, target, noise, quantiles(), report]
    arrays += [np.full((2, 2), np.nan, np.float32), until, *no_samples()[::-1]]
    with file.open("wb") as out:
        out.write(struct.pack("<q", len(arrays)))
        for array in arrays:
            out.write(struct.pack(f"<{array.ndim + 2}q", array.ndim, *array.shape, array.nbytes))
            out.write(array.tobytes())
    copter.copter.kernel.call(*arrays)
    return digest(b"".join(array.tobytes() for array in arrays))


def library_of(target: str) -> Path:
    """Its library, of these sources. Skipped where there is none."""
    file = lib.library_file(target, lib.FOLDER)
    if not lib.fits(target, kernels.fingerprint(), lib.FOLDER):
        raise Skipped(f"no {file.name} of these sources: python -m sortie.kernels --target all")
    return file


def fly(machine: Machine, arrays: Path, folder: Path) -> str:
    """The digest that it comes to."""
    library = library_of(machine.target)
    if find_spec("ziglang") is None:
        raise Skipped("ziglang is not installed (extra build)")
    if machine.runner and shutil.which(machine.runner[0]) is None:
        raise Skipped(f"{machine.runner[0]} is not there")
    if machine.needs is not None and not machine.needs.exists():
        raise Skipped(f"{machine.needs} is not there")
    program = folder / f"fly-{machine.triple}.exe"
    # optimised: zig's checks of unoptimised programs call what musl 1.2.3 has not
    compiler = [sys.executable, "-m", "ziglang", "cc", "-O1", "-target", machine.triple, "-dynamic"]
    subprocess.run([*compiler, "-o", program, PROGRAM], check=True, capture_output=True, timeout=_PATIENCE_S)
    command = [*machine.runner, program, library, "advance_copter", arrays]
    environment = {**os.environ, "WINEPREFIX": str(folder / "wine"), "WINEDEBUG": "-all"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, env=environment, check=False)
    return done.stdout.strip() or f"nothing: {done.stderr.strip()[-300:]}"


def read_mac(target: str) -> str:
    """What a library for macOS shows without being run. Differs where it needs anything or lacks a function."""
    data = library_of(target).read_bytes()
    magic, _, _, kind, count = struct.unpack_from("<IIIII", data)
    if (magic, kind) != (0xFEEDFACF, 6):
        raise Differs("is no 64 bit dynamic library")
    at, loads, given, taken = 32, [], set[str](), set[str]()
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        if command in (_LOAD_DYLIB, _LOAD_WEAK_DYLIB):
            (name_at,) = struct.unpack_from("<I", data, at + 8)
            loads.append(data[at + name_at : at + size].split(b"\0")[0].decode())
        elif command == _SYMTAB:
            for name, of in _symbols(data, *struct.unpack_from("<IIII", data, at + 8)):
                (given if of & 0x0E else taken).add(name)
        at += size
    entries = {f"_{entry.name}" for entry in ENTRIES}
    if taken - {"dyld_stub_binder"}:
        raise Differs(f"takes {', '.join(sorted(taken))} from outside")
    if entries - given:
        raise Differs(f"lacks {', '.join(sorted(entries - given))}")
    if set(loads) - {"/usr/lib/libSystem.B.dylib"}:
        raise Differs(f"loads {', '.join(loads)}")
    return f"{len(entries)} functions, takes nothing from outside, loads {', '.join(loads) or 'nothing'}"


def _symbols(data: bytes, at: int, count: int, texts: int, _: int) -> Iterator[tuple[str, int]]:
    """Names and types of external symbols."""
    for k in range(count):
        name, of = struct.unpack_from("<IB", data, at + 16 * k)
        if of & 1:
            yield data[texts + name :].split(b"\0", 1)[0].decode(), of


def main() -> int:
    """A line for each."""
    status = 0
    with TemporaryDirectory() as work:
        folder = Path(work)
        wanted = prepare(folder / "arrays")
        for name, tried in [
            *((one.name, lambda one=one: told(fly(one, folder / "arrays", folder), wanted)) for one in MACHINES),
            *((name, lambda name=name: f"{read_mac(name)}; untried: macOS is not emulated here") for name in MACS),
        ]:
            try:
                print(f"{name}: {tried()}", flush=True)
            except Skipped as why:
                print(f"{name}: skipped: {why}", flush=True)
            except Differs as why:
                print(f"{name}: {why}", flush=True)
                status = 1
    return status


def told(found: str, wanted: str) -> str:
    """Differs where they are not equal."""
    if found != wanted:
        raise Differs(f"{TICKS} ticks come to {found}, here to {wanted}")
    return f"{TICKS} ticks, {found}, as here"


if __name__ == "__main__":
    sys.exit(main())
