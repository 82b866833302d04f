"""Records against the standard dataclasses: the same constructors, comparisons, hashes, texts and refusals."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any, ClassVar

import pytest

from autopilot.interface import records


class Own:
    """Fields of every sort that is used: defaults, lists of each object's own, fields that no caller gives, that are
    not compared or shown, that only keywords give, and names that look like those in the generated source."""

    put: int
    missing: float = 3.0
    self_made: list[int] = dataclasses.field(default_factory=list)
    counted: int = dataclasses.field(default=7, init=False)
    fresh: dict[str, int] = dataclasses.field(default_factory=dict, init=False)
    hidden: int = dataclasses.field(default=1, repr=False, compare=False)
    named: str = dataclasses.field(default="x", kw_only=True)
    SHARED: ClassVar[int] = 5


class Empty:
    """No fields."""


class Checked:
    """A field that is looked at."""

    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("below 0")

    def __repr__(self) -> str:
        return "Checked as it says"


def both(plain: type, options: dict[str, bool]) -> tuple[Any, Any]:
    """The class as ours and as the standard library makes it."""
    kept = {name: value for name, value in vars(plain).items() if name not in ("__dict__", "__weakref__")}
    first, second = (type(plain.__name__, (), dict(kept)) for _ in range(2))
    return records.dataclass(**options)(first), dataclasses.dataclass(**options)(second)


OPTIONS = [
    dict(zip(("frozen", "slots", "eq"), (bool(bits & 1), bool(bits & 2), bool(bits & 4)), strict=True))
    for bits in range(8)
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_objects_are_made_compared_hashed_and_told_as_the_standard_ones(options: dict[str, bool]) -> None:
    ours, theirs = both(Own, options)
    given: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((1,), {}),
        ((1, 2.0, [3]), {"named": "y"}),
        ((1,), {"hidden": 9}),
        ((2,), {"missing": 4.0}),
    ]
    for values, named in given:
        a, b = ours(*values, **named), theirs(*values, **named)
        assert repr(a) == repr(b) and dataclasses.asdict(a) == dataclasses.asdict(b)
        for more, words in given:
            assert (a == ours(*more, **words)) == (b == theirs(*more, **words))
        assert a != b and a.SHARED == 5
    assert ours(1).self_made is not ours(1).self_made
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)
    assert dataclasses.replace(ours(1), named="z").named == "z"
    ours_takes, theirs_takes = (
        [(one.name, one.kind, one.default is one.empty) for one in inspect.signature(kind).parameters.values()]
        for kind in (ours, theirs)
    )
    assert ours_takes == theirs_takes
    for wrong in ((), (1, 2.0, [], 7, 8)):
        for kind in (ours, theirs):
            with pytest.raises(TypeError):
                kind(*wrong)


@records.dataclass(frozen=True, slots=True)
class Frozen:
    """Compared by one of two."""

    name: str
    note: str = records.field(default="", compare=False)


def test_a_frozen_record_is_a_key_and_is_never_changed() -> None:
    """Copies and pickles are equal; nothing is assigned or deleted."""
    one: Any = Frozen("a", "seen")
    assert {one: 1}[Frozen("a", "other")] == 1 and hash(one) == hash(Frozen("a"))
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one and again.note == "seen"
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        one.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        del one.name
    with pytest.raises((AttributeError, TypeError)):
        one.more = 1
    assert one.name == "a"


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_own_methods_stay_and_an_object_is_looked_at_when_it_is_made(options: dict[str, bool]) -> None:
    ours, theirs = both(Checked, options)
    assert repr(ours(1)) == repr(theirs(1)) == "Checked as it says"
    for kind in (ours, theirs):
        with pytest.raises(ValueError, match="below 0"):
            kind(-1)
    empty, plain = both(Empty, options)
    assert repr(empty()) == repr(plain()) and (empty() == empty()) == (plain() == plain())


def test_a_method_is_compiled_when_it_is_first_called() -> None:
    """Once: later calls find the function itself; a class that inherits has it too."""

    @records.dataclass(frozen=True, slots=True)
    class Point:
        x: int

    class Shown(Point):
        pass

    assert not inspect.isfunction(vars(Point)["__init__"])
    assert Shown(3).x == 3 and inspect.isfunction(vars(Point)["__init__"])
    assert not inspect.isfunction(vars(Point)["__eq__"])
    assert Point(3) == Point(3) != Point(4) and inspect.isfunction(vars(Point)["__eq__"])
    assert "__eq__" not in vars(Shown)
