"""Everything that a page can tell a vehicle, done by hand in a real Chromium: a plan dropped on it, its buttons, its
sliders, a place on its map. And what a page of another site can tell it: nothing."""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

from tests.fakes.browser import figure
from tests.fakes.patience import PATIENCE_S
from tests.fakes.shown import keep, on_a_page, shown

SQUARE = Path(__file__).parents[3] / "examples" / "square.plan"
DROPPED = "([name, text]) => { const all = new DataTransfer(); all.items.add(new File([text], name)); return all; }"
LONDON = "QGC WPL 110\n" + "".join(f"{seq}\t0\t3\t16\t0\t0\t0\t0\t51.5\t-0.12\t20\t1\n" for seq in range(2))
HEIGHT_M = f"parseFloat({figure('Height')})"
SPEED_MPS = f"parseFloat({figure('Speed')})"


@pytest.fixture
def page(window, acting):
    """The page of the copter that may be acted on; it stands on the ground, disarmed."""
    opened = window(viewport={"width": 1400, "height": 1000})
    opened.page.goto(acting)
    opened.shows("#chips", "✓ ready to arm")
    yield opened
    assert not opened.errors


ASKED_AGAIN = frozenset(("GO", "arm", "start", "cut"))


def press(page, act, answer):
    """A button of the vehicle, the yes where it is asked for once more, and what came of it."""
    page.page.click(f'[data-act="{act}"]')
    if act in ASKED_AGAIN and page.page.is_visible("#sure"):
        page.page.click("#sure-yes")
    page.shows("#answer", answer)


def drop(page, name, text):
    """Drag a file over the map, and let it go."""
    files = page.page.evaluate_handle(DROPPED, [name, text])
    page.page.dispatch_event("#map", "dragover", {"dataTransfer": files})
    assert page.page.is_visible("#drop")
    page.page.dispatch_event("#map", "drop", {"dataTransfer": files})
    assert not page.page.is_visible("#drop")


def test_a_plan_is_dropped_on_the_map_counted_down_and_aborted(page, tmp_path):
    """Mission, fence and rally points arrive; GO counts down before all eyes, and ABORT ends it; a plan for
    somewhere else is told to be far away; it is cleared."""
    drop(page, "broken.plan", "{")
    page.shows("#answer", "broken.plan: ")
    drop(page, "square.plan", SQUARE.read_text())
    page.shows("#answer", "uploaded, 6 mission items, 4 fence items, 1 rally item")
    page.page.click("#to-plan")
    page.until("() => document.querySelectorAll('#plan tbody tr').length === 6")
    page.shows("#plan", "4 fence points, 1 rally point")
    page.page.click("#to-simulation")
    page.page.fill("#s-SIM_SPEEDUP", "1")
    page.shows("#answer", "SIM_SPEEDUP = 1")
    assert not page.page.is_visible('[data-act="ABORT"]')
    page.page.wait_for_selector('[data-act="GO"]')
    before = page.page.locator("#safe").bounding_box()
    press(page, "GO", "GO: ")
    page.shows("#countdown", "T − ")
    assert page.page.locator("#safe").bounding_box() == before, "no button moves under the hand"
    assert not page.page.is_visible('[data-act="GO"]')
    keep(page, tmp_path, "countdown")
    press(page, "ABORT", "ABORT: accepted")
    page.shows("#chips", "disarmed")
    page.page.fill("#s-SIM_SPEEDUP", "10")
    page.shows("#answer", "SIM_SPEEDUP = 10")
    drop(page, "london.waypoints", LONDON)
    page.shows("#answer", " km from the vehicle")
    page.page.click("#to-plan")
    page.page.click("#plan-clear")
    page.shows("#answer", "plan cleared")
    page.shows("#plan", "The vehicle has no plan.")


