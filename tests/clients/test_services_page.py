"""The requests of docs/services.md are sent once more: Sortie answers what its column says, and no cell is empty."""

from __future__ import annotations

import pytest

from scripts.services_asked import COLUMNS, PAGE, REQUESTS, ask, told


def test_the_page_has_every_request_and_no_empty_cell() -> None:
    """In the order of the script, a cell for each vehicle."""
    rows = told(PAGE.read_text(encoding="utf-8"))
    assert list(rows) == [(request.service, request.asks) for request in REQUESTS]
    assert all(len(cells) == len(COLUMNS) and all(cells) for cells in rows.values())


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


@pytest.mark.parametrize("column", [name for name, asked in COLUMNS.items() if asked.ours])
def test_sortie_answers_what_the_page_says(column: str) -> None:
    """As it comes and fitted out: a station is answered, or refused, as it was when the page was written."""
    rows, at = told(PAGE.read_text(encoding="utf-8")), list(COLUMNS).index(column)
    answered = ask(COLUMNS[column])
    differs = [
        f"{request.service}, {request.asks}: {said}, the page has {cells[at]}"
        for request, said, cells in zip(REQUESTS, answered, rows.values(), strict=True)
        if said != cells[at]
    ]
    assert differs == []
