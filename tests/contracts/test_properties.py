"""The examples of a property: the commit's own in the ordinary suite, others each time in `scripts/test --long`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.syntax import nodes

ROOT = Path(__file__).parents[2]
#: What a property may say of itself; `derandomize` and `database` are the profile's.
OWN = {"max_examples", "deadline", "suppress_health_check"}


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


def of_its_own(source: str) -> Iterator[str]:
    """What `settings` of properties say that is the profile's to say."""
    for node in nodes(source):
        match node:
            case ast.Call(func=ast.Name(id="settings"), keywords=keywords):
                yield from (f"{node.lineno}: {one.arg}" for one in keywords if one.arg not in OWN)


def test_a_property_leaves_to_the_profile_which_examples_are_tried() -> None:
    """Else the long suite would try the same, or CI something else each day."""
    found = [
        f"{path.relative_to(ROOT)}:{told}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path != Path(__file__) and path.name != "conftest.py" and "hypothesis" in (text := path.read_text())
        for told in of_its_own(text)
    ]
    assert not found
    assert list(of_its_own("@settings(max_examples=3, derandomize=True)\ndef f(): 0")) == ["1: derandomize"]
