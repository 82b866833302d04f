"""An incident flown again by its log: scenario, flight, test, what if; with logs of our own vehicle, whose faults the
reader finds as it does in others'."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autopilot.mav import VehicleType
from autopilot.mission.plan import parse_plan
from autopilot.vehicles.kinds import vehicle_class
from sortie.api.sample import sample
from sortie.api.session import Session
from sortie.commands.cli import run as main
from sortie.config.errors import UserError
from sortie.incident import fly_again
from sortie.incident.build import Builder
from sortie.incident.evidence import read_evidence
from sortie.incident.happened import differences
from sortie.incident.reader import read_recording
from sortie.incident.reproduce import reproduce
from sortie.incident.scenario import Failsafe, HappenedInFlight, Scenario, ScenarioFault, read_scenario
from sortie.incident.search import FlownOnce, search, usual_changes
from sortie.incident.signals import FoundFault
from sortie.reading.facts import Quantity
from sortie.reading.logs import read_log

PLAN = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t47.3769\t8.5417\t408\t1
1\t0\t3\t22\t0\t0\t0\t0\t47.3769\t8.5417\t10\t1
2\t0\t3\t16\t0\t0\t0\t0\t47.3778\t8.5417\t12\t1
3\t0\t3\t16\t0\t0\t0\t0\t47.3778\t8.5430\t12\t1
4\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""


def flown(folder: Path, *faults: str, **params: float) -> Path:
    """The log of a flight of the plan with these faults, s since boot."""
    home = "47.3769,8.5417,408,90"
    with Session(log_dir=folder / "logs", home=home, params={"WPNAV_SPEED": 600.0, **params}, faults=faults) as session:
        session.upload(parse_plan(PLAN))
        session.start()
        session.pass_until(lambda s: not s.state.armed, 200.0, 1.0)
        session.run_for(2.0)
    return folder / "logs"


@pytest.fixture(scope="module")
def sagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return flown(tmp_path_factory.mktemp("sagged"), "battery.low=2@20", BATT_FS_LOW_ACT=2.0)


def test_a_log_is_flown_again_and_ends_alike(sagged: Path, tmp_path: Path) -> None:
    built, found = reproduce(sagged, tmp_path / "incident")
    (fault,) = built.scenario.fault
    assert (fault.name, fault.value) == ("battery.low", pytest.approx(2.0, abs=0.2))
    (failsafe,) = found.happened.failsafes
    assert (failsafe.mode, failsafe.why) == ("RTL", "Battery Failsafe")
    assert found.same
    assert found.near == 1.0
    written = (tmp_path / "incident" / "scenario.toml").read_text()
    assert "WPNAV_SPEED = 600.0  # logged: PARM" in written
    assert "found: BAT: " in written
    assert read_scenario(tmp_path / "incident") == built.scenario  # what a person reads is what is flown


def test_what_ours_does_otherwise_is_told_of_a_log_of_others(sagged: Path) -> None:
    """It controls as ArduCopter does, without noise, and lands as fast as the logged one did."""
    found = read_evidence(sagged)
    assert not {"SIM_DRAG_FEED", "LAND_SPEED"} & set(Builder(found, sagged).build().scenario.params)
    found.ours = False
    down_s = next(s.time_s for s in reversed(found.facts.samples) if s.height > 5.0)
    found.facts.samples = [
        replace(s, height=max(5.0 - 1.5 * (s.time_s - down_s), 0.0)) if s.time_s > down_s else s
        for s in found.facts.samples
    ]
    built = Builder(found, sagged).build()
    theirs = {name: built.scenario.params[name] for name in ("SIM_DRAG_FEED", "FM_CUT_TILT", "SIM_GPS_NOISE")}
    assert set(theirs.values()) == {0.0}
    assert built.scenario.params["LAND_SPEED"] == pytest.approx(150.0, abs=5.0)
    assert "1.5 m/s" in str(built.origins["params.LAND_SPEED"])


def test_a_quadplane_is_flown_again_as_one(tmp_path: Path) -> None:
    """Its log says ArduPlane; a transition to the wings draws the voltage down for a second, which is no fault."""
    logs = tmp_path / "logs"
    with Session(vehicle="sim:quadplane", log_dir=logs) as session:
        session.upload(sample(vehicle_class("quadplane"), session.spec.home))
        session.start()
        session.pass_until(lambda s: not s.state.armed, 400.0, 1.0)
    built, found = reproduce(logs, tmp_path / "incident")
    assert (built.scenario.vehicle, built.scenario.fault) == ("sim:quadplane", ())
    assert found.same and max(metres for _, metres in found.found.distance) < 12.0  # 0.4 s on its wings
    assert read_recording(logs).vehicle == VehicleType.VTOL_QUADROTOR


def test_the_written_test_fails_as_long_as_it_happens(
    sagged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], sortie_vehicles: object
) -> None:
    """By the command, then by what the file calls; without the fault it does not happen."""
    folder = tmp_path / "incident"
    assert main(["reproduce", str(sagged), "--out", str(folder), "--json", "--without", "battery.low"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["again"] and told["missing"] == []
    assert told["changed"]["what"] == "without battery.low" and told["changed"]["happened"]["failsafes"] == []
    for page in ("incident.html", "changed.html"):
        assert (folder / page).read_text().count("<svg") > 5
    compile((folder / "test_incident.py").read_text(), "test_incident.py", "exec")
    flight = fly_again(folder, sortie_vehicles)  # type: ignore[arg-type]
    assert flight.missing == []
    assert [failsafe.mode for failsafe in flight.failsafes] == ["RTL"]


def test_which_change_avoids_it(sagged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that avoid it come first; a scenario that was written is flown without its log being read anew."""
    folder = tmp_path / "incident"
    assert main(["reproduce", str(sagged), "--out", str(folder)]) == 0
    capsys.readouterr()
    words = ["--change", "BATT_FS_LOW_ACT=2", "--change", "BATT_LOW_VOLT=9", "--change", "NO_SUCH=1"]
    assert main(["reproduce", str(folder), "--search", "failsafe", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in lines[-4:]] == [
        "avoids the failsafe: BATT_LOW_VOLT=9: in 0 of 5",
        "keeps the failsafe: no change: in 5 of 5",
        "keeps the failsafe: BATT_FS_LOW_ACT=2: in 5 of 5",
        "does not fly: NO_SUCH=1",
    ]
    assert main(["reproduce", str(folder), "--search", "crash"]) == 1  # nothing crashed
    assert main(["reproduce", str(folder), "--change", "wind"]) == 2
    capsys.readouterr()
    assert main(["reproduce", str(folder), "--without", "gps.loss"]) == 2
    told = capsys.readouterr().err
    assert told == "sortie: --without gps.loss: the incident has no such fault; its faults are battery.low\n"


def test_of_changes_the_one_with_the_fewest_crashes_comes_first(
    sagged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five seeds of each, by the change: it crashes in as many as this says; what crashes in one is not avoided."""
    crashes = {"LAND_SPEED=40": 3, "LAND_SPEED=50": 1, "LAND_SPEED=60": 0, "no change": 4}
    names = {scenario: change for change, scenario in zip(crashes, (40.0, 50.0, 60.0, None), strict=True)}

    def fly(scenario: Scenario, folder: Path, criterion: str) -> FlownOnce:
        change = names[scenario.params.get("LAND_SPEED")]
        return FlownOnce(scenario.seed - first.seed < crashes[change], change)

    monkeypatch.setattr("sortie.incident.search.fly_once", fly)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    _, found = reproduce(sagged, tmp_path)
    first = found.scenario
    found = replace(found, happened=HappenedInFlight(crashed=True))
    tried = search(found, tmp_path, "crash", ("LAND_SPEED=40", "LAND_SPEED=50", "LAND_SPEED=60"))
    assert [(one.change, one.happened, one.flights, one.avoids) for one in tried] == [
        ("LAND_SPEED=60", 0, 5, True),
        ("LAND_SPEED=50", 1, 5, False),
        ("LAND_SPEED=40", 3, 5, False),
        ("no change", 4, 5, False),
    ]


@pytest.mark.parametrize(
    ("firmware", "params", "has", "has_not"),
    [
        ("ardupilot", {"WPNAV_SPEED": 800.0, "SIM_WIND_SPD": 3.0}, {"WPNAV_SPEED=400", "wind=0"}, {"WP_SPEED=1"}),
        ("px4", {"MPC_XY_CRUISE": 8.0}, {"MPC_XY_CRUISE=4", "without gps.loss"}, {"wind=0", "ANGLE_MAX=2000"}),
    ],
)
def test_the_usual_changes_are_of_what_the_vehicle_has(
    firmware: str, params: dict[str, float], has: set[str], has_not: set[str]
) -> None:
    fault = ScenarioFault("gps.loss", 10.0)
    scenario = Scenario("a.bin", "sim:copter", "0,0,0,0", 60.0, firmware, params=params, fault=(fault,))
    changes = set(usual_changes(scenario))
    assert has <= changes and not has_not & changes


def test_a_changed_line_that_makes_no_sense_is_named(sagged: Path, tmp_path: Path) -> None:
    reproduce(sagged, tmp_path)
    file = tmp_path / "scenario.toml"
    file.write_text(file.read_text().replace("lasts_s", "lasts"))
    with pytest.raises(UserError, match=r"scenario.toml: .*lasts"):
        read_scenario(tmp_path)


def test_differences_are_told_in_words() -> None:
    """Times count from liftoff: a vehicle that waits longer on the ground does the same."""
    wanted = HappenedInFlight(failsafes=(Failsafe(30.0, "RTL", "Battery Failsafe"),), liftoff_s=4.0)
    assert differences(wanted, HappenedInFlight(failsafes=(Failsafe(27.5, "RTL", "x"),), liftoff_s=1.5)) == []
    assert differences(wanted, HappenedInFlight(failsafes=(Failsafe(27.5, "RTL", "x"),), liftoff_s=4.0)) != []
    assert differences(wanted, HappenedInFlight(liftoff_s=4.0)) == [
        "log: failsafe RTL at 30.0 s (Battery Failsafe); new flight: none"
    ]
    assert differences(HappenedInFlight(), HappenedInFlight(crashed=True)) == ["only the new flight has a crash"]


def test_a_log_that_never_armed_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Session(log_dir=tmp_path / "logs") as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.run_for(3.0)
        session.disarm(force=True)
        session.run_for(2.0)
    log = next((tmp_path / "logs").rglob("flight.bin"))
    assert read_log(log).armed
    data = log.read_bytes()
    for cut in (3, 89, 500, 2000, len(data) // 20):
        (tmp_path / "cut.bin").write_bytes(data[:cut])
        assert main(["reproduce", str(tmp_path / "cut.bin"), "--out", str(tmp_path / "out")]) == 2
        told = capsys.readouterr().err.strip().splitlines()[-1]
        assert told.startswith("sortie: ") and "cut.bin" in told


def test_a_log_that_ends_in_flight_blames_no_fault_for_its_end(sagged: Path, tmp_path: Path) -> None:
    """Where they agree until then: a fault of a minute before was named as the cause."""
    log = tmp_path / "flight.bin"
    whole = next(sagged.rglob("flight.bin")).read_bytes()
    log.write_bytes(whole[: len(whole) * 3 // 4])
    _, found = reproduce(log, tmp_path / "incident")
    assert "ends in flight" in found.found.first
    assert (found.near, found.cause) == (1.0, "They agree for as long as both last.")


@pytest.mark.parametrize("name", ["accel.garbage", "compass.wrong"])
def test_what_the_estimator_may_refuse_is_flown_where_it_minded_it(sagged: Path, name: str) -> None:
    """Else it is said that it did nothing: ours would lose its position where theirs went on."""
    found = read_evidence(sagged)
    begin_s = found.flight_s[0]
    shaken = FoundFault(name, begin_s + 10.0, None, "why")
    ratios = found.facts.series[Quantity.ESTIMATE] = [(begin_s + 5.0, 3.0), (begin_s + 12.0, 0.2)]
    builder = Builder(found, sagged)
    assert builder.flown_faults([shaken]) == []
    assert any(name in line and "0.20" in line for line in builder.assumed)
    ratios.append((begin_s + 13.0, 1.4))
    (flown_again,) = Builder(found, sagged).flown_faults([shaken])
    assert (flown_again.name, flown_again.from_s) == (name, 10.0)


def test_a_change_by_an_amount_counts_from_the_value_that_is_flown() -> None:
    """That of the scenario, else the default of its vehicle: +20 of a fence that no line names was one at 20 m."""
    scenario = Scenario("a.bin", "sim:copter", "47,8,400,0", 60.0, params={"RTL_ALT": 3000.0})
    changed = scenario.changed({"RTL_ALT": "+500", "FENCE_ALT_MAX": "+20", "ANGLE_MAX": "2000"})
    assert changed.params == {"RTL_ALT": 3500.0, "FENCE_ALT_MAX": 120.0, "ANGLE_MAX": 2000.0}
