"""Places in the kernel's rows, declared one after the other: nobody counts, so nothing can overlap.

A row's fields are declared in more than one module (control first, then the machine that it flies), so a module goes on
where another has ended:

    S = Fields("S_")
    S_TIME_MS, S_EVENTS = S.take(2)
    S_ROTATION = S.block(9)
    S.seal(globals())
"""

from __future__ import annotations

from collections.abc import Mapping


class Fields:
    """The fields of one kind of row, whose names begin with `prefix`; behind those of `after`, where that is given."""

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
        """The next `count` places, a number in each."""
        return tuple(self.block(1) for _ in range(count))

    def block(self, size: int) -> int:
        """The first of the next `size` places, which belong to one field: a vector, a matrix, a triangle."""
        place = self._next
        self._next += size
        self._places.add(place)
        return place

    def reserve_to(self, place: int) -> None:
        """Keep what lies before `place` for fields that come later. ValueError once they have used it up."""
        if place < self._next:
            raise ValueError(f"the reserve up to {place} is used up: the next place is {self._next}")
        self._next = place

    def seal(self, module: Mapping[str, object]) -> None:
        """Check the names of `module` (its globals) against what it has taken. ValueError, and so no import, for a
        place that is not this layout's (counted by hand: it would overlap), a place with two names, a place without
        one, and a name that the row has had before."""
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
