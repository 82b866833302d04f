"""Logs of PX4, flown again as a PX4: its modes by their names, its parameters, a clock that counts from 1970."""

from __future__ import annotations

from math import isnan, nan
from pathlib import Path

import msgspec
import numpy as np
import pytest

from autopilot.mav import Cmd
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.known import SPOKEN
from mavlink_bridge.wire.codec import decode
from sortie.incident.build import Builder, Built
from sortie.incident.diagnosis import diagnose
from sortie.incident.evidence import Evidence, LoggedMode, read_evidence
from sortie.incident.happened import differences
from sortie.incident.reader import read_recording
from sortie.incident.reproduce import fly, reproduce, with_its_own
from sortie.incident.scenario import Deed, HappenedInFlight, Origin, Scenario
from sortie.incident.signals import Basis
from sortie.reading.facts import FlightFacts, Quantity
from sortie.reading.logs import LogForm, read_log
from sortie.reading.ulog import _states
from tests.sortie.reading.made import BOOT_S, LAT, LON, ulog

SINCE_US = 1_710_000_000_000_000
HOME = "47.0,8.0,400,0"


def test_a_mission_of_px4_is_flown_as_px4_flies_it(tmp_path: Path) -> None:
    """By mode Mission and arming; modes have PX4's names."""
    log = tmp_path / "a.ulg"
    log.write_bytes(ulog())
    built, found = reproduce(log, tmp_path / "incident")
    assert built.scenario.firmware == "px4"
    assert [deed.mode for deed in built.scenario.do] == ["Mission", None]
    assert found.notes == () and found.happened.liftoff_s is not None
    assert [name for _, name in found.happened.modes][:2] == ["Hold", "Mission"]  # it climbs first
    assert max(sample.height for sample in found.flown.facts.samples) == pytest.approx(20.0, abs=1.0)


def test_a_mission_is_never_entered_by_itself(tmp_path: Path) -> None:
    """Whatever is warned of beside it: the real one warns of much while it is armed, and ours then stayed behind."""
    log = tmp_path / "a.ulg"
    log.write_bytes(ulog(warns_at_s=BOOT_S))
    found = read_evidence(log)
    assert found.facts.troubles[0].time_s == pytest.approx(BOOT_S)
    assert [(mode.name, mode.wished) for mode in found.modes] == [("Mission", True)]


def test_a_mode_that_its_user_did_not_want_is_a_failsafe(tmp_path: Path) -> None:
    """From 1.14 on PX4 logs the mode that its user wants; a warning beside it says nothing then."""
    for wanted, failsafes in ((3, ["Return"]), (5, [])):
        log = tmp_path / f"{wanted}.ulg"
        log.write_bytes(ulog(returns=True, wanted=wanted, warns_at_s=BOOT_S))
        found = read_evidence(log)
        assert [mode.name for mode in found.modes if not mode.wished and mode.name != "Mission"] == failsafes
        assert found.modes[0].wished is (wanted == 3)
        assert not any("why a mode was entered" in words for words in Builder(found, log).build().scenario.assumed)


def test_commands_of_a_station_are_given_again(tmp_path: Path) -> None:
    """Those that were accepted, at their times; not PX4's own, and not the failure that somebody planted."""
    log = tmp_path / "a.ulg"
    given = [
        (BOOT_S + 5.0, Cmd.DO_REPOSITION, 47.001, 1, 0),
        (BOOT_S + 6.0, Cmd.DO_CHANGE_SPEED, 0.0, 1, 2),
        (BOOT_S + 7.0, Cmd.DO_REPOSITION, 47.002, 0, 0),
        (BOOT_S + 8.0, Cmd.INJECT_FAILURE, 0.0, 1, 0),
        (BOOT_S + 9.0, Cmd.DO_CHANGE_SPEED, nan, 1, 0),
    ]
    log.write_bytes(ulog(commands=given))
    found = read_evidence(log)
    there, speed = found.commands
    assert (there.at_s, there.command, there.place) == (BOOT_S + 5.0, Cmd.DO_REPOSITION, (470010000, 80000000, 430.0))
    assert there.params[:3] == (-1.0, 1.0, 0.0) and isnan(there.params[3])
    assert (speed.at_s, speed.place[0]) == (BOOT_S + 9.0, 0x7FFFFFFF)
    deeds = [deed.command for deed in Builder(found, log).build().scenario.do if deed.command is not None]
    assert deeds == [Cmd.DO_REPOSITION, Cmd.DO_CHANGE_SPEED]


