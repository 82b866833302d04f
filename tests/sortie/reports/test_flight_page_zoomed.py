"""Charts of a flight's page, looked at closer in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie.reading.logs import read_log
from sortie.reports.flight_page import flight_page
from tests.fakes.browser import Page, browser
from tests.sortie.reading.made import dataflash

SPANS = "() => [...document.querySelectorAll('svg[data-low]')].map(c => [+c.dataset.low, +c.dataset.high])"
HEIGHTS = """() => document.querySelector('svg[data-low] polyline.value').getAttribute('points').split(' ').length"""
TICKS = "() => [...document.querySelectorAll('svg[data-low]')[0].querySelectorAll('.tick')].map(t => t.textContent)"


def test_a_part_of_a_flight_is_looked_at_closer_in_all_charts(tmp_path: Path) -> None:
    """By dragging over one of them, and by keys of the slider; a double click shows all again."""
    (tmp_path / "a.bin").write_bytes(dataflash())
    (tmp_path / "a.html").write_text(flight_page([read_log(tmp_path / "a.bin")]))
    with browser() as started:
        opened = Page(started.new_page(viewport={"width": 1000, "height": 800}))
        page = opened.page
        page.goto((tmp_path / "a.html").as_uri())
        (low, high), *others = whole = page.evaluate(SPANS)
        assert all(span == [low, high] for span in others)
        points, ticks = page.evaluate(HEIGHTS), page.evaluate(TICKS)
        chart = page.locator("svg[data-low]").first
        chart.scroll_into_view_if_needed()
        box, d = (
            chart.bounding_box(),
            chart.evaluate("c => [+c.dataset.start, +c.dataset.end, c.viewBox.baseVal.width]"),
        )
        x = [box["x"] + (d[0] + share * (d[1] - d[0])) / d[2] * box["width"] for share in (0.25, 0.5)]
        page.mouse.move(x[0], box["y"] + 40)
        page.mouse.down()
        page.mouse.move(x[1], box["y"] + 45, steps=4)
        page.mouse.up()
        spans = page.evaluate(SPANS)
        quarter = low + 0.25 * (high - low)
        assert all(
            span == [pytest.approx(quarter, abs=0.2), pytest.approx(0.5 * (low + high), abs=0.2)] for span in spans
        )
        assert page.evaluate(HEIGHTS) == pytest.approx(points / 4, abs=2)
        assert quarter < float(page.evaluate(TICKS)[0].removesuffix(" s")) < 0.5 * (low + high)
        assert page.evaluate("() => +document.getElementById('time').max") == pytest.approx(spans[0][1], abs=0.1)
        chart.dblclick(position={"x": box["width"] / 2, "y": 40})
        assert page.evaluate(SPANS) == whole and page.evaluate(HEIGHTS) == points and page.evaluate(TICKS) == ticks
        page.focus("#time")
        page.keyboard.press("+")
        (near, far), *_ = page.evaluate(SPANS)
        assert 0.2 * (high - low) < far - near <= 0.5 * (high - low) + 0.1
        for _ in range(3):
            page.keyboard.press("-")
        assert page.evaluate(SPANS) == whole
        assert not opened.errors
