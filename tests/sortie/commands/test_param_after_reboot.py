"""`--param` is what a run begins with; a vehicle that reboots goes on with what was set since then."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from sortie.__main__ import _run
from sortie.assembly.program import Program
from sortie.config.parameters import remember_set, without_set
from sortie.runtime.runtime import Runtime
from tests.fakes.patience import PATIENCE_S
from tests.fakes.pymavlink_station import PymavlinkStation
from tests.fakes.served import served

GIVEN = {"RTL_ALT": 2000.0, "WP_SPD": 5.0, "FENCE_RADIUS": 90.0}


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())


def booted(stored: dict[str, float], label: str = "") -> Parameters:
    return Parameters(vehicle_class("copter").parameters, stored, without_set(GIVEN, stored, "copter", label))


def test_a_run_begins_with_what_it_was_given() -> None:
    parameters = booted({"RTL_ALT": 1000.0, "WPNAV_SPEED": 800.0})
    assert (parameters["RTL_ALT"], parameters["WPNAV_SPEED"], parameters["FENCE_RADIUS"]) == (2000.0, 500.0, 90.0)


def test_what_was_set_since_then_outlasts_a_reboot() -> None:
    """Also under another name, and a second reboot; what was not set is as it was given."""
    stored: dict[str, float] = {}
    parameters = booted(stored)
    for name, value in (("RTL_ALT", 1500.0), ("WPNAV_SPEED", 700.0)):
        parameters.set(name, value)
        stored[name] = value
    for _ in range(2):
        remember_set(GIVEN, parameters)
        parameters = booted(stored)
        assert (parameters["RTL_ALT"], parameters["WPNAV_SPEED"], parameters["FENCE_RADIUS"]) == (1500.0, 700.0, 90.0)


def test_a_reset_to_the_defaults_brings_back_what_was_given() -> None:
    """As --defaults of ArduPilot's simulator: nothing is stored any more."""
    parameters = booted({})
    parameters.set("RTL_ALT", 1500.0)
    remember_set(GIVEN, parameters)
    assert booted({})["RTL_ALT"] == 2000.0


def test_vehicles_of_a_fleet_are_told_apart() -> None:
    parameters = booted({}, "1")
    parameters.set("RTL_ALT", 1500.0)
    remember_set(GIVEN, parameters, "1")
    assert booted({"RTL_ALT": 1500.0}, "1")["RTL_ALT"] == 1500.0
    assert booted({"RTL_ALT": 1500.0}, "2")["RTL_ALT"] == 2000.0


def read(station: PymavlinkStation, name: str) -> float:
    """The parameter, as the process that runs now has it."""

    def values() -> list[float]:
        return [message.param_value for message in station.of("PARAM_VALUE") if message.param_id == name]

    station.until(lambda: bool(values()), lambda: station.link.mav.param_request_read_send(1, 1, name.encode(), -1))
    return float(values()[-1])


def test_the_program_reboots_with_what_was_set_and_what_it_was_given(tmp_path: Path) -> None:
    """A new process image in the old process: the link ends, and behind the next one nothing is forgotten."""
    with served(tmp_path, "--param", "RTL_ALT=2000", "--param", "FENCE_RADIUS=90", ready=False) as service:
        station = PymavlinkStation(service.port, story=service.story)
        boots = read(station, "STAT_BOOTCNT")
        assert read(station, "RTL_ALT") == 2000.0
        station.link.mav.param_set_send(1, 1, b"RTL_ALT", 1500.0, 9)
        station.until(lambda: station.of("PARAM_VALUE")[-1].param_value == 1500.0)
        assert station.command(246, 1.0) == 0
        end_s = time.monotonic() + PATIENCE_S
        while service.story().count("serving copter") < 2:  # the old one's port still takes connections for a moment
            assert time.monotonic() < end_s, service.story()
            time.sleep(0.05)
        station.close()
        station = PymavlinkStation(service.port, story=service.story)
        assert read(station, "STAT_BOOTCNT") == boots + 1
        assert read(station, "RTL_ALT") == 1500.0
        assert read(station, "FENCE_RADIUS") == 90.0
        station.close()


@pytest.mark.parametrize(("signalled", "boots"), [(None, True), (signal.SIGTERM, False)])
def test_who_is_told_to_end_does_not_reboot(
    signalled: int | None, boots: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed 5420 of the storms around real processes: both came in the same turn."""
    booted: list[Program] = []
    monkeypatch.setattr(Program, "load", lambda run: setattr(run, "reboot", True))
    monkeypatch.setattr(Program, "boot_anew", lambda run: booted.append(run))
    monkeypatch.setattr(Runtime, "run", lambda runtime, *_: setattr(runtime.signals, "number", signalled))
    assert _run(["serve", "--state-dir", str(tmp_path), "--link", "tcpin:127.0.0.1:0"]) == 0
    assert bool(booted) == boots
