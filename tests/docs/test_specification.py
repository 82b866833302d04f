"""docs/specification.md has no empty cell, and every name on it exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.specification_page import ROOT, Row, Seed, headings, main, plain, seeds, trouble

SEEDS = seeds()
TEXTS = {seed.name: path for seed in SEEDS for path in (ROOT.parent / "shared" / "seeds").glob(f"{seed.name}_*.txt")}


def test_the_page_is_what_the_tables_say() -> None:
    """`scripts/specification-page` has been run since they changed."""
    assert main(["--check"]) == 0, "run scripts/specification-page"


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_every_row_is_whole_and_every_name_exists(seed: Seed) -> None:
    """Code and tests, or a departure that stands in the decisions."""
    wrong = [f"{row.section}: {row.asks}: {what}" for row in seed.rows for what in trouble(row)]
    assert wrong == []


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_sentence_stands_once(seed: Seed) -> None:
    """In its section."""
    said = [(row.section, row.asks) for row in seed.rows]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("seed", [seed for seed in SEEDS if seed.name in TEXTS], ids=lambda seed: seed.name)
def test_every_section_of_the_seed_is_covered_and_quoted(seed: Seed) -> None:
    """Against the seed's text, where it lies beside the project: no section is forgotten, no sentence is invented."""
    sections = headings(TEXTS[seed.name].read_text(encoding="utf-8"))
    named = {*seed.sections(), *seed.silent}
    assert named == set(sections)
    for row in seed.rows:
        text, at = plain(sections[row.section]), 0
        for words in row.asks.split("…"):
            at = text.find(plain(words), at)
            assert at >= 0, f"{row.section} does not say: {words}"


def test_what_is_wrong_with_a_row_is_found() -> None:
    """An empty cell, a name that is gone (with its new place), a test that is none, a departure that nobody decided."""
    code = "autopilot/mission/state.py::hold_time_ms"
    test = "tests/docs/test_specification.py::test_a_sentence_stands_once"
    assert trouble(Row("s", "a", (code,), (test,))) == []
    assert trouble(Row("s", "a", (code,))) == ["neither code with tests nor a departure"]
    assert trouble(Row("s", "a", ("autopilot/mission/route.py::hold_time_ms",), (test,))) == [
        "autopilot/mission/route.py::hold_time_ms does not exist (now autopilot/mission/state.py?)"
    ]
    assert trouble(Row("s", "a", (code,), ("tests/gone.py::test_gone",))) == ["tests/gone.py::test_gone does not exist"]
    assert trouble(Row("s", "a", departure="we felt like it")) == ["docs/decisions.md does not say: we felt like it"]


def test_sections_of_a_seed(tmp_path: Path) -> None:
    """Headings outside code blocks."""
    text = "# One\n\nwords **bold**\n\n```sh\n# no heading\n```\n\n## Two: `code`\n| a | b |\n"
    assert {name: plain(body) for name, body in headings(text).items()} == {
        "One": "words bold sh no heading",
        "Two: code": "a b",
    }
