"""The page in a real Chromium: it connects, flies a mission, shows a fleet, lives through a restart of the vehicle, and
can be used by keyboard, on a phone, in the dark. Screenshots are kept in the tests' folder of pytest."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

from pymavlink import mavutil

from tests.fakes.browser import Page, figure
from tests.fakes.served import free_port
from tests.fakes.shown import keep, shown

ROOT = Path(__file__).parents[3]
SQUARE = ROOT / "examples" / "square.plan"
TILES = "https://tiles.example/"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""One grey point, as PNG."""


def test_a_mission_is_flown_from_the_page(window, acting, tmp_path):
    """Connect, upload by a file, GO, the track on the map, texts, the flight's report - and no complaint in
    the console, nor a request to anywhere else."""
    page = window(viewport={"width": 1400, "height": 900})
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.page.goto(acting)
    page.shows("#chips", "✓ ready to arm")
    page.shows("#fitted", "Fitted with: follow")
    page.page.set_input_files("#plan-file", str(SQUARE))
    page.shows("#answer", "uploaded")
    page.page.click('[data-act="GO"]')
    page.page.click("#sure-yes")
    page.shows("#phases [aria-current]", "flying")
    page.shows("#mode", "AUTO")
    page.until(f"() => parseFloat({figure('Height')}) > 5")
    assert page.page.input_value("#mode-name") == "AUTO"
    assert not page.page.is_visible('[data-act="ABORT"]'), "it would be refused"
    page.until(rf"() => /^\d+:\d\d$/.test({figure('In flight')})")
    page.page.click("#to-messages")
    page.page.fill("#message-filter", "global_position")
    page.page.click("#messages summary")
    page.until("() => /relative_alt/.test(document.querySelector('#messages details[open] pre')?.textContent)")
    keep(page, tmp_path, "flying")
    page.shows("#chips", "disarmed")
    page.shows("#texts", "Mission")
    page.page.click("#to-plan")
    page.until("() => document.querySelectorAll('#plan tbody tr').length >= 4")
    page.page.click("#to-flights")
    page.shows("#flights", "report")
    with page.page.expect_download() as kept:
        page.page.click("text=flight.bin >> nth=0")
    assert kept.value.path().stat().st_size > 10_000
    for chart in ("height", "attitude", "speed", "battery"):
        page.until("name => /: .*\\d/.test(document.querySelector(`[data-chart=${name}]`).ariaLabel)", chart)
    with page.page.expect_popup() as opened:
        page.page.click("text=report")
    opened.value.wait_for_selector("svg")
    opened.value.set_viewport_size({"width": 1400, "height": 900})
    keep(Page(opened.value), tmp_path, "report")
    page.page.click("#to-links")
    page.until("() => /\\d ms/.test(document.querySelector('#links').textContent)")
    assert not page.errors
    assert {url.split("/")[2] for url in asked} == {acting.split("/")[2]}


def test_parameters_and_the_simulator_are_moved_from_the_page(window, acting, tmp_path):
    """Search by meaning, set one; wind by its slider; a click on the map flies there."""
    page = window(viewport={"width": 1400, "height": 1000}, color_scheme="dark")
    page.page.goto(acting)
    page.shows("#chips", "✓ ready to arm")
    page.page.click("#to-parameters")
    page.page.fill("#parameter-search", "climb speed missions")
    page.page.wait_for_selector("#p-WPNAV_SPEED_UP")
    page.shows("#parameters", "default 250")
    page.page.fill("#p-WPNAV_SPEED_UP", "300")
    page.page.press("#p-WPNAV_SPEED_UP", "Enter")
    page.shows("#answer", "WPNAV_SPEED_UP = 300")
    page.page.fill("#parameter-search", "WPNAV_SPEED")
    page.until("() => document.querySelector('#parameters label').textContent === 'WPNAV_SPEED'")
    page.page.fill("#p-WPNAV_SPEED", "888888")
    page.page.press("#p-WPNAV_SPEED", "Enter")
    page.shows("#sure-text", "888888 is outside of")
    page.page.click("#sure-no")
    page.until("() => document.querySelector('#p-WPNAV_SPEED').value === '1000'")
    keep(page, tmp_path, "parameters")
    page.page.click("#to-simulation")
    page.page.focus("#s-SIM_WIND_SPD")
    page.page.keyboard.press("ArrowRight")
    page.shows("#answer", "SIM_WIND_SPD = 0.5")
    page.page.click("#takeoff-form button")
    page.page.click("#sure-yes")
    page.shows("#answer", "takeoff to 10 m: accepted")
    page.until(f"() => parseFloat({figure('Height')}) > 9")
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


