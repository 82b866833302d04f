"""Libraries for other machines, flown under emulation: a thousand ticks of a copter end in the same bytes.

Needs what `python -m sortie.kernels --target all` needs, and the emulators: qemu-aarch64 with Debian's
libc6-arm64-cross, wine, musl. What is missing is skipped, by name.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from autopilot.control import kernels
from autopilot.control import library as lib
from autopilot.interface import layout as L
from autopilot.interface.targets import TakeOff
from sitl.kernel.quantiles import quantiles
from tests.fakes.copter_flight import CopterFlight
from tests.fakes.patience import PATIENCE_S

PROGRAM = Path(__file__).parents[2] / "fakes" / "fly_elsewhere.c"
TICKS = 1000
ARM = Path("/usr/aarch64-linux-gnu")
HOW = {
    "x86_64-linux": ("x86_64-linux-gnu", [], None),
    "x86_64-linux on musl": ("x86_64-linux-musl", [], Path("/lib/ld-musl-x86_64.so.1")),
    "aarch64-linux": ("aarch64-linux-gnu", ["qemu-aarch64", "-L", str(ARM)], ARM),
    "x86_64-windows": ("x86_64-windows-gnu", ["wine"], None),
}  # fmt: skip
"""Of each: zig's name for the program that flies, what runs it, and what must be there."""


def digest(data: bytes) -> str:
    """FNV-1a."""
    value = 14695981039346656037
    for byte in data:
        value = (value ^ byte) * 1099511628211 % 2**64
    return f"{value:016x}"


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The arrays of a copter that has been told to climb, in a file, and the digest of them a thousand ticks later."""
    copter = CopterFlight(7, wind=5.0, gust=1.0)
    copter.ready()
    copter.copter.set_target(TakeOff(-30.0))
    state, settings, target, noise, report = copter.copter.rows()
    until = np.array([state[0, L.S_TIME_MS] + TICKS * L.TICK_MS])
    arrays = [state, settings, target, noise, quantiles(), report, np.full((2, 2), np.nan, np.float32), until]
    file = tmp_path_factory.mktemp("flight") / "arrays"
    with file.open("wb") as out:
        out.write(struct.pack("<q", len(arrays)))
        for array in arrays:
            out.write(struct.pack(f"<{array.ndim + 2}q", array.ndim, *array.shape, array.nbytes))
            out.write(array.tobytes())
    copter.copter.kernel.call(*arrays)
    return file, digest(b"".join(array.tobytes() for array in arrays))


@pytest.mark.long  # zig compiles its C library first
@pytest.mark.parametrize("how", HOW)
def test_a_thousand_ticks_end_in_the_same_bytes(how: str, flight: tuple[Path, str], tmp_path: Path) -> None:
    triple, runner, needed = HOW[how]
    library = lib.library_file(how.split()[0], lib.FOLDER)
    if not lib.fits(how.split()[0], kernels.fingerprint(), lib.FOLDER):
        pytest.skip(f"no {library.name} of these sources: `python -m sortie.kernels --target all`")
    if find_spec("ziglang") is None:
        pytest.skip("ziglang compiles the program that flies; it is not installed (extra build)")
    if (runner and shutil.which(runner[0]) is None) or (needed is not None and not needed.exists()):
        pytest.skip(f"{needed or runner[0]} is not there")
    program = tmp_path / ("fly.exe" if runner == ["wine"] else "fly")
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", triple, "-dynamic", "-o", str(program), str(PROGRAM)]
    subprocess.run(compiler, check=True, capture_output=True, timeout=PATIENCE_S)
    command = [*runner, str(program), str(library), "advance_copter", str(flight[0])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.stdout.strip() == flight[1], done.stderr
