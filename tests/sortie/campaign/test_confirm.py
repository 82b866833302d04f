"""The same question to a flight controller: what is asked of it, how both flights are laid on each other, and a real
child process that answers (the stand-in, or ArduPilot SITL with ARDUPILOT_SITL)."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from tests.fakes.extras import needs

needs("campaign", "pyarrow", "scipy")

from autopilot.context.events import Event
from mavlink_bridge.clients.parameters import ParameterOutcome
from sortie.assembly.program import Program
from sortie.campaign.confirm import (
    SitlFault,
    began_at,
    check_confirmable,
    confirmed,
    controller_params,
    laid_on,
    strikes,
)
from sortie.campaign.flown import FlownRun, fly_run, identity
from sortie.campaign.folder import Folder
from sortie.campaign.study import Study
from sortie.commands.campaign_confirm import _Strikes
from sortie.commands.cli import run as main
from sortie.commands.flying import FlightRound, fly_round
from sortie.commands.progress import Progress
from sortie.config.errors import UserError
from sortie.config.values import parse_vehicle
from sortie.runtime.runtime import Runtime
from tests.fakes.controller_program import copter_binary

ROOT = Path(__file__).parents[3]
PLAN = """QGC WPL 110
0	1	0	16	0	0	0	0	-35.363261	149.165230	584	1
1	0	3	22	0	0	0	0	0	0	8	1
2	0	3	16	0	0	0	0	-35.363081	149.165230	8	1
3	0	3	20	0	0	0	0	0	0	0	1
"""
TEXT = """
plan = "short.waypoints"
limit_s = 200
faults = ["{fault}"]
[params]
WPNAV_SPEED = 500
[vary]
fault = { choice = ["", "gps.loss@30..40"] }
[sample]
runs = 4
[judge]
done = "eventually(complete > 0)"
low = "always(height < 18)"
never_high = "always(height < 4)"
softly = "always(touchdown < 3)"
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "short.waypoints").write_text(PLAN)
    (tmp_path / "study.toml").write_text(TEXT)
    return Study.read(tmp_path / "study.toml")


def test_faults_come_as_long_after_liftoff_as_ours_and_parameters_at_boot(study: Study) -> None:
    spec = study.planned(0, {"fault": "gps.loss@30..40"}).spec
    assert strikes(spec, 12.0) == [
        SitlFault(18.0, "gps.loss", (("SIM_GPS_DISABLE", 1.0), ("SIM_GPS1_ENABLE", 0.0))),
        SitlFault(28.0, "gps.loss", (("SIM_GPS_DISABLE", 0.0), ("SIM_GPS1_ENABLE", 1.0))),
    ]
    assert controller_params(spec) == {"WPNAV_SPEED": 500.0, "SIM_WIND_T": 1.0}  # our wind is the same at all heights
    with pytest.raises(UserError, match=r"fault motor1.loss@30: ArduPilot SITL has gps.loss, baro.loss"):
        strikes(replace(spec, fault=("motor1.loss@30",)), 12.0)


@pytest.mark.parametrize("outcome", [ParameterOutcome.ACCEPTED, ParameterOutcome.TIMEOUT, ParameterOutcome.REFUSED])
def test_a_fault_that_the_controller_did_not_take_is_no_answer(outcome: ParameterOutcome) -> None:
    """Of two names one is enough; both are asked for once, as long after liftoff as the fault is due."""
    facts, asked = SimpleNamespace(armed=False, landed=True), list[tuple[str, float]]()

    def write(name: str, value: float) -> SimpleNamespace:
        asked.append((name, value))
        return SimpleNamespace(outcome=outcome if name == "SIM_GPS1_ENABLE" else ParameterOutcome.TIMEOUT)

    due = SitlFault(2.0, "gps.loss", (("SIM_GPS_DISABLE", 1.0), ("SIM_GPS1_ENABLE", 0.0)))
    struck = _Strikes(SimpleNamespace(autopilot=SimpleNamespace(facts=facts)), [due], write, flies=True)
    for now_ms in (0, 7_000, 9_900, 10_000, 11_900, 12_000, 12_100):
        facts.armed, facts.landed = now_ms >= 7_000, now_ms < 10_000
        struck.observe([], now_ms)
        assert bool(asked) == (now_ms >= 12_000)
    assert asked == list(due.params)
    if outcome is ParameterOutcome.ACCEPTED:
        struck.check()
        return
    with pytest.raises(UserError, match=r"fault gps\.loss: the controller did not set SIM_GPS_DISABLE or SIM_GPS1"):
        struck.check()


def test_flights_are_laid_on_each_other_at_liftoff() -> None:
    """Theirs lifted off after 30 s, in samples that are not even; ours after 2 s. What drives has arming for it."""
    time = np.array([0.0, 10.0, 29.9, 30.0, 30.3, 31.05])
    armed, landed = (time >= 10.0).astype(float), (time < 30.0).astype(float)
    theirs = {"time": time, "armed": armed, "landed": landed, "north": time}
    laid = laid_on(theirs, 2.0, flies=True)
    assert began_at(laid, flies=True) == pytest.approx(2.0)
    assert list(laid["time"]) == pytest.approx([0.2 * k for k in range(16)])
    assert list(laid["north"][-6:]) == [30.0, 30.0, 30.3, 30.3, 30.3, 30.3]
    assert began_at(theirs, flies=False) == 10.0
    with pytest.raises(UserError, match="never left the ground"):
        began_at(theirs | {"landed": np.ones(6)}, flies=True)
    with pytest.raises(UserError, match="never armed"):
        began_at(theirs | {"armed": np.zeros(6)}, flies=True)


