"""A real Chromium that opens the page; a test that needs it is skipped where it is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.fakes.patience import PATIENCE_S

PATIENCE_MS = PATIENCE_S * 1000.0


def chromium() -> str:
    """Its path; skips the test, with the reason, where there is none."""
    pytest.importorskip("playwright", reason="the driver of browsers is not installed: playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def figure(name: str) -> str:
    """The script of a figure of the vehicle's card: its text."""
    terms = "[...document.querySelectorAll('#figures dt')]"
    return f"{terms}.find(term => term.textContent === '{name}').nextElementSibling.textContent"


class Page:
    """An open page. `page` is the driver's; `errors`: what its console and its scripts have complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    def until(self, script: str, *arguments: Any) -> Any:
        """Until a script's expression holds; looked at each 100 ms."""
        return self.page.wait_for_function(script, arg=arguments[0] if arguments else None, polling=100)

    def shows(self, selector: str, text: str) -> None:
        """Until an element's text has this in it."""
        self.until("([s, t]) => document.querySelector(s)?.textContent.includes(t)", [selector, text])


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()