def test_takeoff_climbs_and_returns(tmp_path: Path) -> None:
    """Takeoff comes before arming, as a station asks for it; height and failsafes by PX4's parameters."""
    deeds = (Deed(-5.0, mode="Takeoff"), Deed(0.0, arm=True), Deed(12.0, mode="Return"))
    scenario = Scenario("", "sim:copter", HOME, 20.0, firmware="px4", params={"MIS_TAKEOFF_ALT": 6.0}, do=deeds)
    flown, notes = fly(scenario, tmp_path, tmp_path / "flown")
    assert notes == ()
    assert [name for _, name in flown.facts.modes][:2] == ["Hold", "Return"]
    at_12_s = next(s for s in flown.facts.samples if s.time_s > flown.flight_s[0] + 12.0)
    assert at_12_s.height == pytest.approx(6.0, abs=0.5)


def test_modes_that_ours_flies_alike_have_one_name() -> None:
    found = Evidence(FlightFacts(), LogForm.ULOG)
    for at_s, name in ((1.0, "Takeoff"), (2.0, "Hold"), (3.0, "Return"), (4.0, "RTL"), (5.0, "Descend")):
        found.facts.enter(at_s, name)
        found.modes.append(LoggedMode(at_s, name, wished=True, why=""))
    found.name_modes(SPOKEN["px4"](vehicle_class("copter")))
    assert found.facts.modes == [(1.0, "Hold"), (3.0, "Return"), (5.0, "Land")]
    assert [(mode.name, mode.log_name) for mode in found.modes][:2] == [("Hold", "Takeoff"), ("Hold", "Hold")]


def test_parameters_of_px4_are_taken_by_their_names(tmp_path: Path) -> None:
    """Those that the vehicle has, at another value than its default; what was set counts, not what was measured."""
    log = tmp_path / "a.ulg"
    log.write_bytes(ulog())
    found = read_evidence(log)
    found.parameters |= {"MPC_XY_CRUISE": 7.0, "COM_RC_LOSS_T": 0.5, "SYS_AUTOSTART": 4001.0, "BAT1_CAPACITY": -1.0}
    params = Builder(found, log).build().scenario.params
    assert params["MPC_XY_CRUISE"] == 7.0
    assert not {"COM_RC_LOSS_T", "SYS_AUTOSTART", "BAT1_CAPACITY", "WPNAV_SPEED", "SIM_DRAG_FEED"} & set(params)


def test_a_battery_whose_current_nobody_measured_keeps_the_simulators_capacity(tmp_path: Path) -> None:
    """PX4's simulator tells none: 1 Ah was assumed, and failed in flight."""
    log = tmp_path / "a.ulg"
    log.write_bytes(ulog())
    found = read_evidence(log)
    assert Builder(found, log).build().scenario.params["SIM_BATT_CAP_AH"] > 1.0
    found.battery[:] = [(at_s, volts, 0.0) for at_s, volts, *_ in found.battery]
    assert "SIM_BATT_CAP_AH" not in Builder(found, log).build().scenario.params


def test_a_battery_that_empties_by_its_voltage_is_a_fault_at_each_level_at_which_px4_acts(tmp_path: Path) -> None:
    """Four cells from full to 4 % of the charge, of which nothing measures the current: critical, then an emergency.
    The pack of the scenario has no charge of its own."""
    log = tmp_path / "a.ulg"
    log.write_bytes(ulog())
    found = read_evidence(log)
    found.parameters |= {"BAT1_N_CELLS": 4.0, "BAT1_V_EMPTY": 3.6, "BAT1_V_CHARGED": 4.05}
    begin_s, end_s = found.flight_s
    times = np.linspace(begin_s, end_s, 200)
    charge = np.linspace(1.0, 0.04, 200)
    found.battery[:] = [(float(t), 4.0 * (3.6 + 0.45 * float(c)), 0.0) for t, c in zip(times, charge, strict=True)]
    built = Builder(found, log).build()
    critical, emergency = built.scenario.fault
    assert [fault.name for fault in built.scenario.fault] == ["battery.low"] * 2
    for fault, level in ((critical, 0.07), (emergency, 0.05)):
        assert fault.from_s == pytest.approx(np.interp(-level, -charge, times) - begin_s, abs=0.1)
        assert fault.value is not None and 12.6 - fault.value == pytest.approx(
            3.0 * (3.6 + 0.45 * (level - 0.01)), abs=1e-3
        )
    assert built.scenario.params["SIM_BATT_CAP_AH"] == 0.0
    found.battery[-1] = (float(times[-1]), 14.5, 9.0)  # somebody measures the current
    assert Builder(found, log).build().scenario.fault == ()


