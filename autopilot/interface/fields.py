"""Fields of the kernel's rows, declared in order. Their places are assigned automatically, so they cannot overlap.

A row's fields are declared in more than one module (control first, then the machine that it flies). A module continues
where another has ended:

  S = Fields("S_")
  S_TIME_MS, S_EVENTS = S.take(2)
  S_ROTATION = S.block(9)
  S.seal(globals())
"""

from __future__ import annotations

from collections.abc import Mapping


class Fields:
    """The fields of one kind of row, whose names begin with `prefix`; they follow those of `after`, if given."""

    def __init__(self, prefix: str, after: Fields | None = None) -> None:
        self._prefix = prefix
        self._first = self._next = 0 if after is None else after.size
        self._places: set[int] = set()
        self._names: set[str] = set() if after is None else set(after._names)

    @property
    def size(self) -> int:
        """Length of a row that ends here."""
        return self._next

    def take(self, count: int) -> tuple[int, ...]:
        """Take the next `count` places, one number each."""
        return tuple(self.block(1) for _ in range(count))

    def block(self, size: int) -> int:
        """Take the next `size` places for one field (a vector, a matrix, a triangle); returns the first."""
        place = self._next
        self._next += size
        self._places.add(place)
        return place

    def reserve_to(self, place: int) -> None:
        """Reserve the places before `place` for later fields. ValueError if they are already used up."""
        if place < self._next:
            raise ValueError(f"the reserve up to {place} is used up: the next place is {self._next}")
        self._next = place

    def seal(self, module: Mapping[str, object]) -> None:
        """Check the names of `module` (its globals) against the places taken. ValueError, which fails the import, for a
        place that is not this layout's, a place with two names, a place without a name, and a name that the row already
        has."""
        named: dict[int, str] = {}
        for name, place in module.items():
            if not name.startswith(self._prefix) or not isinstance(place, int):
                continue
            if name in self._names:
                raise ValueError(f"{name} is declared twice in its row")
            if place not in self._places:
                raise ValueError(f"{name} = {place} is no place that its layout has given")
            if place in named:
                raise ValueError(f"{name} overlaps {named[place]}")
            named[place] = name
        if nameless := self._places - named.keys():
            raise ValueError(f"{self._prefix}: nothing is called {sorted(nameless)}")
        self._names |= set(named.values())