def test_a_judge_agrees_differs_or_is_not_told(study: Study) -> None:
    given = {"fault": ""}
    ours = fly_run(study, 0, given)
    higher = dict(ours.signals) | {"height": np.asarray(ours.signals["height"], float) + 6.0}
    found = confirmed(study, given, ours, higher | {"touchdown": np.full(len(higher["time"]), np.nan)}, "completed")
    assert {name: one.verdict for name, one in found.judges.items()} == {
        "done": "agrees",
        "low": "differs",
        "never_high": "agrees",
        "softly": "not told",
    }
    assert not found.agrees
    assert found.apart_m == (0.0, 0.0)


def test_what_cannot_be_asked_is_told(study: Study, tmp_path: Path, capsys) -> None:
    with Folder(tmp_path / "out", study, identity()) as folder:
        folder.add([fly_run(study, 0, {"fault": ""})])
    assert main(["campaign", "confirm", str(tmp_path / "out"), "0", "--vehicle", "sim:copter"]) == 2
    assert "expected ardupilot:copter=BINARY" in capsys.readouterr().err
    assert main(["campaign", "confirm", str(tmp_path / "out"), "0"]) == 2
    assert "give the firmware that flies: --vehicle ardupilot:copter=BINARY" in capsys.readouterr().err
    assert main(["campaign", "confirm", str(tmp_path / "out"), "x", "--vehicle", "sim:copter"]) == 2
    assert "RUN x: expected a whole number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("vehicle", "sim:plane", "--vehicle ardupilot:copter=sitl: the study flies sim:plane as ardupilot, which"),
        ("firmware", "px4", "the study flies sim:copter as px4, which this is not"),
        ("traffic", "sky.toml", "traffic: a flight controller is asked about one vehicle that flies its plan alone"),
        ("client", "fly", "client: a flight controller is asked about one vehicle"),
    ],
)
def test_a_sitl_is_asked_only_of_what_it_flies(study: Study, key: str, value: str, told: str) -> None:
    other = msgspec.structs.replace(study, file=msgspec.structs.replace(study.file, **{key: value}))
    check_confirmable(study, parse_vehicle("ardupilot:copter=sitl"))
    with pytest.raises(UserError, match=told):
        check_confirmable(other, parse_vehicle("ardupilot:copter=sitl"))


def test_a_child_process_is_asked_and_both_tracks_are_kept(study: Study, tmp_path: Path, capsys) -> None:
    """It flies what ours flew; judged is where its simulator says that it is, beside which its estimate errs."""
    out = tmp_path / "out"
    flown = fly_run(study, 0, {"fault": ""})
    with Folder(out, study, identity()) as folder:
        folder.add([FlownRun(flown.row, {})])
    command = ["campaign", "confirm", str(out), "0", "--vehicle", f"ardupilot:copter={copter_binary()}"]
    assert main([*command, "--speedup", "8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    verdicts = {name: one["verdict"] for name, one in told["judges"].items()}
    assert verdicts == {"done": "agrees", "low": "agrees", "never_high": "agrees", "softly": "not told"}
    assert (told["agrees"], told["results"]) == (True, ["completed", "completed"])
    assert told["apart_m"][0] < 10.0
    kept = out / "confirmed" / "0"
    page = (kept / "tracks.html").read_text()
    assert [page.count(f'class="track run{k}"') for k in range(3)] == [1, 1, 0]
    assert page.count('class="plan"') == 1
    assert {one.name for one in kept.glob("*.parquet")} == {"ours.parquet", "theirs.parquet"}
    from pyarrow.parquet import read_table

    error = np.array(read_table(kept / "theirs.parquet")["estimate_error"])
    assert 0.01 < error.max() < 5.0


def test_a_flight_that_is_stopped_is_no_answer(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while the controller flies: status 130 and no verdict, nothing kept as one."""
    out = tmp_path / "out"
    with Folder(out, study, identity()) as folder:
        folder.add([FlownRun(fly_run(study, 0, {"fault": ""}).row, {})])

    def interrupted(run: Program, runtime: Runtime, progress: Progress) -> FlightRound:
        def press(_: list[Event], now_ms: int) -> None:
            if run.service.autopilot.facts.armed:
                os.kill(os.getpid(), signal.SIGINT)

        run.service.observers.append(press)
        return fly_round(run, runtime, progress)

    monkeypatch.setattr("sortie.commands.campaign_confirm.fly_round", interrupted)
    command = ["campaign", "confirm", str(out), "0", "--vehicle", f"ardupilot:copter={copter_binary()}"]
    assert main([*command, "--speedup", "8"]) == 130
    told = capsys.readouterr()
    assert told.out == ""
    assert "sortie: stopped before the end of the flight; nothing was compared" in told.err
    assert not (out / "confirmed" / "0" / "tracks.html").exists()