def test_several_are_told_together_and_a_plan_is_drawn(window, tmp_path):
    """Ticked vehicles do what the buttons say, the others do not; clicks on the map become a fence, and a place is
    looked at."""
    with shown(tmp_path, "--count", "3", "--control", "--speedup", "1") as address:
        opened = window(viewport={"width": 1500, "height": 900})
        opened.page.goto(address)
        opened.until("() => document.querySelectorAll('#vehicles li').length === 3")
        opened.shows("#name", "Vehicle 1")
        for number in (2, 3):
            opened.page.check(f"#vehicles li:nth-child({number}) input")
        opened.shows("#together", "2 vehicles: 2, 3")
        opened.until("() => [...document.querySelectorAll('#mode-name option')].some(one => one.value === 'LOITER')")
        opened.page.select_option("#mode-name", "LOITER")
        opened.page.click("#mode-form button")
        opened.shows("#answer", "all 2: mode LOITER: accepted")
        opened.until(
            "() => [...document.querySelectorAll('#vehicles li')].map(one => one.textContent.includes('LOITER')).join()"
            " === 'false,true,true'"
        )
        opened.page.click("#to-plan")
        opened.page.click("#plan-draw")
        opened.page.select_option("#draw-what", "fence")
        box = opened.page.query_selector("#map").bounding_box()
        for x, y in ((0.3, 0.4), (0.7, 0.4), (0.7, 0.8), (0.5, 0.6)):
            opened.page.click("#map", position={"x": box["width"] * x, "y": box["height"] * y})
        opened.page.click("#draw-back")
        opened.shows("#draw-count", "3 places")
        keep(opened, tmp_path, "draw")
        opened.page.click("#draw button[type=submit]")
        opened.shows("#answer", "fence: uploaded, 3 items")
        opened.shows("#plan", "3 fence points")
        opened.page.click("#plan-draw")
        opened.page.select_option("#draw-what", "rally")
        assert opened.page.is_visible("#draw-height") and not opened.page.is_visible("#draw-apart")
        opened.page.click("#map", position={"x": box["width"] * 0.6, "y": box["height"] * 0.5})
        opened.page.click("#draw button[type=submit]")
        opened.shows("#answer", "rally: uploaded, 1 item")
        opened.shows("#plan", "1 rally point")
        assert not opened.page.is_visible("#draw")
        opened.shows("#texts", "Field Elevation Set")  # home, at whose height the place is
        opened.page.click("#map", position={"x": box["width"] * 0.6, "y": box["height"] * 0.3})
        assert not opened.page.is_visible("#mark-orbit")
        opened.page.click("#mark-look")
        opened.shows("#answer", "look at ")
        assert not opened.errors


def test_it_is_flown_by_hand(page, tmp_path):
    """Mode, arm and disarm, take off, a click on the map, pause, and return; each does what it says."""
    page.page.select_option("#mode-name", "LOITER")
    page.page.click("#mode-form button")
    page.shows("#mode", "LOITER")
    assert page.page.input_value("#mode-name") == "LOITER"
    page.page.click("#to-simulation")
    page.page.fill("#s-SIM_SPEEDUP", "1")  # so that it does not disarm by itself before anybody has seen it
    page.shows("#answer", "SIM_SPEEDUP = 1")
    press(page, "arm", "arm: accepted")
    page.shows("#chips", "▲ armed")
    press(page, "arm", "disarm: accepted")
    page.shows("#chips", "▽ disarmed")
    page.page.fill("#s-SIM_SPEEDUP", "10")
    page.shows("#answer", "SIM_SPEEDUP = 10")
    page.page.fill("#takeoff-height", "15")
    page.page.click("#takeoff-form button")
    page.shows("#sure-text", "Take off to 15 m")
    page.page.click("#sure-no")
    page.shows("#chips", "▽ disarmed")
    page.page.click("#takeoff-form button")
    page.page.click("#sure-yes")
    page.shows("#answer", "takeoff to 15 m: accepted")
    page.until(f"() => {HEIGHT_M} > 14")
    assert page.page.input_value("#mode-name") == "GUIDED"
    assert not page.page.is_visible("#takeoff-form")
    page.page.select_option("#mode-name", "STABILIZE")
    page.page.click("#mode-form button")
    page.shows("#sure-text", "From GUIDED to STABILIZE")
    page.page.keyboard.press("Escape")
    page.page.select_option("#change-what", "height_m")
    page.page.fill("#change-value", "18")
    page.page.click("#change-form button")
    page.shows("#answer", "height 18 m: accepted")
    page.until(f"() => {HEIGHT_M} > 17")
    for _ in range(3):
        page.page.click('[data-map="out"]')
    box = page.page.query_selector("#map").bounding_box()
    page.page.click("#map", position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})
    assert page.page.is_visible("#mark")
    assert page.page.input_value("#mark-height") in ("17", "18")
    page.page.fill("#mark-height", "25")
    page.page.click("text=Fly here")
    page.shows("#answer", "at 25 m: accepted")
    assert not page.page.is_visible("#mark")
    page.until(f"() => {SPEED_MPS} > 3")
    keep(page, tmp_path, "click-to-fly")
    press(page, "pause", "pause: accepted")
    page.until(f"() => {SPEED_MPS} < 0.5")
    press(page, "rtl", "mode RTL: accepted")
    page.shows("#mode", "RTL")
    press(page, "land", "mode LAND: accepted")
    page.shows("#chips", "▽ disarmed")