def test_what_stops_a_vehicle_is_in_sight_on_every_screen(window, acting):
    """On a phone map and Land are on one screen; on a desktop the mode stays while a tab is read."""
    page = window(viewport={"width": 390, "height": 844})
    page.page.goto(acting)
    page.shows("#connection", "connected")
    page.page.wait_for_selector("#to-simulation")
    for chosen in ("#map", '[data-act="land"]', '[data-act="rtl"]'):
        box = page.page.locator(chosen).bounding_box()
        assert box["y"] >= 0.0 and box["y"] + box["height"] <= 844.0, chosen
    assert not page.page.is_visible("#connect")
    page.page.set_viewport_size({"width": 1440, "height": 900})
    page.page.click("#to-parameters")
    page.page.mouse.move(1300, 800)
    page.page.mouse.wheel(0, 4000)
    assert page.page.locator("#mode").bounding_box()["y"] > 0.0
    assert (
        page.page.evaluate(
            "() => new Set([...document.querySelectorAll('[role=tab]:not([hidden])')].map(t => t.offsetTop)).size"
        )
        == 1
    )
    assert page.page.evaluate("() => document.querySelector('#tab-parameters').clientHeight") > 230
    assert not page.errors


def test_everybody_can_use_it(window, acting):
    """By axe's rules, in both themes, with each tab that has things to press."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = window(viewport={"width": 1280, "height": 800})
    page.page.goto(acting)
    page.shows("#connection", "connected")
    page.page.wait_for_selector("#to-simulation")
    for theme, tabs in (("light", ("texts", "parameters", "simulation")), ("dark", ("plan", "flights", "links"))):
        page.page.evaluate("name => { document.documentElement.dataset.theme = name; }", theme)
        for tab in tabs:
            page.page.click(f"#to-{tab}")
            results = axe.Axe().run(page.page)
            assert results.violations_count == 0, f"{theme}, {tab}: {results.generate_report()}"
    page.page.evaluate("() => document.activeElement.blur()")
    reached = set()
    for _ in range(60):
        page.page.keyboard.press("Tab")
        reached.add(page.page.evaluate("() => document.activeElement.dataset.act ?? document.activeElement.id"))
    assert {"map", "theme", "GO", "arm", "mode-name", "takeoff-height", "to-links"} <= reached
    assert not page.errors


DROPPED = """() => {
  const all = new DataTransfer();
  all.items.add(new File(['{}'], 'a.plan'));
  document.dispatchEvent(new DragEvent('drop', { dataTransfer: all }));
}"""
"""A file that is dropped on the page."""
LOSING = """window.kept = [];
window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(window.moved ? String(address).replace('/tests/', '/old/') : address);
    window.kept.push(this);
  }
};"""
"""Gives a test the page's sockets, and lets it have the page ask with a token that is not the server's any more."""


def test_a_page_that_has_lost_its_server_does_not_look_live(window, acting, tmp_path):
    """What it shows is grey and said to be old; with the server at a new address it says where that is told; and
    it is live again by itself when it can be."""
    page = window(viewport={"width": 1280, "height": 800})
    page.page.add_init_script(LOSING)
    page.page.goto(acting)
    page.shows("#chips", "armed")
    page.page.route(acting, lambda route: route.fulfill(status=403, body="no token"))
    page.page.evaluate("() => { window.moved = true; window.kept.at(-1).close(); }")
    page.shows("#mode", "NOT CONNECTED")
    page.shows("#stale", "has another address")
    assert page.page.evaluate("() => getComputedStyle(document.querySelector('#figures')).filter") == "grayscale(1)"
    keep(page, tmp_path, "stale")
    page.page.evaluate("() => { window.moved = false; }")
    page.until("() => !document.body.classList.contains('stale')")
    assert not page.page.is_visible("#stale")


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
    """Without --control there is nothing to press; on a phone nothing sticks out; pictures of the map come from the
    address that was given and nowhere else; the vehicle reboots, and the same page goes on at the same address."""
    port = free_port()
    with shown(tmp_path, "--tiles", f"{TILES}{{z}}/{{x}}/{{y}}.png", link=port) as address:
        page = window(viewport={"width": 390, "height": 844})
        asked = []
        page.page.on("request", lambda request: asked.append(request.url))
        page.page.route(f"{TILES}**", lambda route: route.fulfill(body=PICTURE, content_type="image/png"))
        page.page.goto(address)
        page.shows("#connection", "connected")
        assert not page.page.is_visible("#actions")
        page.page.evaluate(DROPPED)
        page.shows("#answer", "this page is read-only")
        for tab in ("texts", "plan", "parameters", "flights", "links"):
            page.page.click(f"#to-{tab}")
            assert page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), tab
        page.page.click("#to-texts")
        page.shows("#chips", "✓ ready to arm")
        assert page.page.is_visible("text=Above ground"), "not known yet: it has its place, so that no button moves"
        assert not page.page.is_visible("text=Airspeed"), "a copter has none"
        page.page.evaluate("() => scrollTo(0, 0)")
        keep(page, tmp_path, "phone")
        while not any(url.startswith(TILES) for url in asked):
            page.page.wait_for_timeout(100)
        assert all(url.startswith((address, TILES, address.replace("http:", "ws:"))) for url in asked)
        station = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}")
        station.wait_heartbeat()
        station.reboot_autopilot()
        station.close()
        page.shows("#connection", "no connection")
        page.shows("#connection", "connected")
        page.shows("#name", "Vehicle 1")
    assert not [text for text in page.errors if "ERR_CONNECTION_REFUSED" not in text]
