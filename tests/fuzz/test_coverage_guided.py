"""The fuzzer runs for some minutes on each kind of input and finds nothing; what it finds is written to the folder of
the test, for a regression test to be made of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.guided import KINDS, fuzz
from tests.fuzz.parsers import PARSERS

SECONDS, PARSER_SECONDS = 120, 30

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this machine"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_it_finds_nothing(kind: str, tmp_path: Path) -> None:
    done = fuzz(kind, PARSER_SECONDS if kind in PARSERS else SECONDS, tmp_path)
    assert done.status == 0, done.told[-6000:]
    assert done.row(kind).inputs > 0
