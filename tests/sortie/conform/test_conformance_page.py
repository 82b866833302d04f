"""The public tables: what a page says of a vehicle is read again, so that a column outlives the file it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.conformance_page import HEAD, SERVERS, Column, of_page, of_results, page

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
