"""Pages in a real Chromium, and a run that they may act on; a page's watch without a page."""

from __future__ import annotations

import pytest

from sortie import Session
from tests.fakes.browser import Page, browser
from tests.fakes.shown import shown
from tests.fakes.terrain import ramp, write_srtm
from tests.fakes.watched import HOME, Watched


@pytest.fixture
def watched():
    """Of a copter, 2 s after its start."""
    with Session(home=HOME, seed=3) as session:
        page = Watched(session)
        page.run(2.0)
        yield page


@pytest.fixture(scope="module")
def chromium():
    """For the tests of a module: its driver keeps an event loop, beside which no other can run."""
    with browser() as started:
        yield started


@pytest.fixture
def window(chromium):
    """Opens pages; they are shut when the test is over."""
    opened = []

    def open_page(**how) -> Page:
        opened.append(Page(chromium.new_page(**how)))
        return opened[-1]

    yield open_page
    for page in opened:
        page.page.close()


@pytest.fixture(scope="module")
def acting(tmp_path_factory):
    """A page that may act, of a copter on hilly ground at ten times real time, for several tests."""
    folder = tmp_path_factory.mktemp("acting")
    ground = write_srtm(folder / "ground", -36, 149, ramp(0.01)).parent
    with shown(folder, "--control", "--speedup", "10", "--terrain", str(ground), "--with", "follow") as address:
        yield address