def test_a_simulated_vehicle_is_given_faults_and_another_pace(page, tmp_path):
    """Its GPS is broken and mended; its time passes slower; gusts and wind are what was set, also after a reload."""
    page.page.click("#to-simulation")
    page.page.select_option("#fail-unit", "GPS")
    page.page.select_option("#fail-type", "OFF")
    page.page.click("text=Break it")
    page.shows("#answer", "GPS OFF: accepted")
    page.shows("#figures", "no fix")
    page.page.click("text=Mend it")
    page.shows("#answer", "GPS OK: accepted")
    page.until("() => !document.querySelector('#figures').textContent.includes('no fix')")
    page.page.fill("#s-SIM_SPEEDUP", "2")
    page.shows("#answer", "SIM_SPEEDUP = 2")
    page.until("() => parseFloat(document.querySelector('#pace').textContent.split('at ')[1]) < 5")
    for name, value in (("SIM_WIND_SPD", "4"), ("SIM_WIND_DIR", "90"), ("SIM_WIND_TURB", "1.5")):
        page.page.fill(f"#s-{name}", value)
        page.shows("#answer", f"{name} = {value}")
    page.page.reload()
    page.page.wait_for_selector("#to-simulation:not([hidden])")
    page.page.click("#to-simulation")
    assert [page.page.input_value(f"#s-SIM_WIND_{name}") for name in ("SPD", "DIR", "TURB")] == ["4", "90", "1.5"]
    keep(page, tmp_path, "simulation")
    for name in ("SIM_WIND_SPD", "SIM_WIND_TURB"):
        page.page.fill(f"#s-{name}", "0")
        page.shows("#answer", f"{name} = 0")
    page.page.fill("#s-SIM_SPEEDUP", "10")
    page.shows("#answer", "SIM_SPEEDUP = 10")


ATTACK = """async ([page, order]) => {
  const told = {}, socket = page.replace('http', 'ws');
  const tried = async (name, work) => { try { told[name] = await work(); } catch (error) { told[name] = 'refused'; } };
  const opened = address => new Promise((done, fail) => {
    const one = new WebSocket(address);
    one.onopen = () => { one.send(order); done('opened'); };
    one.onerror = fail;
  });
  const loaded = (name, of) => new Promise((done, fail) => {
    const one = Object.assign(document.createElement(name), of);
    one.onload = () => done('loaded');
    one.onerror = fail;
    document.body.append(one);
  });
  await tried('read', async () => (await fetch(page + 'mavlink')).text());
  await tried('the page itself', async () => (await fetch(page)).text());
  await tried('order', async () => (await fetch(page + 'mavlink', { method: 'POST', body: order })).status);
  await tried('order as JSON', async () => (await fetch(page + 'mavlink',
    { method: 'POST', body: order, headers: { 'Content-Type': 'application/json' } })).status);
  await tried('order unseen', async () => (await fetch(page + 'mavlink',
    { method: 'POST', body: order, mode: 'no-cors' })).type);
  await tried('beacon', async () => String(navigator.sendBeacon(page + 'mavlink', order)));
  await tried('socket', () => opened(socket + 'ws'));
  await tried('socket of mavlink2rest', () => opened(socket + 'ws/mavlink'));
  await tried('script', () => loaded('script', { src: page + 'app.js', type: 'module' }));
  await tried('picture', () => loaded('img', { src: page + 'icon.svg' }));
  await tried('style', () => loaded('link', { href: page + 'style.css', rel: 'stylesheet' }));
  const frame = Object.assign(document.createElement('iframe'), { src: page });
  const form = Object.assign(document.createElement('form'), {
    action: page + 'mavlink', method: 'POST', enctype: 'text/plain', target: 'it',
  });
  form.append(Object.assign(document.createElement('input'), { name: order }));
  document.body.append(frame, Object.assign(document.createElement('iframe'), { name: 'it' }), form);
  form.submit();
  return told;
}"""
"""What a page of another site can try that has somehow got the address with its token."""
FORCED = {
    "header": {"system_id": 255, "component_id": 190, "sequence": 0},
    "message": {"type": "COMMAND_LONG", "command": {"type": "MAV_CMD_COMPONENT_ARM_DISARM"}, "param1": 1.0,
                "param2": 21196.0, "target_system": 1, "target_component": 1},
}  # fmt: skip


