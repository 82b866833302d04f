"""Logs of ArduPilots of ten years: each is flown again, by what its kinds and columns were called then."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, Frame
from sortie.incident.build import build
from sortie.incident.evidence import Evidence, read_evidence
from sortie.incident.reader import read_recording
from sortie.incident.reproduce import reproduce
from sortie.reading.facts import Quantity
from tests.sortie.incident import older_logs as old
from tests.sortie.incident.older_logs import FIRMWARES, flight, older_log, told, written

FIRST, NAVEKF2, TWO_OF_THEM = (next(name for name in FIRMWARES if version in name) for version in ("3.1", "3.4", "4.0"))


def read(folder: Path, data: bytes) -> Evidence:
    (folder / "a.bin").write_bytes(data)
    return read_evidence(folder / "a.bin")


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_a_log_of_years_ago_tells_the_same_flight(firmware: str, tmp_path: Path) -> None:
    """Places, home, arming, modes, mission, signals, and a failsafe; an old log may have no time in its events, no POS,
    no frames, volts in hundredths, a compass each of its kind."""
    found = read(tmp_path, older_log(firmware))
    flown = list(flight())
    assert found.facts.cut == "" and found.facts.vehicle == firmware
    assert found.kind == ("plane" if "Plane" in firmware else "copter")
    assert [s.time_s for s in found.facts.samples] == pytest.approx([at_s for at_s, *_ in flown], abs=0.001)
    assert [s.height for s in found.facts.samples] == pytest.approx([-down for _, (_, _, down), _ in flown], abs=0.01)
    norths = [(s.lat - old.LAT) / old.METRE for s in found.facts.samples]
    assert norths == pytest.approx([north for _, (north, *_), _ in flown], abs=0.02)
    assert found.facts.home == GeoPoint(old.LAT, old.LON, old.ALT)
    assert found.flight_s == (pytest.approx(old.BOOT_S), pytest.approx(flown[-1][0]))
    assert [(m.name, m.wished) for m in found.modes] == [("AUTO", True), ("RTL", False)]
    assert [item.command for item in found.facts.items] == [22, *[16] * (len(old.CORNERS) - 1), 21]
    assert found.parameters["LAND_SPEED"] == 60.0 and found.errors == [(pytest.approx(70.0), 6, 1)]
    assert found.battery[-1][1:] == pytest.approx((12.0, 15.0))
    assert found.motors[-1][1:] == (1500, 1500, 1500, 1500)
    assert max(row[1] for row in found.barometer) == pytest.approx(old.HEIGHT, abs=0.1)
    assert {len(rows) for rows in (found.gps, found.compass, found.barometer)} == {len(flown)}
    assert found.facts.series[Quantity.PITCH][0][1] == 0.0


def test_one_compass_of_two_that_fails_is_no_loss_whatever_their_kinds_are_called(tmp_path: Path) -> None:
    healthy = {name: read(tmp_path, older_log(name)).compass[-1][1] for name in FIRMWARES}
    assert [name for name, share in healthy.items() if not share] == ["ArduCopter V4.1.5 (e02eb2a5)"]  # has one alone


def test_of_two_estimators_that_is_read_by_which_it_flew(tmp_path: Path) -> None:
    """AHRS_EKF_TYPE, if the log has that one."""
    rows = [(name, {**row, "VD": -9.0} if name == "XKF1" else row) for name, row in told(TWO_OF_THEM)]
    climbs = {}
    for chosen in (2.0, 3.0, 1.0):
        changed = [(n, {**row, "Value": chosen} if row.get("Name") == "AHRS_EKF_TYPE" else row) for n, row in rows]
        facts = read(tmp_path, written(FIRMWARES[TWO_OF_THEM], changed)).facts
        climbs[chosen] = {value for _, value in facts.series[Quantity.CLIMB]}
    assert (9.0 in climbs[2.0], climbs[3.0]) == (False, {9.0})
    assert climbs[1.0] == climbs[2.0] | climbs[3.0]  # neither is known to be it


def test_frames_that_no_log_told_are_taken_to_be_above_home_and_said(tmp_path: Path) -> None:
    """Before 2018; and parameters go by their names of then."""
    log = tmp_path / "a.bin"
    for firmware, told_then in ((NAVEKF2, False), (TWO_OF_THEM, True)):
        built = build(read(tmp_path, older_log(firmware)), log)
        assert built.plan is not None
        assert any("heights of the mission" in words for words in built.scenario.assumed) is not told_then
        assert built.scenario.params["FS_BATT_ENABLE"] == 2.0
    assert read(tmp_path, older_log(NAVEKF2)).facts.items[1].frame == Frame.MISSION


def test_a_log_of_2013_is_flown_again_and_shown(tmp_path: Path) -> None:
    """From one without an estimator, a place or a time of most of its messages."""
    log = tmp_path / "a.bin"
    log.write_bytes(older_log(FIRST))
    built, found = reproduce(log, tmp_path / "incident")
    assert found.notes == ()
    assert found.flown.facts.items[1].command == Cmd.NAV_WAYPOINT
    tops = [max(sample.height for sample in facts.samples) for facts in (found.log.facts, found.flown.facts)]
    assert tops[1] == pytest.approx(tops[0], abs=1.0)
    assert read_recording(log).messages.kinds
    assert built.scenario.happened.failsafes[0].mode == "RTL"
