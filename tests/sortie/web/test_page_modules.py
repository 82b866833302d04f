"""What the page's modules make of facts, in Node."""

from __future__ import annotations

import json

import pytest

from tests.fakes.page_modules import PAGE, of_page


@pytest.mark.parametrize(("percent", "grade"), [(None, ""), (10, "bad"), (30, "look"), (90, "")])
def test_a_charge_that_nobody_measures_is_not_low(percent, grade):
    """null < 20 is true in JavaScript: a vehicle without a battery monitor was red, with an exclamation mark."""
    assert of_page("card.js", "charge", f"charge({{ battery_percent: {json.dumps(percent)} }})") == grade


@pytest.mark.parametrize(
    ("flies", "modes", "mode"),
    [
        (True, ["RTL", "LAND"], "LAND"),
        (True, ["Land", "Return"], "Land"),
        (True, ["QLAND", "QRTL", "RTL"], "QLAND"),
        (True, ["AUTOLAND", "RTL"], "AUTOLAND"),
        (False, ["HOLD", "RTL"], "HOLD"),
    ],
)
def test_land_is_the_mode_by_which_the_kind_lands(flies, modes, mode):
    """An ArduPlane has no LAND: its button was always refused."""
    card = json.dumps({"v": {"system": 1, "flies": flies}, "modes": {"1": modes}})
    asked = f"Card.prototype.act.call({{ ...{card}, ask: (ask, more) => more.mode }}, 'land')"
    assert of_page("card.js", "Card", f"await {asked}") == mode


def test_a_track_begins_where_the_vehicle_knew_its_place():
    """Before a fix it says 0, 0: a page that was opened later had a line from the Gulf of Guinea."""
    history = "[[0, 0], [null, null], [47, 8], [47.1, 8]]"
    view = "Object.assign(Object.create(MapView.prototype), { tracks: new Map() })"
    assert of_page("map.js", "MapView", f"(v => (v.before(1, {history}), v.tracks.get(1)))({view})") == [
        [47, 8],
        [47.1, 8],
    ]


def test_curves_begin_anew_when_the_server_does():
    """Its clock begins at 0: the new values stood before the old ones, and the curves at their end."""
    charts = "Object.assign(Object.create(Charts.prototype), { rows: new Map() })"
    add = "for (const time_s of [700, 701, 1, 2]) c.add(1, { time_s })"
    shown = of_page("charts.js", "Charts", f"(c => {{ {add}; return c.rows.get(1); }})({charts})")
    assert shown == [{"time_s": 1}, {"time_s": 2}]


def test_a_field_that_was_emptied_sets_nothing():
    """Number('') is 0 in JavaScript: a parameter became 0, and "Change height" flew to the ground."""
    script = """(async () => {
      const made = [], asked = [];
      globalThis.document = { createElement: name => {
        const element = { name, on: {}, append() {}, setAttribute() {} };
        element.addEventListener = (kind, act) => { element.on[kind] = act; };
        made.push(element);
        return element;
      } };
      const line = { ask: async (...words) => { asked.push(words); return { ok: true }; } };
      const tabs = Object.assign(Object.create(Tabs.prototype), { control: true, chosen_: () => 1, tell() {}, line });
      tabs.parameter({ name: 'RTL_ALT', value: 1500, type: 9 }, false);
      const input = made.find(element => element.name === 'input');
      input.value = '';
      await input.on.change();
      return [asked.length, input.value];
    })()"""
    assert of_page("tabs.js", "Tabs", f"await {script}") == [0, 1500]
    page = (PAGE / "index.html").read_text()
    for name in ("mark-height", "takeoff-height", "change-value"):
        assert f'<input id="{name}" type="number" required' in page, name


@pytest.mark.parametrize(
    ("what", "required"), [("mission", [True, False]), ("survey", [True, True]), ("fence", [False, False])]
)
def test_a_drawn_plan_has_a_height(what, required):
    """An emptied field was a plan at 0 m; one that is hidden must not hold the upload up."""
    script = f"""(() => {{
      const parts = {{}};
      globalThis.document = {{ querySelector: name => parts[name] ??= {{}} }};
      Draw.prototype.show.call({{ what: '{what}', map: {{ drawn: [], draw() {{}} }} }});
      return [parts['#draw-height'].required, parts['#draw-apart'].required];
    }})()"""
    assert of_page("draw.js", "Draw", script) == required
