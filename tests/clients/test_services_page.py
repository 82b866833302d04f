"""The requests of docs/services.md are sent once more: Sortie answers what its column says, and no cell is empty."""

from __future__ import annotations

from scripts.services_asked import COLUMNS, PAGE, REQUESTS, ask, told


def test_the_page_has_every_request_and_no_empty_cell() -> None:
    """In the order of the script, a cell for each vehicle."""
    rows = told(PAGE.read_text(encoding="utf-8"))
    assert list(rows) == [(request.service, request.asks) for request in REQUESTS]
    assert all(len(cells) == len(COLUMNS) and all(cells) for cells in rows.values())


def test_sortie_answers_what_the_page_says() -> None:
    """A vehicle as it comes; a station is answered, or refused, as it was when the page was written."""
    rows = told(PAGE.read_text(encoding="utf-8"))
    answered = ask("sim:copter")
    differs = [
        f"{request.service}, {request.asks}: {said}, the page has {cells[0]}"
        for request, said, cells in zip(REQUESTS, answered, rows.values(), strict=True)
        if said != cells[0]
    ]
    assert differs == []
