"""Light program of a show: timed commands that set and fade one colour.

A command is a number, its colour (three bytes, or one of grey), and its duration: units of 20 ms, 7 bits in each byte,
the lowest first. Loops have a count (0: for ever); a jump leaves all of them, and an end without a loop is passed over.
Commands that depend on external signals end the program. The facts are those of libskybrush (99beb12e).
"""

from __future__ import annotations

from typing import Final

Colour = tuple[int, int, int]
BLACK: Final[Colour] = (0, 0, 0)
_UNIT_MS: Final = 20
_MOST: Final = 10_000
"""Limit of commands between two looks; a program with more commands in no time never ends."""
_NOTHING, _SLEEP, _UNTIL, _SET, _FADE, _LOOP, _AGAIN, _RESET, _JUMP = 1, 2, 3, 4, 8, 12, 13, 14, 18
_DEEPEST: Final = 4
"""Limit of loops within each other; the beginning of one more is passed over."""
_PYRO: Final = (20, 21)
_GREYS: Final = {2: 0, 3: 255}  # commands of black and white, beside those of a colour (0) and a grey (1)


class LightProgram:
    """A program and the position in it. A time before the last one restarts it."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._begin()

    def _begin(self) -> None:
        self._at = 0
        self._loops: list[list[int]] = []  # beginning of each loop, and remaining repetitions (0: for ever)
        self._from, self._to = BLACK, BLACK
        self._since_ms, self._until_ms, self._zero_ms = 0, 0, 0
        self._ended = False

    def colour(self, time_ms: int) -> Colour:
        if time_ms < self._since_ms:
            self._begin()
        steps = 0
        while not self._ended and time_ms >= self._until_ms:
            self._from, self._since_ms = self._to, self._until_ms
            steps += 1
            try:
                self._step()
            except IndexError:
                self._ended = True
            self._ended = self._ended or steps == _MOST
        if self._ended or self._from == self._to:
            return self._to
        share = (time_ms - self._since_ms) / (self._until_ms - self._since_ms)
        red, green, blue = (round(a + share * (b - a)) for a, b in zip(self._from, self._to, strict=True))
        return red, green, blue

    def _byte(self) -> int:
        self._at += 1
        return self._code[self._at - 1]

    def _number(self) -> int:
        value = shift = 0
        while (byte := self._byte()) >= 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift

    def _step(self) -> None:
        command = self._byte()
        if _SET <= command < _LOOP:
            self._to = self._colour(command & 3)
            self._until_ms += _UNIT_MS * self._number()
            self._from = self._from if command >= _FADE else self._to
        elif command == _SLEEP:
            self._until_ms += _UNIT_MS * self._number()
        elif command == _UNTIL:
            self._until_ms = max(self._until_ms, self._zero_ms + _UNIT_MS * self._number())
        elif command == _LOOP:
            rounds = self._byte()
            if len(self._loops) < _DEEPEST:
                self._loops.append([self._at, rounds])
        elif command == _AGAIN:
            self._go_round()
        elif command == _RESET:
            self._zero_ms = self._since_ms
        elif command == _JUMP:
            self._at = self._number()
            self._loops.clear()
        elif command in _PYRO:
            self._byte()
        else:
            self._ended = command != _NOTHING

    def _colour(self, kind: int) -> Colour:
        if kind == 0:
            return self._byte(), self._byte(), self._byte()
        grey = _GREYS[kind] if kind in _GREYS else self._byte()
        return grey, grey, grey

    def _go_round(self) -> None:
        if not self._loops:
            return
        begin, rounds = self._loops[-1]
        if rounds == 1:
            self._loops.pop()
            return
        self._loops[-1][1] = max(rounds - 1, 0)
        self._at = begin
