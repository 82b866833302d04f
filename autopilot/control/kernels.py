"""Compiled functions and how they run: from the library of the package, by numba, or as plain Python.

Each function that Python calls is an `Entry`: a plain Python function on arrays, and its types. `python -m
sortie.kernels` compiles all of them into one library for each kind of machine (`autopilot.control.library`), which
needs neither numba nor a compiler. A library is identified by its sources. If a source has changed, the library is not
used; numba compiles the function, or it runs as plain Python.

`SORTIE_KERNEL=library|jit|python` chooses; all three agree to the last byte (`autopilot.interface.mathematics`).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from autopilot.control.library import Library, LibraryError, open_library

VARIABLE: Final = "SORTIE_KERNEL"
ROOT: Final = Path(__file__).parents[2]
#: All sources that are compiled, and the modules that compile and load them.
SOURCES: Final = (
    "autopilot/control/*.py", "autopilot/interface/fields.py", "autopilot/interface/geo.py",
    "autopilot/interface/layout.py", "autopilot/interface/marks.py", "autopilot/interface/mathematics.py",
    "autopilot/interface/report.py", "sitl/kernel/*.py", "sitl/camera/texture.py",
    "mavlink_bridge/services/telemetry/kernel.py", "mavlink_bridge/services/telemetry/sources.py",
)  # fmt: skip


class Kernel(Enum):
    """Ways in which compiled functions run in a process."""

    LIBRARY = "library"
    JIT = "jit"
    PYTHON = "python"


class KernelError(Exception):
    """Functions cannot run as `SORTIE_KERNEL` asks; the text says why."""


@dataclass(frozen=True)
class Choice:
    """Choice of how functions run. `why`: the reason not to use the library, for the user, unless the user chose so."""

    kernel: Kernel
    library: Library | None = None
    why: str | None = None


def source_files() -> list[Path]:
    """The files of `SOURCES`."""
    return sorted(file for pattern in SOURCES for file in ROOT.glob(pattern))


@cache
def fingerprint() -> str:
    """Digest that identifies compiled functions: the contents of all sources, wherever they are."""
    return fingerprint_of(source_files())


def fingerprint_of(files: list[Path]) -> str:
    """Digest of the contents of `files`; line ends do not count, because a checkout may change them."""
    digest = hashlib.sha256()
    for source in files:
        data = source.read_bytes().replace(b"\r\n", b"\n")
        digest.update(b"%d\n" % len(data) + data)
    return digest.hexdigest()


@cache
def choice() -> Choice:
    """Choice of how functions run here, made once. Imports no numba."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", *(kernel.value for kernel in Kernel)):
        raise KernelError(f"{VARIABLE} must be library, jit or python, not {wanted!r}")
    if wanted in ("", Kernel.LIBRARY.value):
        try:
            return Choice(Kernel.LIBRARY, open_library(fingerprint()))
        except LibraryError as error:
            why = str(error)
        if wanted:
            raise KernelError(f"{VARIABLE}=library: {why}")
        return Choice(Kernel.JIT if _numba() else Kernel.PYTHON, why=why)
    if wanted == Kernel.JIT.value and not _numba():
        raise KernelError(f"{VARIABLE}=jit: numba is not there; pip install 'sortie-mavlink[jit]' brings it")
    return Choice(Kernel(wanted))


def _numba() -> bool:
    if "numba" in sys.modules:
        return sys.modules["numba"] is not None
    return find_spec("numba") is not None


def compiled() -> bool:
    """True if entries run as machine code."""
    return choice().kernel is not Kernel.PYTHON


def plain_warning() -> str | None:
    """Warning in one line for the user if plain Python runs without having been chosen."""
    chosen = choice()
    if chosen.kernel is not Kernel.PYTHON or chosen.why is None:
        return None
    return f"{chosen.why}; without numba (pip install 'sortie-mavlink[jit]') plain Python flies, some 300 times slower"


@dataclass(frozen=True)
class Entry:
    """A function that Python calls and that can be compiled. `module` and `function`: its place; `signature`: numba's,
    with C arrays and whole numbers as arguments, and nothing or a whole number as result."""

    name: str
    module: str
    function: str
    signature: str

    @cached_property
    def call(self) -> Callable[..., Any]:
        """The function as it runs in this process; loaded or compiled on first use."""
        chosen = choice()
        if chosen.library is not None:
            return chosen.library.function(self.name, self.signature)
        if chosen.kernel is Kernel.JIT:
            from autopilot.control.jit import compile_entry

            return compile_entry(self.signature, self.plain(), fingerprint())
        import numpy as np

        # splitmix64 wraps around intentionally, but numpy's scalars warn of it
        return np.errstate(over="ignore")(self.plain())

    def load(self) -> None:
        """Load or compile it now."""
        self.call  # noqa: B018 - kept where it is first asked for

    @property
    def loaded(self) -> bool:
        """True once it has been called or loaded."""
        return "call" in vars(self)

    def plain(self) -> Callable[..., Any]:
        """The function in its source; imports its module."""
        function: Callable[..., Any] = getattr(import_module(self.module), self.function)
        return function

    def bind(self, *leading: Any) -> Callable[..., Any]:
        """The function with its first arguments fixed: arrays that stay in place. A call of the library then takes a
        third of the time."""
        chosen = choice()
        if chosen.library is not None:
            return chosen.library.function(self.name, self.signature).bind(*leading)
        return partial(self.call, *leading)
