"""Twelve changes that maintainers get, each with the product files that it touches: four at
most, a kind of vehicle eight.

Those of `PLANTED` are made in one copy of the packages, and each is seen to act there. Those of `DESCRIBED` are
too long for that: their files are held to exist.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
PACKAGES = ("sortie", "depot", "mavlink_bridge", "sitl", "autopilot")
MOST, MOST_OF_A_KIND = 4, 8


class Change(NamedTuple):
    """`files`: of each, lines that stand in it once, each with what is put before it; `acts`: shows the effect."""

    files: Mapping[str, tuple[str, ...]]
    acts: str


SESSION = "from sortie import Session\n"
PLANTED = {
    "a NAV command": Change(
        {
            "autopilot/mav/commands.py": ("    NAV_DELAY = 93", "    NAV_REST = 91\n"),
            "autopilot/mission/commands.json": (
                '  {"command": "NAV_LOITER_TIME"',
                '  {"command": "NAV_REST", "name": "Rest", "slot": "NAV", "needs": "ANY"},\n',
            ),
            "autopilot/modes/auto_nav.py": (
                "    Cmd.NAV_DELAY: _delay,",
                "    Cmd.NAV_REST: lambda tools, item: WaitUntil(\n"
                "        tools.context, tools.context.facts.now_ms + int(item.param1 * 1000.0),\n"
                "        tools.heading.for_hold()\n"
                "    ),\n",
            ),
        },
        SESSION
        + """
from autopilot.mission.events import ItemReached
from autopilot.mission.items import MissionItem
with Session() as session:
    session.upload([MissionItem(22, z=10.0), MissionItem(91, param1=20.0), MissionItem(21)])
    session.wait_armable()
    session.go()
    at_s = {}
    def reached(session):
        at_s.update({e.event.seq: e.time_s for e in session.events if isinstance(e.event, ItemReached)})
        return len(at_s) == 3
    session.run_until(reached, 120.0)
first, second, _ = sorted(at_s.values())
assert 20.0 <= second - first < 21.0, at_s
""",
    ),
    "a flight mode": Change(
        {
            "autopilot/vehicles/mode_table.py": (
                '        ModeSpec(_C.BRAKE, "BRAKE"',
                '        ModeSpec(_C.FLOWHOLD, "FLOWHOLD", position=True, arming=True, flown=_F.WAITING),\n',
                '    CIRCLE_FLYING = "round a point, through the air"',
                '    WAITING = "stays where it was entered"\n',
            ),
            "autopilot/modes/build.py": (
                "    ModeKind.STAY: lambda",
                "    ModeKind.WAITING: lambda p, spec: StopMode(p.context, spec),\n",
            ),
        },
        SESSION
        + """
with Session() as session:
    session.run_for(30.0)
    session.set_mode("FLOWHOLD")
    assert session.autopilot.modes.number == 22
""",
    ),
    "a failsafe": Change(
        {
            "autopilot/context/personality.py": ('    TERRAIN = "Terrain"', '    SMOKE = "Smoke"\n'),
            "autopilot/safety/failsafe_actions.py": (
                "    FailsafeCause.TERRAIN: Record(",
                "    FailsafeCause.SMOKE: Record(ModeReason.FAILSAFE, ArmingMethod.FAILSAFE_TERMINATE),\n",
            ),
            "autopilot/safety/failsafes.py": (
                "    def terrain_lost(self, now_ms: int) -> None:",
                "    def smoke_smelt(self, now_ms: int) -> None:\n"
                "        self._facts.personality.failsafes.fail(FailsafeCause.SMOKE, FailsafeAction.LAND, now_ms)\n\n",
            ),
        },
        SESSION
        + """
with Session() as session:
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(10.0)
    session.run_for(10.0)
    session.autopilot.failsafes.smoke_smelt(session.service.now_ms)
    session.run_for(1.0)
    assert session.autopilot.modes.spec.name == "LAND"
""",
    ),
    "a requested message": Change(
        {
            "mavlink_bridge/services/telemetry/service.py": (
                "        elif msg_id == _GPS_GLOBAL_ORIGIN:",
                '        elif msg_id == id_of("DEBUG"):\n'
                "            message = dialect.MAVLink_debug_message(0, 1, 42.0)\n",
            )
        },
        SESSION
        + """
