"""For all tests."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from tests.fakes.program import let_children_hang_up

# Tests start Sortie as a process some hundred times, and each would compile all its modules again: more than half of
# what such a process costs. So would each worker the tests, with their assertions rewritten: 20 s of each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
let_children_hang_up()

# How long an example takes depends on what else the machine does; speed is measured by scripts/bench.
# The ordinary suite tries the same examples of a property each time: what it says belongs to the commit. The long one
# (`scripts/test --long`) looks for what nobody has seen yet: others each time, and ten times as many.
settings.register_profile("commit", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, derandomize=False, print_blob=True, max_examples=1000)
settings.load_profile("commit")

# Hypothesis also tries the numbers and words that stand in our modules, in those that happen to be imported: the tests
# before would choose the examples.
_NOTHING, _constants_of_what_is_imported = providers._local_constants, providers._get_local_constants
providers._get_local_constants = lambda: _NOTHING if settings.default.derandomize else _constants_of_what_is_imported()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: what is imported and collected stays to the end, and out of the sight of the
    garbage collector. Afterwards it looks as seldom as in the program (`sortie.assembly.program`)."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 100)
        gc.enable()
