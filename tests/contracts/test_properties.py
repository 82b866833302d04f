"""The examples of a property: the commit's own in the ordinary suite, others each time in `scripts/test --long`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]


def test_what_is_imported_does_not_choose_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stay when one more module is loaded, whose numbers Hypothesis would try too."""
    tried: list[list[int]] = []

    @settings(derandomize=True)
    @given(st.lists(st.integers()))
    def any_numbers(numbers: list[int]) -> None:
        tried.append(numbers)

    any_numbers()
    first = tried.copy()
    tried.clear()
    (tmp_path / "loaded_meanwhile.py").write_text(f"NUMBERS = {list(range(70_000, 70_500))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    import_module("loaded_meanwhile")
    any_numbers()
    assert tried == first


def test_the_long_suite_searches_at_random_and_for_longer() -> None:
    """What fails can be tried again in both."""
    commit, search = settings.get_profile("commit"), settings.get_profile("search")
    assert commit.derandomize and not search.derandomize
    assert commit.print_blob and search.print_blob
    assert search.max_examples > commit.max_examples
    assert "--hypothesis-profile=search" in (ROOT / "scripts" / "test").read_text()
