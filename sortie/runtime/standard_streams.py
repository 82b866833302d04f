"""stdin, stdout and stderr of the program, whatever it was started with."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDOUT: Final = 1


class _Output(FileIO):
    """stdout or stderr that loses what cannot be written: a vehicle flies on when the disk below its output is full.
    `error`: the first one. A stdout that nobody reads any more (`sortie ... | head`) raises it, once."""

    error: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        written = None
        try:
            written = super().write(data)
        except OSError as error:
            if self.error is None:
                self.error = error
                if self.fileno() == _STDOUT and isinstance(error, BrokenPipeError):
                    raise
        return memoryview(data).nbytes if written is None else written


def prepare_streams() -> None:
    """Open streams that are closed, because the next file would get their number, and let outputs lose what cannot be
    written, and escape what their encoding cannot say: the name of a folder. A terminal is never full."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number, which is this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is sys.__stdout__:  # a program that calls this one may have redirected it
        sys.stdout = _output(sys.stdout, _STDOUT)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _output(sys.stderr, 2)


def _output(stream: TextIO | None, number: int) -> TextIO:
    if stream is not None and stream.isatty():
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        return stream
    encoding = "utf-8" if stream is None else stream.encoding
    raw = BufferedWriter(_Output(number, "w", closefd=False))
    return TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=number != _STDOUT)


def end_streams(status: int) -> int:
    """Write what is left of the output. Return `status`, or 1 when stdout could not be written."""
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if not isinstance(raw, _Output) or raw.error is None:
        return status
    if not isinstance(raw.error, BrokenPipeError):
        print(f"sortie: stdout: {raw.error.strerror}", file=sys.stderr)
    return status or 1
