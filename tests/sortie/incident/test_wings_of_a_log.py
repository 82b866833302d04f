"""A plane's log: wind and the tube's error by the ground speed, gusts, an engine that stops, a tube that is blind."""

from __future__ import annotations

from dataclasses import fields
from math import degrees
from pathlib import Path

import numpy as np
import pytest

from sortie.incident.build import Builder
from sortie.incident.diagnosis import diagnose
from sortie.incident.evidence import Evidence
from sortie.incident.happened import rests_from
from sortie.incident.scenario import HappenedInFlight
from sortie.incident.signals import FoundFault
from sortie.incident.weather import TUBE, measured
from sortie.reading.facts import FlightFacts, Sample
from sortie.reading.logs import LogForm
from sortie.reading.trace import STEP_S, FlightTrace


def circles(*, shows: float = 1.0, gust: float = 0.0, turns: float = 6.0) -> FlightTrace:
    """Two minutes at 22 m/s in circles, in 5 m/s from the west; the tube shows a share of it; a gust from the north at
    60 s for 15 s."""
    time = np.arange(0.0, 120.0, STEP_S)
    yaw = turns * 2.0 * np.pi * time / 120.0
    blows = np.where((time >= 60.0) & (time < 75.0), gust, 0.0)
    made = {item.name: np.full(len(time), np.nan) for item in fields(FlightTrace)[1:]}
    made |= {"time_s": time, "north_mps": 22.0 * np.cos(yaw) - blows, "east_mps": 22.0 * np.sin(yaw) + 5.0}
    made |= {"down_mps": 0.0 * time, "yaw_rad": yaw, "pitch_rad": 0.0 * time, "roll_rad": 0.0 * time}
    made |= {"height_m": 60.0 + 0.0 * time, "airspeed_mps": shows * 22.0 + 0.0 * time}
    return FlightTrace("made", **made)


def test_the_wind_is_what_the_ground_speed_has_more_and_the_tube_is_corrected() -> None:
    for shows in (1.0, 0.95):
        calibration, gusts = measured(circles(shows=shows), (), "plane")
        assert calibration.wind == (
            pytest.approx(5.0, abs=0.1),
            pytest.approx(5.0, abs=0.1),
            pytest.approx(270.0, abs=1),
        )
        assert next(fit.value for fit in calibration.fits if fit.name == TUBE) == pytest.approx(1.0 / shows, abs=0.003)
        assert calibration.params["SIM_WIND_SPD"] == pytest.approx(5.0, abs=0.1)
        assert "SIM_DRIVE_W" not in calibration.params and gusts == []


def test_in_one_direction_the_tube_is_believed() -> None:
    calibration, _ = measured(circles(shows=0.8, turns=0.0), (), "plane")
    assert next(fit.value for fit in calibration.fits if fit.name == TUBE) == pytest.approx(1.0)


def test_a_gust_has_its_strength_and_times() -> None:
    _, gusts = measured(circles(gust=12.0), (), "plane")
    most = max(gusts, key=lambda row: row.speed)
    assert (most.speed, most.from_deg) == (
        pytest.approx(13.0, abs=0.5),
        pytest.approx(degrees(np.arctan2(-5, 12)) % 360, abs=3),
    )
    blows = [row.at_s for row in gusts if row.speed > 9.0]
    assert (blows[0], blows[-1]) == (pytest.approx(60.0, abs=2.0), pytest.approx(75.0, abs=2.0))


def test_a_tube_that_lies_says_nothing_of_the_wind() -> None:
    blind = FoundFault("airspeed.loss", 5.0, None, "")
    assert measured(circles(), (blind,), "plane")[0].wind is None


def plane() -> Evidence:
    facts = FlightFacts(name="made")
    facts.arm(0.0, True)
    facts.samples.extend(Sample(at / 10.0, 47.0, 8.0, 60.0, 22.0, 12.0, 80.0) for at in range(1000))
    rows = np.arange(1000) / 10.0
    return Evidence(
        facts,
        LogForm.DATAFLASH,
        "plane",
        motors=[(at_s, 1500.0, 1500.0, 1500.0 if at_s < 60.0 else 2000.0, 1500.0) for at_s in rows.tolist()],
        battery=[(at_s, 12.0, 20.0 if at_s < 60.0 else 40.0) for at_s in rows.tolist()],
        airspeed=[(at_s, 22.0) for at_s in rows.tolist()],
    )


def test_a_plane_that_flies_as_it_should_has_no_fault() -> None:
    assert diagnose(plane()) == []


def test_an_engine_that_takes_no_current_at_full_throttle_is_lost() -> None:
    found = plane()
    found.battery[:] = [(at_s, volts, amps if at_s < 60.0 else 0.0) for at_s, volts, amps in found.battery]
    (fault,) = diagnose(found)
    assert (fault.name, fault.from_s, fault.until_s) == ("motor1.loss", 59.9, None)


def test_a_tube_that_shows_less_than_anything_flies_at_is_lost() -> None:
    found = plane()
    found.airspeed[:] = [(at_s, 22.0 if not 30.0 <= at_s < 50.0 else 0.9) for at_s, _ in found.airspeed]
    (fault,) = diagnose(found)
    assert (fault.name, fault.from_s, fault.until_s) == ("airspeed.loss", 29.9, 50.0)


def test_it_is_flown_in_the_air_that_the_ground_speed_tells_of() -> None:
    """In air of less density a tube shows the root of it less, and it is flown as much faster."""
    builder = Builder(plane(), Path("made.bin"))
    calibration, _ = measured(circles(shows=0.95), (), "plane")
    flown = builder._of_wings(calibration)
    assert flown == {"SIM_AIR_DENSITY": pytest.approx(0.95**2, abs=0.005), "FS_EKF_THRESH": 0.0}
    assert set(builder._of_wings(measured(circles(), (), "plane")[0])) == {"FS_EKF_THRESH"}


def test_what_rolls_after_its_landing_does_not_fly() -> None:
    """The wind may roll it on: it is judged until it is slow and low."""
    found = plane()
    found.facts.samples[800:] = [
        Sample(at / 10.0, 47.0, 8.0, 0.1, max(15.0 - (at - 800) / 10.0, 2.0), 12.0, 80.0) for at in range(800, 1000)
    ]
    found.facts.arm(99.9, False)
    assert rests_from(found, HappenedInFlight(liftoff_s=1.0)) == pytest.approx(89.9)
