"""Libraries that an environment may lack, asked for without being loaded."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def needs(extra: str, *names: str) -> None:
    """Skip the module of tests that asks where one of the libraries is missing. Each worker collects all of the tests:
    an import for the question alone would take seconds in each."""
    for name in names:
        if find_spec(name) is None:
            pytest.skip(f"the extra {extra} is not installed: {name}", allow_module_level=True)
