"""The operator in the loop (`--confirm-relaunch`): a question on stderr, a line of stdin.

The answer is looked for and not waited for: signals are obeyed, links served and a flying clock kept while the question
stands.
"""

from __future__ import annotations

import os
import select
import sys


class Operator:
    """Reads answers from stdin, byte by byte as they come: what was typed ahead answers the next question."""

    def __init__(self) -> None:
        self._asked: int | None = None
        self._typed = b""
        self._closed = sys.stdin is None

    def ask(self, number: int, question: str) -> bool:
        """Put the question about sortie `number`, once; True when it was put now."""
        if self._asked == number:
            return False
        self._asked = number
        print(question, end="", file=sys.stderr, flush=True)
        return True

    def answer(self, wait_s: float) -> bool | None:
        """What has been answered within `wait_s`: yes, no (anything else, and the end of the input), None = nothing
        yet."""
        if b"\n" not in self._typed and not self._closed:
            self._read(wait_s)
        line, newline, rest = self._typed.partition(b"\n")
        if not newline and not self._closed:
            return None
        self._typed = rest
        if not newline:
            print(file=sys.stderr)  # nobody has ended the question's line
        return line.strip().lower() in (b"y", b"yes")

    def _read(self, wait_s: float) -> None:
        number = sys.stdin.fileno()
        if select.select([number], [], [], wait_s)[0]:
            data = os.read(number, 1024)
            self._typed += data
            self._closed = not data
