"""The library of compiled functions in a package: search, check, open, call.

Each entry is a C function `int64_t NAME(const int64_t *block)`. The block has the arguments in order: for an array its
address and sizes, for a whole number its value. A function calls nothing outside the library by name, so one file fits
every libc and every version of Python.

Beside it is a note of four lines: the kind of machine, the fingerprint of the sources, the SHA-256 of the file, and a
digest of the code (`sortie.kernels.notes`). A truncated library is not opened, because it would end the process with a
bus error instead of an exception.
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
#: Result of a function that failed in an unexpected way.
FAILED: Final = -(2**63)

_DTYPES: Final = {"float64": "<f8", "float32": "<f4", "int64": "<i8", "uint64": "<u8", "uint8": "|u1"}
_SYSTEMS: Final = {"linux": ("linux", ".so"), "darwin": ("macos", ".dylib"), "win32": ("windows", ".dll")}
_MACHINES: Final = {"AMD64": "x86_64", "ARM64": "aarch64", "arm64": "aarch64"}


class LibraryError(Exception):
    """There is no usable library; the text says why."""


def this_target() -> str | None:
    """Kind of this machine in the names of libraries, such as `x86_64-linux`; None if its system has none."""
    system = _SYSTEMS.get(sys.platform)
    machine = platform.machine()
    return None if system is None else f"{_MACHINES.get(machine, machine)}-{system[0]}"


def library_file(target: str, folder: Path) -> Path:
    """Path of the library for a kind of machine; its note has the suffix `.txt`."""
    suffixes = dict(_SYSTEMS.values())
    return folder / f"kernels-{target}{suffixes.get(target.rpartition('-')[2], '.so')}"


def fits(target: str, fingerprint: str, folder: Path) -> bool:
    """True if there is a complete library for `target`, made from these sources."""
    try:
        return _judged(target, fingerprint, folder).exists()
    except LibraryError:
        return False


def open_library(fingerprint: str, folder: Path = FOLDER) -> Library:
    """Check and open the library for this machine and these sources."""
    target = this_target()
    if target is None:
        raise LibraryError(f"there is no compiled library for {sys.platform}")
    file = _judged(target, fingerprint, folder)
    if not _runs_here(target):
        raise LibraryError(f"{file.name} needs a processor of x86-64-v2 (SSE 4.2)")
    try:
        return Library(ctypes.CDLL(str(file)))
    except OSError as error:  # another processor after all, or no right to execute from there
        raise LibraryError(f"{file.name} cannot be loaded ({error})") from None


def whole_note(target: str, folder: Path) -> list[str]:
    """Lines of the note beside the library for `target`. LibraryError if there is none, or the library is not the one
    that the note is of."""
    file = library_file(target, folder)
    try:
        note = file.with_suffix(".txt").read_text(encoding="ascii").split()
        data = file.read_bytes()
    except (OSError, UnicodeDecodeError):
        raise LibraryError(f"there is no compiled library for {target}; {BUILD}") from None
    if len(note) != 4 or note[0] != target or note[2] != hashlib.sha256(data).hexdigest():
        raise LibraryError(f"{file} is damaged; install again, or {BUILD}")
    return note


def _judged(target: str, fingerprint: str, folder: Path) -> Path:
    """The file for `target` in `folder`, checked to be complete and of these sources by its note."""
    file = library_file(target, folder)
    if whole_note(target, folder)[1] != fingerprint:
        raise LibraryError(f"{file.name} is of other sources; {BUILD}")
    return file


def _runs_here(target: str) -> bool:
    """True if the processor has the features of the baseline. Every aarch64 is armv8-a."""
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
        """The function `name` with the argument types of `signature` (numba's text)."""
        known = self._functions.get(name)
        if known is None:
            known = self._functions[name] = LibraryFunction(self._library[name], signature)
        return known


def argument_kinds(signature: str) -> list[tuple[str, int]]:
    """Number type of each argument, and its number of dimensions; 0: a number."""
    inside = signature[signature.index("(") + 1 : -1]
    found = re.findall(r"(\w+)(\[[^\]]*\])?", inside)
    return [(name, axes.count(",") + 1 if axes else 0) for name, axes in found]


class LibraryFunction:
    """Library function, called like its Python function."""

    def __init__(self, function: Any, signature: str) -> None:
        function.restype = ctypes.c_int64
        self._function = function
        self._kinds = [(_DTYPES[name], axes) for name, axes in argument_kinds(signature)]
        self._block = ctypes.c_int64 * sum(1 + axes for _, axes in self._kinds)

    def __call__(self, *arguments: Any) -> int:
        return _checked(self._function(self._block(*_words(self._kinds, arguments))))

    def bind(self, *leading: Any) -> Callable[..., int]:
        """The function with its first arguments fixed; it keeps these arrays."""
        given = len(leading)
        first, tail = _words(self._kinds[:given], leading), self._kinds[given:]
        block: Any = self._block(*first)
        begin, end = len(first), len(block)
        function = self._function
        if begin == end:  # all arguments are fixed: the call of a kernel, some times a second

            def call_whole(keep: Sequence[Any] = leading) -> int:
                return _checked(function(block))

            return call_whole

        def call(*arguments: Any, keep: Sequence[Any] = leading) -> int:
            block[begin:end] = _words(tail, arguments)
            return _checked(function(block))

        return call


def _words(kinds: Sequence[tuple[str, int]], arguments: Sequence[Any]) -> list[int]:
    """Words of the block for `arguments`; TypeError for an array of the wrong type."""
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
