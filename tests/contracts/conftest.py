"""For contracts: they share the trees of the product, which go with the last of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.syntax import forget


@pytest.fixture(scope="package", autouse=True)
def _trees() -> Iterator[None]:
    yield
    forget()
