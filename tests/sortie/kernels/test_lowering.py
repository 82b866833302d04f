"""What is linked into the library of kernels."""

from __future__ import annotations

from typing import Any

import pytest

lowering = pytest.importorskip("sortie.kernels.lowering", reason="needs numba")


class Code:
    """numba's library of a function, as far as the linking reads it."""

    def __init__(self, *called: Code) -> None:
        self._linking_libraries = called


def test_code_whose_library_is_gone_hides_no_other_code() -> None:
    """Python 3.13 gave a function's library the address of one that was linked and freed before, and it was left out
    as known."""
    known: set[Any] = set()
    linked = [len(list(lowering._libraries(Code(Code()), known))) for _ in range(20)]
    assert linked == [2] * 20


def test_what_two_functions_call_is_linked_once() -> None:
    shared = Code()
    known: set[Any] = set()
    linked = [found for door in (Code(shared), Code(shared)) for found in lowering._libraries(door, known)]
    assert linked.count(shared) == 1 and len(linked) == 3
