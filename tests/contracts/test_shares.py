"""The order of the tests of the whole suite: those that wait for processes are first in the shares of two workers."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import in_shares


class CollectedTest:
    """A test as pytest collects it, `marks` by a word or none."""

    def __init__(self, module: str, number: int, marks: str = "") -> None:
        self.path, self.name, self._marks = Path(module), f"{module}{number}", marks

    def get_closest_marker(self, name: str) -> bool:
        return name == self._marks


def test_half_of_the_workers_begin_with_what_waits() -> None:
    """Modules stay whole and in their order, the shares are equal, and no test is lost."""
    waiting = [CollectedTest("b", 0, "waits"), CollectedTest("b", 1, "waits"), CollectedTest("c", 0, "client")]
    items = (
        [CollectedTest("a", number) for number in range(7)] + waiting + [CollectedTest("d", 0), CollectedTest("d", 1)]
    )
    ordered = [item.name for item in in_shares(items, 4)]
    assert ordered == ["b0", "b1", "a0", "c0", "a1", "a2", "a3", "a4", "a5", "a6", "d0", "d1"]


def test_where_most_wait_none_is_lost() -> None:
    items = [CollectedTest("b", number, "waits") for number in range(5)] + [CollectedTest("a", 0)]
    assert [item.name for item in in_shares(items, 4)] == ["b0", "b1", "b2", "b3", "b4", "a0"]
