"""Keys that a person presses while a command runs, where it runs on a terminal that can tell them."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_ARROWS: Final = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left"}


def _no_keys() -> list[str]:
    return []


@contextmanager
def keys_of_terminal() -> Iterator[Callable[[], list[str]]]:
    """A function that gives the keys since it was last asked: letters as they are, arrows as "up", "down", "left" and
    "right". Without a terminal, and on Windows, there are none. Ctrl-C stays the signal that it is."""
    try:
        import termios
        import tty
    except ModuleNotFoundError:  # Windows
        yield _no_keys
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        yield _no_keys
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number)
    try:
        yield lambda: keys_of(_waiting(number))
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _waiting(number: int) -> str:
    ready, _, _ = select.select([number], [], [], 0.0)
    return os.read(number, 256).decode("utf-8", "replace") if ready else ""


def keys_of(text: str) -> list[str]:
    """Keys by what a terminal sends for them."""
    found: list[str] = []
    while text:
        arrow = _ARROWS.get(text[:3])
        found.append(arrow or text[0])
        text = text[3:] if arrow else text[1:]
    return found