from mavlink_bridge.clients import Target
from mavlink_bridge.clients.command import command_long
from mavlink_bridge.wire.codec import id_of
with Session() as session:
    station = session.connect()
    station.ask(command_long(Target(), 512, id_of("DEBUG")))
    assert station.receive("DEBUG").value == 42.0
""",
    ),
    "a campaign signal": Change(
        {
            "sortie/campaign/signals.py": (
                '    "climb": "m/s",  # upward',
                '    "double": "m",  # twice the height\n',
                '            "climb": lambda: -column(R.TRUE_VD, R.VD),',
                '            "double": lambda: -2.0 * column(R.TRUE_D, R.DOWN),\n',
            )
        },
        SESSION
        + """
from autopilot.mission.plan import Plan
from sortie.campaign.signals import NUMBERS, Recorder
with Session() as session:
    recorder = Recorder(session, Plan(None, (), (), ()))
    session.run_for(2.0)
    signals = recorder.signals()
    assert "double" in NUMBERS and list(signals["double"]) == list(2.0 * signals["height"])
""",
    ),
    "a radio": Change(
        {
            "mavlink_bridge/links/radio/profiles.py": (
                '        "usb", "USB cable"',
                '        "pigeon", "Carrier pigeon", _duplex(10.0), "RFC 1149", latency_ms=60_000.0,\n'
                "    ),\n    RadioProfile(\n",
            )
        },
        """
from sortie.config.radio import radio_profile
assert radio_profile("pigeon").latency_ms == 60_000.0
""",
    ),
    "a logged field": Change(
        {
            "sortie/logs/dataflash_kinds.json": ('  [64, "ATT"', '  [199, "ODD", "Qf", "TimeUS,Deci", "s-", "F-"],\n'),
            "sortie/logs/dataflash_columns.py": ('    "BAT": {', '    "ODD": {"Deci": _plain(R.BATT_V, 10.0)},\n'),
        },
        """
from sortie.logs import dataflash_columns, dataflash_kinds
assert "ODD" in dataflash_columns.SOURCES and "ODD" in dataflash_kinds.SAMPLES
""",
    ),
    "a pre-arm check": Change(
        {
            "autopilot/safety/checks.py": (
                "        for check in settings.checks:",
                '        if self.facts.param("SIM_WIND_SPD") > 50.0:\n'
                '            reasons.append(ArmingReason("It storms"))\n',
            )
        },
        SESSION
        + """
with Session(params={"SIM_WIND_SPD": 60.0}) as session:
    session.run_for(30.0)
    assert any(reason.text == "It storms" for reason in session.autopilot.prearm.reasons())
""",
    ),
    "a rehearsal rule": Change(
        {
            "autopilot/rehearsal/rules.json": (
                '  {"name": "battery"',
                '  {"name": "too-short", "severity": "warning", "what": "A plan of one item.", "mend": "add items"},\n',
            ),
            "autopilot/rehearsal/rules.py": (
                "CHECKS: Final[tuple[Check, ...]] = (",
                "def _short(q: RuleQuestion) -> Iterator[Finding]:\n"
                "    if len(q.plan.items) == 1:\n"
                '        yield found("too-short", "one item", 1)\n\n\n',
                "    _fence, _limits, _rally,",
                "    _short,\n",
            ),
        },
        SESSION
        + """
from autopilot.context.events import StatusText
from autopilot.mission.items import MissionItem
with Session(params={"SRT_REHEARSE": 1.0}) as session:
    session.run_for(30.0)
    session.upload([MissionItem(22, z=10.0)])
    session.run_for(2.0)
    assert any("one item" in getattr(entry.event, "text", "") for entry in session.events)
""",
    ),
}
PLANTED["a run option"] = Change(
    {
        "sortie/config/settings.py": (
            "    firmware = Setting(",
            '    livery = Setting(\n        "livery", one_of("plain", "striped"), "plain", "How it is painted.",\n'
            "        group=Group.VEHICLE,\n    )\n",
        ),
        "sortie/config/vehicle_spec.py": ("    firmware: str =", "    livery: str = Settings.livery.default\n"),
    },
    """
