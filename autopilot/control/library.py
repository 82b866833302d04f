"""The library of compiled functions that a package carries: found, judged, opened, called.

One C function for each entry, `int64_t NAME(const int64_t *block)`. The block holds the arguments behind each other: of
an array its address and its sizes, of a whole number itself. It calls nothing outside itself, so one file serves every
libc and every version of Python.

Beside it stands a note of three lines: the kind of machine, the fingerprint of the sources, the SHA-256 of the file. A
truncated library would end the process with a bus error instead of an exception: it is not opened.
"""

from __future__ import annotations

import ctypes
import hashlib
import platform
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "compiled"
BUILD: Final = "`python -m sortie.kernels` makes it anew"
#: What a function gives back when it failed in a way that it cannot say.
FAILED: Final = -(2**63)

_DTYPES: Final = {"float64": "<f8", "float32": "<f4", "int64": "<i8", "uint64": "<u8", "uint8": "|u1"}
_SYSTEMS: Final = {"linux": ("linux", ".so"), "darwin": ("macos", ".dylib"), "win32": ("windows", ".dll")}
_MACHINES: Final = {"AMD64": "x86_64", "ARM64": "aarch64", "arm64": "aarch64"}


class LibraryError(Exception):
    """There is no library to be flown; the text says why."""


def this_target() -> str | None:
    """The kind of this machine as libraries are named, such as `x86_64-linux`; None: of a system without any."""
    system = _SYSTEMS.get(sys.platform)
    machine = platform.machine()
    return None if system is None else f"{_MACHINES.get(machine, machine)}-{system[0]}"


def library_file(target: str, folder: Path) -> Path:
    """Path of the library for a kind of machine; its note has the suffix `.txt`."""
    suffixes = dict(_SYSTEMS.values())
    return folder / f"kernels-{target}{suffixes.get(target.rpartition('-')[2], '.so')}"


def fits(target: str, fingerprint: str, folder: Path) -> bool:
    """True when there is a whole library for `target`, made of these sources."""
    try:
        return _judged(target, fingerprint, folder).exists()
    except LibraryError:
        return False


def open_library(fingerprint: str, folder: Path = FOLDER) -> Library:
    """The one for this machine and these sources, checked."""
    target = this_target()
    if target is None:
        raise LibraryError(f"there is no compiled library for {sys.platform}")
    file = _judged(target, fingerprint, folder)
    if not _runs_here(target):
        raise LibraryError(f"{file.name} needs a processor of x86-64-v2 (SSE 4.2)")
    try:
        return Library(ctypes.CDLL(str(file)))
    except OSError as error:  # another processor's after all, no right to execute from there
        raise LibraryError(f"{file.name} cannot be loaded ({error})") from None


def _judged(target: str, fingerprint: str, folder: Path) -> Path:
    """The file for `target` in `folder`, whole and of these sources by its note."""
    file = library_file(target, folder)
    try:
        note = file.with_suffix(".txt").read_text(encoding="ascii").split()
        data = file.read_bytes()
    except (OSError, UnicodeDecodeError):
        raise LibraryError(f"there is no compiled library for {target}; {BUILD}") from None
    if len(note) != 3 or note[0] != target or note[2] != hashlib.sha256(data).hexdigest():
        raise LibraryError(f"{file} is damaged; install again, or {BUILD}")
    if note[1] != fingerprint:
        raise LibraryError(f"{file.name} is of other sources; {BUILD}")
    return file


def _runs_here(target: str) -> bool:
    """True when the processor has what the baseline asks for. armv8-a is every aarch64."""
    if target != "x86_64-linux":
        return True  # macOS and Windows of today run on nothing older
    try:
        return b" sse4_2" in Path("/proc/cpuinfo").read_bytes()[:8192]
    except OSError:
        return True


class Library:
    """An opened library; its functions by name."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._functions: dict[str, LibraryFunction] = {}

    def function(self, name: str, signature: str) -> LibraryFunction:
        """The function `name`, which takes arguments as `signature` (numba's text) has them."""
        known = self._functions.get(name)
        if known is None:
            known = self._functions[name] = LibraryFunction(self._library[name], signature)
        return known


def argument_kinds(signature: str) -> list[tuple[str, int]]:
    """Number type of each argument, and how many sizes it has, 0: a number."""
    inside = signature[signature.index("(") + 1 : -1]
    found = re.findall(r"(\w+)(\[[^\]]*\])?", inside)
    return [(name, axes.count(",") + 1 if axes else 0) for name, axes in found]


class LibraryFunction:
    """Library function, called as the Python function that it was made of."""

    def __init__(self, function: Any, signature: str) -> None:
        function.restype = ctypes.c_int64
        self._function = function
        self._kinds = [(_DTYPES[name], axes) for name, axes in argument_kinds(signature)]
        self._block = ctypes.c_int64 * sum(1 + axes for _, axes in self._kinds)

    def __call__(self, *arguments: Any) -> int:
        return _checked(self._function(self._block(*_words(self._kinds, arguments))))

    def bind(self, *leading: Any) -> Callable[..., int]:
        """The function with its first arguments given, arrays that stay where they are; it keeps them."""
        given = len(leading)
        first, tail = _words(self._kinds[:given], leading), self._kinds[given:]
        block: Any = self._block(*first)
        begin, end = len(first), len(block)
        function = self._function
        if begin == end:  # nothing is left to be given: the call of a kernel, some times a second

            def call_whole(keep: Sequence[Any] = leading) -> int:
                return _checked(function(block))

            return call_whole

        def call(*arguments: Any, keep: Sequence[Any] = leading) -> int:
            block[begin:end] = _words(tail, arguments)
            return _checked(function(block))

        return call


def _words(kinds: Sequence[tuple[str, int]], arguments: Sequence[Any]) -> list[int]:
    """Words of the block for `arguments`; TypeError for an array that the function cannot take."""
    words: list[int] = []
    for (dtype, axes), value in zip(kinds, arguments, strict=True):
        if axes == 0:
            words.append(value)
            continue
        shape = value.shape
        if value.dtype.str != dtype or len(shape) != axes or not value.flags.c_contiguous:
            raise TypeError(f"an array of {dtype} with {axes} axes, in C's order, is wanted, not {value!r:.200}")
        words.append(value.__array_interface__["data"][0])
        words += shape
    return words


def _checked(result: int) -> int:
    if result == FAILED:
        raise ArithmeticError("a compiled function has failed")
    return result
