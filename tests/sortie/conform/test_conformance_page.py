"""The public tables: what a page says of a vehicle is read again, so that a column outlives the file it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.conformance_page import HEAD, SERVERS, Column, joined, of_page, of_results, page

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("name", "head"), [("conformance.md", HEAD), ("conformance-servers.md", SERVERS)])
def test_a_page_of_kept_columns_is_the_same(name: str, head: str) -> None:
    text = (DOCS / name).read_text()
    columns = of_page(text)
    assert columns and page(columns, head) == text


def test_a_column_that_is_kept_stands_beside_a_new_one() -> None:
    """Of a case that the kept one has always kept the page has no word: nothing is made up."""
    kept: dict[str, Column] = of_page((DOCS / "conformance.md").read_text())
    case = {"name": "new.case", "service": "ping", "level": "MUST", "says": "it is new", "page": "guide/x.html"}
    parts = [{"vehicle": "other", "revision": "0123456789", "cases": [case | {"verdict": "fail", "why": "no | yes"}]}]
    text = page(kept | of_results(parts))
    row = next(line for line in text.splitlines() if "[new.case]" in line)
    assert row.endswith("|  | not kept: no / yes |")
    assert (
        list(of_page(text)) == [*kept, "other 01234567"] and of_page(text)["other 01234567"].cells["ping"] == "0 of 1"
    )


def test_cases_that_came_later_join_a_kept_column() -> None:
    """Sums and shares grow, deviations that were there stay."""
    kept = of_page((DOCS / "conformance.md").read_text())
    name, old = next(iter(kept.items()))
    told = {"service": "ping", "level": "MUST", "says": "it is new", "page": "guide/x.html"}
    cases = [told | {"name": "new.good", "verdict": "pass", "why": ""}, told | {"name": "new.bad", "verdict": "fail"}]
    (new,) = of_results([{"vehicle": name, "revision": "", "cases": [cases[0], cases[1] | {"why": "no"}]}]).values()
    (column,) = of_page(page({name: joined(old, new)})).values()
    good, judged = map(int, old.cells["ping"].split(" of "))
    assert column.cells["ping"] == f"{good + 1} of {judged + 2}"
    assert int(column.cells["kept"]) == int(old.cells["kept"]) + 1
    assert column.broken == old.broken | {"new.bad"}
