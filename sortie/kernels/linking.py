"""Linking of object code to a library with its note, by zig's linker (for all systems) or the machine's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from autopilot.control.library import library_file, this_target
from sortie.kernels.linkers import own_linker
from sortie.kernels.notes import KernelSources, put, write_note
from sortie.kernels.targets import Machine


class NoLinkerError(Exception):
    """No linker for a target is installed."""


def linker(target: Machine) -> list[str]:
    if find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-target", target.linker]
    own = own_linker()
    if own is not None and target.name == this_target():
        return [own]
    raise NoLinkerError("a linker is missing: pip install ziglang, or for this machine alone a C compiler")


def write_library(target: Machine, codes: Sequence[bytes], sources: KernelSources, folder: Path) -> Path:
    """Link the parts and put the library and its note into `folder`, each in one step, so that processes with the old
    one are not disturbed."""
    folder.mkdir(parents=True, exist_ok=True)
    file = library_file(target.name, folder)
    with TemporaryDirectory() as work:
        made, given = Path(work) / file.name, []
        for part, code in enumerate(codes):
            given.append(Path(work) / f"kernels{part}.o")
            given[-1].write_bytes(code)
        flags = ["-shared", "-nostdlib", "-o", str(made), *map(str, given)]
        if target.name.endswith("linux"):
            flags += ["-Wl,-z,defs", "-Wl,-z,noexecstack", "-Wl,-z,relro", "-Wl,--build-id=none", "-s"]
        done = subprocess.run([*linker(target), *flags], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoLinkerError(f"{target.name} was not linked: {done.stderr.strip()[-400:]}")
        data = made.read_bytes()
    note = file.with_suffix(".txt")
    note.unlink(missing_ok=True)  # in between there is no note
    put(file, data)
    write_note(file, target.name, sources)
    return file
