"""The page in a real Chromium: it connects, flies a mission, shows a fleet, lives through a restart of the vehicle, and
can be used by keyboard, on a phone, in the dark. Screenshots are kept in the tests' folder of pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

from pymavlink import mavutil

from tests.fakes.browser import Page, browser
from tests.fakes.program import environment, wait_for
from tests.fakes.served import END_S, free_port
from tests.fakes.terrain import ramp, write_srtm

ROOT = Path(__file__).parents[3]
SQUARE = ROOT / "examples" / "square.plan"
ADDRESS = re.compile(r"http://\S+?/(?=[,\s]|$)")


@pytest.fixture(scope="module")
def chromium():
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


@contextmanager
def shown(folder: Path, *arguments: str, link: int = 0) -> Iterator[str]:
    """`sortie serve --web` as a process; the address of its page. It must end with status 0. `link`: a TCP port for
    others."""
    command = [
        sys.executable, "-m", "sortie", "serve", "--web", "--listen", f"127.0.0.1:{free_port()}",
        "--link", f"tcpin:127.0.0.1:{link}", "--state-dir", str(folder / "state"), "--log-dir", str(folder / "logs"),
        *arguments,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment(folder) | {"SORTIE_WEB_TOKEN": "tests"}
    )
    try:
        found = ADDRESS.search(wait_for(process, "the page is at"))
        assert found is not None
        yield found.group()
    finally:
        process.terminate()
        process.communicate(timeout=END_S)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def acting(tmp_path_factory):
    """A page that may act, of a copter on hilly ground at ten times real time, for several tests."""
    folder = tmp_path_factory.mktemp("acting")
    ground = write_srtm(folder / "ground", -36, 149, ramp(0.01)).parent
    with shown(folder, "--control", "--speedup", "10", "--terrain", str(ground)) as address:
        yield address


def keep(page, folder, name):
    """A screenshot, for people."""
    page.page.screenshot(path=str(folder / f"{name}.png"))
    kept = os.environ.get("SORTIE_TEST_ARTEFACTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        page.page.screenshot(path=str(Path(kept) / f"{name}.png"))


def test_a_mission_is_flown_from_the_page(window, acting, tmp_path):
    """Connect, upload by a file, GO, the track on the map, texts, the flight's report - and no complaint in
    the console, nor a request to anywhere else."""
    page = window(viewport={"width": 1400, "height": 900})
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.page.goto(acting)
    page.shows("#chips", "✓ ready to arm")
    page.page.set_input_files("#plan-file", str(SQUARE))
    page.shows("#answer", "uploaded")
    page.page.click('[data-act="GO"]')
    page.shows("#phases [aria-current]", "flying")
    page.shows("#mode", "AUTO")
    page.until("() => parseFloat(document.querySelector('#figures dd').textContent) > 5")
    keep(page, tmp_path, "flying")
    page.shows("#chips", "disarmed")
    page.shows("#texts", "Mission")
    page.page.click("#to-plan")
    page.until("() => document.querySelectorAll('#plan tbody tr').length >= 4")
    page.page.click("#to-flights")
    page.shows("#flights", "report")
    with page.page.expect_popup() as opened:
        page.page.click("text=report")
    opened.value.wait_for_selector("svg")
    assert not page.errors
    assert {url.split("/")[2] for url in asked} == {acting.split("/")[2]}


def test_parameters_and_the_simulator_are_moved_from_the_page(window, acting, tmp_path):
    """Search by meaning, set one; wind by its slider; a click on the map flies there."""
    page = window(viewport={"width": 1400, "height": 1000}, color_scheme="dark")
    page.page.goto(acting)
    page.shows("#chips", "✓ ready to arm")
    page.page.click("#to-parameters")
    page.page.fill("#parameter-search", "WPNAV_SPEED_UP")
    page.page.wait_for_selector("#p-WPNAV_SPEED_UP")
    page.page.fill("#p-WPNAV_SPEED_UP", "300")
    page.page.press("#p-WPNAV_SPEED_UP", "Enter")
    page.shows("#answer", "WPNAV_SPEED_UP = 300")
    keep(page, tmp_path, "parameters")
    page.page.click("#to-simulation")
    page.page.focus("#s-SIM_WIND_SPD")
    page.page.keyboard.press("ArrowRight")
    page.shows("#answer", "SIM_WIND_SPD = 0.5")
    page.page.click("text=Take off >> nth=-1")
    page.shows("#answer", "accepted")
    page.until("() => parseFloat(document.querySelector('#figures dd').textContent) > 9")
    page.page.focus("#map")
    page.page.keyboard.press("ArrowUp")
    page.page.keyboard.press("Enter")
    page.page.click("text=Fly here")
    page.shows("#answer", "fly to")
    page.shows("#mode", "GUIDED")
    keep(page, tmp_path, "dark")
    page.page.click('[data-act="rtl"]')
    page.shows("#mode", "RTL")
    assert not page.errors


def test_everybody_can_use_it(window, acting):
    """By axe's rules, in both themes, with each tab that has things to press."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = window(viewport={"width": 1280, "height": 800})
    page.page.goto(acting)
    page.shows("#connection", "connected")
    page.page.wait_for_selector("#to-simulation")
    for theme, tabs in (("light", ("parameters", "simulation")), ("dark", ("plan", "flights"))):
        page.page.evaluate("name => { document.documentElement.dataset.theme = name; }", theme)
        for tab in tabs:
            page.page.click(f"#to-{tab}")
            results = axe.Axe().run(page.page)
            assert results.violations_count == 0, f"{theme}, {tab}: {results.generate_report()}"
    assert not page.errors


def test_a_fleet_of_fifty_moves_four_times_a_second(window, tmp_path):
    """All are listed and drawn; states come at 4 Hz; one is chosen by keyboard."""
    with shown(tmp_path, "--count", "50", "--speedup", "1") as address:
        page = window(viewport={"width": 1500, "height": 900})
        frames = []
        page.page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(data)))
        page.page.goto(address)
        page.until("() => document.querySelectorAll('#vehicles li').length === 50")
        page.shows("#connection", "50 vehicles")
        page.page.evaluate("() => { window.before = performance.now(); }")
        count = sum('"state"' in frame for frame in frames if isinstance(frame, str))
        page.page.wait_for_timeout(5000)
        seconds = page.page.evaluate("() => (performance.now() - window.before) / 1000")
        rate_hz = (sum('"state"' in frame for frame in frames if isinstance(frame, str)) - count) / seconds
        assert rate_hz <= 4.5
        page.page.focus("#vehicles li:nth-child(3) button")
        page.page.keyboard.press("Enter")
        page.shows("#name", "Vehicle 3")
        keep(page, tmp_path, "fleet")
        assert not page.errors


def test_who_only_looks_sees_no_buttons_and_lives_through_a_reboot(window, tmp_path):
    """Without --control there is nothing to press; on a phone nothing sticks out; the vehicle reboots, and the same
    page goes on at the same address."""
    port = free_port()
    with shown(tmp_path, link=port) as address:
        page = window(viewport={"width": 390, "height": 844})
        page.page.goto(address)
        page.shows("#connection", "connected")
        assert not page.page.is_visible("#actions")
        assert page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        keep(page, tmp_path, "phone")
        station = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}")
        station.wait_heartbeat()
        station.reboot_autopilot()
        station.close()
        page.shows("#connection", "no connection")
        page.shows("#connection", "connected")
        page.shows("#name", "Vehicle 1")
    assert not [text for text in page.errors if "ERR_CONNECTION_REFUSED" not in text]
