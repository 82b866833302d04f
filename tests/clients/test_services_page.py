"""The requests of docs/services.md are sent once more: Sortie answers what its column says, and no cell is empty."""

from __future__ import annotations

import pytest

from scripts.services_asked import PAGE, REQUESTS, TABLES, Table, ask


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_page_has_every_request_and_no_empty_cell(table: Table) -> None:
    """In the order of the script, a cell for each vehicle."""
    text = PAGE.read_text(encoding="utf-8")
    rows = table.told(text)
    assert list(rows) == [(request.service, request.asks) for request in table.requests]
    assert all(len(cells) == len(table.columns) and all(cells) for cells in rows.values())
    assert "by its sources" not in text


def test_every_service_of_the_guide_was_asked_for() -> None:
    """Each row of the guide's services has a request below; the fence's old messages are no service of the guide."""
    text = PAGE.read_text(encoding="utf-8")
    listed = text.partition("## The services of the guide")[2].partition("### ")[0].strip().splitlines()[2:]
    names = {line.split(" | ")[0].removeprefix("| ") for line in listed}
    together = {
        "Payloads (gripper, winch)": "Payloads",
        "Video streams": "Image transmission, video",
        "Image transmission": "Image transmission, video",
    }
    wanted = {together.get(name, name) for name in names if not name.startswith("FENCE_POINT")}
    assert wanted <= {request.service for request in REQUESTS}


OURS = [(name, column) for name, table in TABLES.items() for column, asked in table.columns.items() if asked.ours]


@pytest.mark.parametrize(("name", "column"), OURS)
def test_sortie_answers_what_the_page_says(name: str, column: str) -> None:
    """As it comes and fitted out: a station is answered, or refused, as it was when the page was written."""
    table = TABLES[name]
    rows, at = table.told(PAGE.read_text(encoding="utf-8")), list(table.columns).index(column)
    answered = ask(table.columns[column], table.requests)
    differs = [
        f"{request.service}, {request.asks}: {said}, the page has {cells[at]}"
        for request, said, cells in zip(table.requests, answered, rows.values(), strict=True)
        if said != cells[at]
    ]
    assert differs == []
