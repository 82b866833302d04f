"""Losses of radio and ground station by what was not heard, in logs without ArduPilot's note of a failsafe."""

from __future__ import annotations

from pathlib import Path

from pymavlink.dialects.v20 import ardupilotmega as dialect

from sortie.incident.diagnosis import diagnose
from sortie.incident.evidence import Evidence, read_evidence
from sortie.logs.dataflash import description, kind
from sortie.reading.facts import FlightFacts, Sample
from sortie.reading.logs import LogForm
from tests.sortie.reading.made import BOOT_S, EPOCH_US, dataflash, telemetry, ulog

Found = list[tuple[str, float, float | None]]


def found(evidence: Evidence) -> Found:
    """Losses: name, from, until."""
    return [(fault.name, round(fault.from_s, 1), fault.until_s) for fault in diagnose(evidence)]


def flight(*stations: float, radio: tuple[float, ...] = ()) -> Evidence:
    """A minute of a log, with when each was heard."""
    facts = FlightFacts(name="made")
    facts.arm(0.0, True)
    facts.samples.extend(Sample(at / 10.0, 47.0, 8.0, 5.0, 0.0, 12.0, 80.0) for at in range(600))
    return Evidence(
        facts, LogForm.TELEMETRY, stations=[(at_s,) for at_s in stations], radio=[(at_s,) for at_s in radio]
    )


def test_a_station_that_falls_silent_is_lost_after_its_time_and_found_again() -> None:
    heard = [float(at) for at in range(60) if not 20 < at < 40]
    evidence = flight(*heard)
    assert found(evidence) == [("gcs.loss", 25.0, 40.0)]
    evidence.parameters["FS_GCS_TIMEOUT"] = 12.0
    assert found(evidence) == [("gcs.loss", 32.0, 40.0)]
    evidence.parameters["FS_GCS_TIMEOUT"] = 30.0
    assert found(evidence) == []


def test_a_silence_to_the_end_has_no_end() -> None:
    assert found(flight(*(float(at) for at in range(21)))) == [("gcs.loss", 25.0, None)]


def test_what_was_never_heard_or_seldom_is_not_lost() -> None:
    """A log of the vehicle alone has no station; one that speaks every eight seconds is not lost in between."""
    assert found(flight()) == []
    assert found(flight(1.0, 2.0)) == []
    assert found(flight(*(8.0 * at for at in range(-4, 8)))) == []


def test_a_gap_of_the_log_is_nobodys_silence() -> None:
    evidence = flight(*(float(at) for at in range(60) if not 20 < at < 40))
    evidence.facts.samples = [sample for sample in evidence.facts.samples if not 20.2 < sample.time_s < 39.9]
    assert found(evidence) == []


def test_sticks_that_stop_are_a_loss_and_the_failsafe_tells_it_better() -> None:
    evidence = flight(radio=tuple(at / 10.0 for at in range(600) if not 300 < at < 350))
    assert found(evidence) == [("rc.loss", 30.0, 35.0)]
    evidence.errors = [(31.5, 5, 1), (35.0, 5, 0)]
    assert found(evidence) == [("rc.loss", 31.5, 35.0)]


def test_telemetry_tells_when_the_station_spoke_last(tmp_path: Path) -> None:
    station = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    beat = dialect.MAVLink_heartbeat_message(6, 8, 192, 0, 4, 3).pack(station)
    spoke = b"".join(int(EPOCH_US + at * 1e6).to_bytes(8, "big") + beat for at in range(16))
    (tmp_path / "a.tlog").write_bytes(telemetry() + spoke)
    assert ("gcs.loss", BOOT_S + 20.0, None) in found(read_evidence(tmp_path / "a.tlog"))


def test_dataflash_tells_both(tmp_path: Path) -> None:
    """MAV.mgs: ms since boot when the station was heard; RCI2.Flags: bit 0 while the receiver is."""
    mav = kind(200, "MAV", "QBI", "TimeUS,chan,mgs", "s#-", "F--")
    radio = kind(201, "RCI2", "QB", "TimeUS,Flags", "s-", "F-")
    rows = description(mav, 0) + description(radio, 0)
    for at in range(44):
        time_us = round((BOOT_S + at) * 1e6)
        rows += mav.pack(time_us, 0, round(1000 * (BOOT_S + min(at, 15)))) + radio.pack(time_us, int(at < 20))
    (tmp_path / "a.bin").write_bytes(dataflash() + rows)
    losses = found(read_evidence(tmp_path / "a.bin"))
    assert ("gcs.loss", BOOT_S + 20.0, None) in losses
    assert ("rc.loss", BOOT_S + 19.0, None) in losses


def test_a_ulog_tells_both(tmp_path: Path) -> None:
    (tmp_path / "a.ulg").write_bytes(ulog(links_until_s=BOOT_S + 15.0))
    losses = found(read_evidence(tmp_path / "a.ulg"))
    assert ("gcs.loss", BOOT_S + 20.0, None) in losses
    assert ("rc.loss", BOOT_S + 15.0, None) in losses