@contextmanager
def another_site():
    """The address of an empty page of another origin."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title><link rel=icon href='data:,'><body></body>")

        def log_message(self, *arguments):
            """Nothing is to be printed."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def heartbeat(address):
    """(how many have come, whether it is armed) of vehicle 1."""
    with urllib.request.urlopen(f"{address}mavlink/vehicles/1/components/1/messages/HEARTBEAT", timeout=60) as response:
        told = json.load(response)
    return told["status"]["time"]["counter"], bool(told["message"]["base_mode"]["bits"] & 128)


def test_no_page_of_another_site_can_act(window, acting, page):
    """Even one that knows the address with its token: nothing is read, nothing opened, and the vehicle stays as it
    was. The same order from a program that has the token is carried out, so it is the page that is refused."""
    elsewhere = window()
    with another_site() as site:
        elsewhere.page.goto(site)
        told = elsewhere.page.evaluate(ATTACK, [acting, json.dumps(FORCED)])
        before, armed = heartbeat(acting)
        assert not armed
        deadline_s = time.monotonic() + PATIENCE_S
        while heartbeat(acting)[0] < before + 20:  # two seconds of its time: an order would have been seen by now
            assert time.monotonic() < deadline_s
            time.sleep(0.2)
        assert not heartbeat(acting)[1]
        frames = [frame.evaluate("() => document.body?.innerText ?? ''") for frame in elsewhere.page.frames[1:]]
    assert told == dict.fromkeys(told, "refused") | {"beacon": "true"}
    assert len(told) == 11
    assert not any("Vehicle" in text or "Sortie" in text for text in frames)
    page.shows("#chips", "▽ disarmed")
    order = urllib.request.Request(f"{acting}mavlink", json.dumps(FORCED).encode(), method="POST")
    with urllib.request.urlopen(order, timeout=60) as response:
        assert response.status == 200
    page.until("() => document.querySelector('#texts').textContent.includes('rming')")


def test_a_sortie_loop_is_seen(window, tmp_path):
    """Phase, timers, tanks and batteries, decisions with the facts behind them: as they change, on a phone too."""
    loop = ("loop", "--state-dir", "state", "--profile", "drone-box", "--speedup", "5")
    with on_a_page(tmp_path, *loop) as address:
        page = window(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.page.goto(address)
        page.shows("#connection", "connected")
        page.page.click("#to-loop")
        page.shows("#loop", "Sortie 1, phase ")
        for words in (
            "overdue",
            "heartbeat",
            "charging energy",
            "depot battery",
            "BATT_A and BATT_B",
            "Decisions, the newest first",
        ):
            page.shows("#loop", words)
        assert page.page.locator("#loop meter").count() >= 3
        page.page.locator("#loop details summary").first.click()
        page.until("() => document.querySelector('#loop details[open] pre')?.textContent.startsWith('{')")
        first = page.page.inner_text("#loop")
        page.until("text => document.querySelector('#loop').innerText !== text", first)
        assert page.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        names = page.page.locator("#loop .bar span:first-child")
        assert names.evaluate_all("all => all.filter(name => name.scrollWidth > name.clientWidth).length") == 0
        page.page.evaluate("() => document.querySelector('#loop').scrollIntoView()")
        keep(page, tmp_path, "loop")
        assert not page.errors
