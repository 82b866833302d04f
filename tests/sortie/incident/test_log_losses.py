"""What a log lost is no fault: a logger that drops messages, a gap of the log, a home without a height."""

from __future__ import annotations

import pytest

from sortie.incident.diagnosis import diagnose
from sortie.incident.evidence import Evidence, LoggedMode
from sortie.incident.happened import happened_in, rests_from
from sortie.reading.facts import FlightFacts, Quantity, Sample
from sortie.reading.logs import LogForm

Row = tuple[float, ...]


def drive(*, kept: float = 1.0, silent: tuple[float, float] = (0.0, 0.0), dropped: float = 0.0) -> Evidence:
    """100 s of a rover's log at 5 m/s, of whose messages the logger kept a share, and whose GPS was silent."""
    facts = FlightFacts(name="made")
    facts.arm(0.0, True)
    facts.samples.extend(Sample(at / 10.0, 47.0, 8.0, 583.0, 5.0, 12.0, 80.0) for at in range(1000))
    every = round(1.0 / kept)
    rows: list[Row] = [(at / 10.0, 12.0, 2.0) for at in range(1000)]
    battery = [row for at, row in enumerate(rows) if at % 40 < 10 or at % every == 0]
    gps = [
        (at / 5.0, 3.0, 47.0, 8.0, 0.0, 0.0)
        for at in range(500)
        if not silent[0] < at / 5.0 < silent[1] and (at % 20 < 5 or at % every == 0)
    ]
    told = [(float(at), dropped * at) for at in range(101)]
    return Evidence(facts, LogForm.DATAFLASH, "rover", gps=gps, battery=battery, dropped=told)


def test_a_silence_that_the_logger_may_have_made_is_no_loss() -> None:
    """It kept a tenth of most messages, and says so: two seconds without GPS are nothing, half a minute is."""
    lossy = drive(kept=0.1, dropped=40.0)
    assert max(b[0] - a[0] for a, b in zip(lossy.gps, lossy.gps[1:], strict=False)) > 1.0
    assert diagnose(lossy) == []
    (fault,) = diagnose(drive(kept=0.1, dropped=40.0, silent=(40.1, 70.0)))
    assert (fault.name, round(fault.from_s)) == ("gps.loss", 40)


def test_a_silence_in_a_log_that_dropped_nothing_is_a_loss() -> None:
    (fault,) = diagnose(drive(silent=(40.1, 42.0)))
    assert (fault.name, fault.until_s) == ("gps.loss", 42.0)


def test_a_gap_of_the_whole_log_is_no_loss() -> None:
    gap = drive(silent=(40.1, 44.9))
    gap.facts.samples = [sample for sample in gap.facts.samples if not 40.1 < sample.time_s < 44.9]
    assert diagnose(gap) == []


def test_what_drives_neither_lifts_off_nor_falls_whatever_its_height() -> None:
    """ArduRover's home may have no height, so that it seems to be 583 m up; it rests when it stands for good."""
    found = drive()
    found.facts.samples[500:] = [Sample(s.time_s, 47.0, 8.0, -20.0, 0.1, 12.0, 80.0) for s in found.facts.samples[500:]]
    happened = happened_in(found)
    assert (happened.liftoff_s, happened.crashed) == (None, False)
    assert rests_from(found, happened) == pytest.approx(49.9)


def test_wings_lean_in_their_turns_and_climb_when_they_leave_their_wheels() -> None:
    found = drive()
    found.kind = "plane"
    found.facts.samples[:] = [
        Sample(s.time_s, 47.0, 8.0, min(s.time_s, 1.0) if s.time_s < 10.0 else 40.0, 20.0, 12.0, 80.0)
        for s in found.facts.samples
    ]
    found.facts.add(Quantity.ROLL, 30.0, 64.0)
    happened = happened_in(found)
    assert not happened.crashed
    assert happened.liftoff_s == pytest.approx(9.9, abs=0.1)
    found.kind = "copter"
    assert happened_in(found).crashed
    assert happened_in(found).liftoff_s == pytest.approx(0.5)


def test_a_station_is_lost_when_the_vehicle_says_so_by_its_mode() -> None:
    """ArduRover notes no ERR; it holds after FS_TIMEOUT."""
    found = drive()
    found.stations = [(float(at),) for at in range(31)]
    found.modes = [LoggedMode(0.0, "AUTO", True, ""), LoggedMode(36.6, "HOLD", False, "Failsafe")]
    (fault,) = diagnose(found)
    assert (fault.name, fault.from_s) == ("gcs.loss", 36.6)
    found.modes.pop()
    assert diagnose(found)[0].from_s == 35.0
