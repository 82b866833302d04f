"""Invariants by name. Each is a function whose docstring is its sentence; it is given a vehicle as it is seen from
outside and inside (`View`), and returns what is wrong, or None."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class When(StrEnum):
    """What calls an invariant."""

    PASS = "after each step"
    SENT = "a message is sent"
    ACCEPTED = "a frame is accepted"
    CAME = "a message is received"
    PASSED_ON = "a frame is forwarded"
    EVENT = "the core announces an event"
    START = "a process has started"
    END = "the storm is over"
    RELAY_PASS = "after a fifth of a second of a relay"
    RELAY_END = "the storm around a relay is over"
    DEPOT_START = "a depot's process has started"
    DEPOT_END = "a depot's loop has ended"


class Where(StrEnum):
    """In which storms an invariant is looked at: in virtual time it sees the inside of a process too, around a real one
    (`--real`) what goes over its links, and what it has kept."""

    VIRTUAL = "virtual"
    REAL = "real"
    BOTH = "both"


@dataclass(frozen=True)
class Invariant:
    """`messages`: names of messages, or of classes of events; empty: all of its kind."""

    name: str
    sentence: str
    source: str
    when: When
    messages: frozenset[str]
    holds: Callable[..., str | None]
    where: Where


INVARIANTS: dict[str, Invariant] = {}


def invariant(
    when: When, source: str, *messages: str, where: Where = Where.VIRTUAL
) -> Callable[[Callable[..., str | None]], Callable[..., str | None]]:
    """Register a function; its name with spaces is the invariant's."""

    def register(function: Callable[..., str | None]) -> Callable[..., str | None]:
        name = function.__name__.replace("_", " ")
        assert name not in INVARIANTS, name
        sentence = " ".join((function.__doc__ or "").split())
        INVARIANTS[name] = Invariant(name, sentence, source, when, frozenset(messages), function, where)
        return function

    return register


NOTES: dict[str, list[Callable[..., None]]] = {}
"""Called when a message comes or the core announces an event, before the invariants: what these have to remember."""


def noted(*messages: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function that remembers messages that come, or events."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        for message in messages:
            NOTES.setdefault(message, []).append(function)
        return function

    return register


class Broken(AssertionError):
    """An invariant does not hold. `name`: which."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name, self.what = name, what


def by_occasion(*, real: bool = False) -> dict[tuple[When, str], list[Invariant]]:
    """Those of each occasion; "" is any message."""
    found: dict[tuple[When, str], list[Invariant]] = {}
    elsewhere = Where.VIRTUAL if real else Where.REAL
    for each in (each for each in INVARIANTS.values() if each.where is not elsewhere):
        for message in each.messages or {""}:
            found.setdefault((each.when, message), []).append(each)
    return found


Memory = dict[str, Any]
