"""The page about tests: what it shows passes, as a reader would paste it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sortie.api.testing.vehicle_request import VehicleRequest
from tests.fakes.plugin_run import run

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_each_block_passes(pytester: pytest.Pytester, number: int) -> None:
    """Alone, as a test file."""
    result = run(pytester, BLOCKS[number])
    assert result.ret == 0, "\n".join(result.outlines)
    assert result.parseoutcomes()["passed"] == len(re.findall(r"^def test_", BLOCKS[number], re.M))


def test_the_page_names_all_there_is(pytester: pytest.Pytester) -> None:
    """Every argument of the marker, every fixture, every option."""
    for name in (field.name for field in fields(VehicleRequest)):
        assert f"`{name}" in PAGE
    result = run(pytester, "def test_it(): ...", "--fixtures", "--help")
    for option in re.findall(r"--sortie-[a-z-]+", "\n".join(result.outlines)):
        assert option in PAGE
    assert "--sortie-seed" in "\n".join(result.outlines)
