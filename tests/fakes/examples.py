"""How many examples of a property are tried: so many in the ordinary suite, a multiple in `scripts/test --long`."""

from __future__ import annotations

from hypothesis import settings

_ORDINARY = 100
"""What the ordinary profile of `tests/conftest.py` has, which is Hypothesis's own number."""


def examples(count: int) -> int:
    """For `max_examples` of a property that is worth more or fewer than most."""
    return count * settings.default.max_examples // _ORDINARY