def test_a_gps_that_comes_back_is_taken_a_second_later(tmp_path: Path) -> None:
    """By PX4's estimator (gps_control); ArduPilot's has it at once."""
    log = tmp_path / "a.ulg"
    log.write_bytes(ulog())
    found = read_evidence(log)
    begin_s, end_s = found.flight_s
    lost_s, back_s = begin_s + 0.3 * (end_s - begin_s), begin_s + 0.6 * (end_s - begin_s)
    times = np.arange(begin_s, end_s, 0.2)
    found.gps[:] = [(float(t), 0 if lost_s < t < back_s else 3, LAT, LON, 0.0, 0.0) for t in times]
    (fault,) = diagnose(found)
    assert fault.until_s is not None and back_s + 0.9 < fault.until_s < back_s + 1.3
    found.firmware = SPOKEN["ardupilot"](vehicle_class("copter"))
    (fault,) = diagnose(found)
    assert fault.until_s is not None and fault.until_s < back_s + 0.3


def test_the_firmware_itself_flies_its_own_parameters(tmp_path: Path) -> None:
    """What was fitted of them made up for ours."""
    params = {"MPC_XY_CRUISE": 8.0, "SIM_WIND_SPD": 1.0}
    logged = Scenario("a.ulg", "sim:copter", HOME, 20.0, firmware="px4", params=params)
    origins = {f"params.{name}": Origin("parameter") for name in params}
    fitted = {"MPC_XY_CRUISE": 7.2, "MPC_JERK_AUTO": 3.1, "SIM_WIND_SPD": 1.4}
    scenario = msgspec.structs.replace(logged, params=fitted)
    built = Built(logged, {f"params.{name}": Origin("by flying it", Basis.FITTED) for name in fitted}, None)
    assert with_its_own(scenario, built, origins).params == {"MPC_XY_CRUISE": 8.0, "SIM_WIND_SPD": 1.4}
    assert str(built.origins["params.MPC_XY_CRUISE"]) == "logged: parameter"
    assert "params.MPC_JERK_AUTO" not in built.origins


def test_a_clock_that_counts_from_1970_is_one_since_boot(tmp_path: Path) -> None:
    """As in PX4's simulators: facts and messages are those of the log that counts from boot."""
    logs = tmp_path / "boot.ulg", tmp_path / "epoch.ulg"
    for log, since_us in zip(logs, (0, SINCE_US), strict=True):
        log.write_bytes(ulog(since_us=since_us))
    boot, epoch = map(read_log, logs)
    assert [s.time_s + BOOT_S for s in epoch.samples] == pytest.approx([s.time_s for s in boot.samples])
    assert [text for _, text in epoch.texts] == [text for _, text in boot.texts]
    assert epoch.armed_s() == pytest.approx(boot.armed_s())
    kinds = [[decode(kind, data).get_type() for _, kind, data in read_recording(at).messages.after(-1)] for at in logs]
    assert sorted(kinds[0]) == sorted(kinds[1])


def test_a_home_that_px4_calls_invalid_is_none() -> None:
    """It has a place of 0, 0 until the first fix."""
    home = {name: np.array([0.0]) for name in ("timestamp", "lat", "lon", "alt", "valid_hpos")}
    facts = FlightFacts()
    _states(facts, {"home_position": home})
    assert facts.home is None
    home["valid_hpos"] += 1.0
    _states(facts, {"home_position": home})
    assert facts.home is not None


def test_the_receivers_own_topic_tells_of_gps_where_no_other_does(tmp_path: Path) -> None:
    """A row a second, which is no loss; one that says nothing for nine seconds is."""
    log = tmp_path / "a.ulg"
    for lost_s, losses in (((0.0, 0.0), []), ((BOOT_S + 20.5, BOOT_S + 29.5), [BOOT_S + 20.2])):
        log.write_bytes(ulog(receiver=True, lost_s=lost_s))
        found = read_evidence(log)
        assert {value for _, value in found.facts.series[Quantity.SATELLITES]} == {11.0}
        assert found.gps[0][1:4] == pytest.approx((3.0, LAT, LON))
        assert [fault.from_s for fault in diagnose(found) if fault.name == "gps.loss"] == pytest.approx(losses)


def test_what_never_left_the_ground_did_not_happen_again() -> None:
    assert differences(HappenedInFlight(liftoff_s=3.0), HappenedInFlight()) == [
        "the log has a flight; the new flight did not leave the ground"
    ]