from contextlib import ExitStack
from pathlib import Path
import sortie.config.settings
from sortie import Session
from sortie.assembly.program import Program
from sortie.commands.cli import application
from sortie.config.given import GivenOptions, resolve
from sortie.config.settings import Settings
from sortie.assembly.program import specs_of

def flags(*words):
    context = application().commands["serve"].make_context("serve", list(words))
    return {key: value for key, value in context.params.items() if value is not None and value != ()}

def painted(specs):
    return {spec.livery for spec in specs}

striped = ("--livery", "striped")
assert painted(specs_of(resolve({}, None, {}))) == {"plain"}
for said in (resolve(flags(*striped), None, {}), resolve({}, None, {"SORTIE_LIVERY": "striped"}),
             resolve({}, Path("run.toml"), {})):
    assert said.livery == "striped"
    (alone,) = specs_of(said)
    many = specs_of(said.replaced(count=1000, networks=4))
    assert (alone.livery, painted(many), len(many)) == ("striped", {"striped"}, 1000)
first, *others = specs_of(resolve({**flags("--fleet", "fleet.toml"), **flags(*striped)}, None, {}))
assert (first.livery, painted(others)) == ("plain", {"striped"})
folders = {"state_dir": Path("state"), "log_dir": Path("logs"), "link": ()}
for count in (None, 3):
    settings = resolve(flags(*striped), None, {}).replaced(count=count, **folders)
    with Program(settings, specs_of(settings)) as run:
        assert painted(run.vehicles.specs) == {"striped"}
with Session(many[1]) as session:
    assert (session.spec.livery, session.spec.alone) == ("striped", True)
""",
)
DESCRIBED = {
    "a web button": (
        "sortie/web/requests.py", "sortie/web/orders.py", "sortie/web/page/index.html", "sortie/web/page/app.js",
    ),
}  # fmt: skip
RUNNER = """
import json, sys, traceback
told = {}
for name, script in json.load(sys.stdin).items():
    try:
        exec(compile(script, name, "exec"), {})
        told[name] = ""
    except Exception:
        told[name] = traceback.format_exc()
json.dump(told, open("told.json", "w"))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The errors of each change, empty where it acts, with all of them planted in one copy."""
    copy = tmp_path_factory.mktemp("planted")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for change in PLANTED.values():
        for name, plants in change.files.items():
            text = (copy / name).read_text(encoding="utf-8")
            for line, planted in zip(plants[::2], plants[1::2], strict=True):
                assert text.count(f"\n{line}") == 1, (name, line)
                text = text.replace(f"\n{line}", f"\n{planted}{line}")
            (copy / name).write_text(text, encoding="utf-8")
    (copy / "run.toml").write_text('livery = "striped"\n')
    (copy / "fleet.toml").write_text("[[vehicle]]\nlivery = 'plain'\n[[vehicle]]\ncount = 3\n")
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps({name: change.acts for name, change in PLANTED.items()}),
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, str] = json.loads((copy / "told.json").read_text())
    return answers


@pytest.mark.parametrize("change", PLANTED)
def test_a_planted_change_acts(change: str, told: Mapping[str, str]) -> None:
    assert told[change] == ""


def test_a_change_that_is_left_out_does_not_act() -> None:
    """The scripts look at what is planted: here, without it, one of them fails."""
    with pytest.raises(Exception, match="pigeon"):
        exec(PLANTED["a radio"].acts, {})


@pytest.mark.parametrize("change", [*PLANTED, *DESCRIBED])
def test_a_change_touches_four_product_files_at_most(change: str) -> None:
    files = tuple(PLANTED[change].files) if change in PLANTED else DESCRIBED[change]
    assert 1 <= len(files) <= MOST and all((ROOT / name).is_file() for name in files)


def test_a_kind_of_vehicle_touches_eight_product_files_at_most() -> None:
    """Those of the table in docs/architecture.md, which exist or are new in a folder that does."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([^|]*`[^|]+) \|", page.partition("## What a new kind of vehicle needs")[2].partition("\n## ")[0], re.M
    )
    assert 4 < len(rows) <= MOST_OF_A_KIND
    assert all((ROOT / re.findall(r"`([^`]+)`", row)[0]).exists() for row in rows)
