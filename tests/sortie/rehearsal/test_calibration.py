"""What a log says of the vehicle that flew: numbers planted in the simulator are found again, and what a flight does
not show is not told."""

from __future__ import annotations

import json
import lzma
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.rehearsal.rules import PACK_V
from autopilot.vehicles.kinds import COPTER
from sitl.vehicles import airframe, chassis
from sortie import Session, UserError, rehearse
from sortie.commands.cli import run
from sortie.config.vehicle_spec import VehicleSpec
from sortie.config.wind import WindProfile
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import preamble
from sortie.nodes.flight import Flight
from sortie.reading.trace import STEP_S, FlightTrace, read_trace
from sortie.rehearsal.calibration import calibrate, fitted
from sortie.rehearsal.fits import Calibration
from sortie.rehearsal.flown import RehearsedFlight, drawn
from tests.sortie.reading.made import course
from tests.sortie.reading.test_logs_of_others import begun_by_arming

pytest.importorskip("scipy")

HOME = GeoPoint(47.0, 8.0, 400.0)
PLANTED = {
    "SIM_HOVER_W": 260.0,
    "SIM_HOVER_THST": 0.37,
    "SIM_DRAG_ROTOR": 35.0,
    "SIM_DRAG_AREA": 500.0,
    "SIM_BATT_CAP_AH": 3.4,
    "SIM_BATT_MOHM": 40.0,
    "SIM_WIND_SPD": 5.0,
    "SIM_WIND_DIR": 240.0,
    "WPNAV_SPEED": 800.0,
    "WPNAV_SPEED_UP": 300.0,
    "LAND_SPEED": 70.0,
}


def around(metres: float, height: float) -> Plan:
    """Twice around a square, and home."""
    corners = [(metres, 0.0), (metres, metres), (0.0, metres), (0.0, 0.0)] * 2
    places = [to_global(HOME, (*corner, 0.0)) for corner in corners]
    items = [MissionItem(Cmd.NAV_TAKEOFF, z=height)]
    items += [MissionItem(Cmd.NAV_WAYPOINT, x=place.lat, y=place.lon, z=height) for place in places]
    items.append(MissionItem(Cmd.NAV_RETURN_TO_LAUNCH))
    return Plan(HOME, tuple(replace(item, seq=seq) for seq, item in enumerate(items, start=1)))


def flown(plan: Plan, params: dict[str, float], folder: Path | None, kind: str = "copter") -> float:
    """Wh that its battery gave."""
    with Session(f"sim:{kind}", home=HOME, params={"FM_COUNTDOWN": 0.0, **params}, log_dir=folder) as session:
        session.upload(plan)
        flight = Flight(session.service)
        session.service.watchers.follow(flight)
        session.run_until(lambda _: flight.done, 1500.0)
        assert flight.result.result == "completed"
        return float(session.autopilot.vehicle.state.report[R.BATT_WH])


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The folder of a flight with planted numbers, and the Wh that it took."""
    folder = tmp_path_factory.mktemp("planted")
    used = flown(around(120.0, 25.0), PLANTED, folder)
    return next(folder.rglob("flight.bin")).parent, used


def value(found: Calibration, param: str) -> float:
    return found.params[param]


@pytest.mark.parametrize("name", ["flight.bin", "flight.tlog"])
def test_planted_numbers_are_found(logged: tuple[Path, float], name: str) -> None:
    """From either log: power within 2 %, drag at 10 m/s within 5 %, wind within 0.3 m/s and 5 degrees, battery within
    5 %, speeds within 5 %, the energy of the flight within 2 %; thrust within 3 % where the throttle is logged."""
    folder, used = logged
    found = calibrate(folder / name)
    if name == "flight.bin":
        assert value(found, "SIM_HOVER_THST") == pytest.approx(0.37, rel=0.03)
        assert next(fit.sigma for fit in found.fits if fit.name == "hover thrust") < 1.0
    else:
        assert reasons(found)["hover thrust"].startswith("the log has no throttle")
    assert value(found, "SIM_HOVER_W") == pytest.approx(260.0, rel=0.02)
    drag = 0.01 * value(found, "SIM_DRAG_ROTOR") + 10.0 * airframe.body_drag(1e-4 * value(found, "SIM_DRAG_AREA"))
    assert drag == pytest.approx(0.35 + 10.0 * airframe.body_drag(0.05), rel=0.05)
    assert found.wind is not None
    assert found.wind[0] == found.wind[1] == pytest.approx(5.0, abs=0.3)
    assert found.wind[2] == pytest.approx(240.0, abs=5.0)
    assert (value(found, "SIM_WIND_SPD"), value(found, "SIM_WIND_DIR")) == pytest.approx(found.wind[1:], rel=1e-4)
    assert value(found, "SIM_BATT_CAP_AH") == pytest.approx(3.4, rel=0.05)
    assert value(found, "SIM_BATT_MOHM") == pytest.approx(40.0, rel=0.05)
    assert value(found, "WPNAV_SPEED") == pytest.approx(800.0, rel=0.05)
    assert value(found, "WPNAV_SPEED_UP") == pytest.approx(300.0, rel=0.05)
    assert value(found, "WPNAV_SPEED_DN") == pytest.approx(150.0, rel=0.05)
    assert value(found, "LAND_SPEED") == pytest.approx(70.0, rel=0.05)
    assert found.energy_wh == pytest.approx(used, rel=0.02)
    residuals = {name: rms for name, rms, _ in found.residuals}
    assert residuals["drag"] < 0.15
    assert residuals["power"] < 5.0
    assert residuals["voltage"] < 20.0


def test_a_flight_of_the_profile_takes_the_energy_of_the_log(logged: tuple[Path, float]) -> None:
    """Another flight of the same plan, by what was found, in the log's own wind: within 2 %. The simulator's own
    numbers are 25 % off."""
    folder, used = logged
    plan = around(120.0, 25.0)
    assert flown(plan, calibrate(folder / "flight.bin").params, None) == pytest.approx(used, rel=0.02)
    assert flown(plan, {}, None) < 0.75 * used


def test_the_day_before_is_flown_again(
    logged: tuple[Path, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--from LOG --keep FILE`: what was found is told, kept, and flown with; the file is a --param FILE."""
    folder, used = logged
    keep, plan = tmp_path / "mine.param", str(Path(__file__).parents[3] / "examples" / "square.waypoints")
    assert run(["rehearse", plan, "--from", str(folder), "--keep", str(keep), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = told["calibration"]
    assert found["params"]["SIM_HOVER_W"] == pytest.approx(260.0, rel=0.02)
    assert found["energy_wh"] == pytest.approx(used, rel=0.02)
    assert {one["name"] for one in found["fits"]} >= {"hover power", "wind", "battery capacity", "speed"}
    assert told["energy_wh"] == pytest.approx(found["params"]["SIM_HOVER_W"] * told["time_s"] / 3600.0, rel=0.01)
    assert keep.read_text().startswith("# calibrated from ")
    assert run(["rehearse", plan, "--param", str(keep), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["energy_wh"], again["time_s"]) == (told["energy_wh"], told["time_s"])
    assert run(["rehearse", plan, "--param", str(keep), "--param", "SIM_HOVER_W=130", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["energy_wh"] == pytest.approx(told["energy_wh"] / 2.0, rel=0.02)
    assert run(["rehearse", plan, "--from", str(folder)]) == 0
    assert "\n  hover power 2" in capsys.readouterr().out


def test_flights_are_flown_in_the_wind_of_the_log(logged: tuple[Path, float]) -> None:
    """Python: its parameters and its wind go into a rehearsal. The first of two flights takes what the planted vehicle
    takes without wind, the second what that takes in the weather drawn about the planted wind, each within 2 %. That
    weather is neither calm nor the log's own, so that a wind that is lost, or blows undrawn, is more than 2 % off."""
    found = calibrate(str(logged[0] / "flight.tlog"))
    assert found.wind is not None
    plan = around(120.0, 25.0)
    told = rehearse(plan, params=found.params, wind=found.wind, flights=2)
    assert told.flown is not None
    calm, windy = told.flown.flights
    still_wh = flown(plan, {**PLANTED, "SIM_WIND_SPD": 0.0}, None)
    spec = VehicleSpec("copter", None, HOME, 0.0, 0)
    wind = drawn(RehearsedFlight(plan, spec, 1, 1500.0, 8.0, WindProfile.same(5.0, 5.0, 240.0), 0.0)).wind.at(0.0, 0.0)
    assert wind.from_deg is not None
    weather_wh = flown(plan, {**PLANTED, "SIM_WIND_SPD": wind.mean_mps, "SIM_WIND_DIR": wind.from_deg}, None)
    assert calm.energy_wh == pytest.approx(still_wh, rel=0.02)
    assert windy.energy_wh == pytest.approx(weather_wh, rel=0.02)
    assert min(abs(weather_wh / other_wh - 1.0) for other_wh in (still_wh, logged[1])) > 0.04


def test_the_power_of_a_car_is_found(tmp_path: Path) -> None:
    """SIM_DRIVE_W, planted, within 5 %; another drive by it takes the log's energy."""
    planted = {"SIM_DRIVE_W": 60.0, "WP_SPEED": 3.0}
    plan = around(40.0, 0.0)
    used = flown(plan, planted, tmp_path, "rover")
    found = calibrate(next(tmp_path.rglob("flight.bin")), "sim:rover")
    assert value(found, "SIM_DRIVE_W") == pytest.approx(60.0, rel=0.05)
    assert value(found, "WP_SPEED") == pytest.approx(3.0, rel=0.05)
    assert flown(plan, found.params, None, "rover") == pytest.approx(used, rel=0.05)


def test_a_car_that_hardly_keeps_a_speed_tells_its_power(tmp_path: Path) -> None:
    """8 m/s on legs of 60 m are starting and braking: SIM_DRIVE_W within 5 % all the same, from the coarser log."""
    flown(around(60.0, 0.0), {"SIM_DRIVE_W": 150.0, "WP_SPEED": 8.0}, tmp_path, "rover")
    found = calibrate(next(tmp_path.rglob("flight.tlog")), "sim:rover")
    assert value(found, "SIM_DRIVE_W") == pytest.approx(150.0, rel=0.05)


def test_a_car_whose_speeding_up_takes_little_is_found(tmp_path: Path) -> None:
    """SIM_DRIVE_ACC, planted, within 0.1; another drive, with longer legs, takes what it takes by the planted numbers
    within 5 %. By the power alone it would be 10 % and more off."""
    planted = {"SIM_DRIVE_W": 60.0, "SIM_DRIVE_ACC": 0.15, "WP_SPEED": 5.0}
    flown(around(40.0, 0.0), planted, tmp_path, "rover")
    found = calibrate(next(tmp_path.rglob("flight.bin")), "sim:rover")
    assert value(found, "SIM_DRIVE_ACC") == pytest.approx(0.15, abs=0.1)
    assert value(found, "SIM_DRIVE_W") == pytest.approx(60.0, rel=0.05)
    longer = flown(around(110.0, 0.0), planted, None, "rover")
    both = {name: value(found, name) for name in ("SIM_DRIVE_W", "SIM_DRIVE_ACC")} | {"WP_SPEED": 5.0}
    assert flown(around(110.0, 0.0), both, None, "rover") == pytest.approx(longer, rel=0.05)
    assert abs(flown(around(110.0, 0.0), both | {"SIM_DRIVE_ACC": 1.0}, None, "rover") / longer - 1.0) > 0.1


def test_a_car_that_keeps_its_speed_does_not_tell_what_speeding_up_takes(tmp_path: Path) -> None:
    flown(around(100.0, 0.0), {"WP_SPEED": 2.0}, tmp_path, "rover")
    found = calibrate(next(tmp_path.rglob("flight.bin")), "sim:rover")
    assert "SIM_DRIVE_ACC" not in found.params
    assert reasons(found)["share of speeding up"] == "it kept its speed nearly all the way"
    assert value(found, "SIM_DRIVE_W") == pytest.approx(12.0, rel=0.02)


def test_a_log_that_begins_when_it_has_been_armed_holds_the_drive(tmp_path: Path) -> None:
    """ArduRover writes "Throttle armed" first, and no ARM."""
    log = bytearray(preamble((K.MSG, K.SAMPLES["POS"]), 1_000_000) + K.MSG.pack(1_000_000, "Throttle armed"))
    for second in range(1, 21):
        log += K.SAMPLES["POS"].pack(second * 1_000_000, 47.0, 8.0 + 1e-5 * second, 400.0, 0.0, 0.0)
    (tmp_path / "drive.bin").write_bytes(bytes(log))
    assert len(read_trace(tmp_path / "drive.bin").time_s) * STEP_S == pytest.approx(19.0, abs=0.2)


@pytest.mark.parametrize("ends_in_the_air", [False, True])
def test_a_log_that_arming_has_opened_holds_the_flight(tmp_path: Path, ends_in_the_air: bool) -> None:
    """With LOG_DISARMED 0 no row says that it was armed: a report showed its flight, and there was none to fit."""
    log = begun_by_arming()
    end = log.index(K.EV.pack(round(course()[-1][0] * 1e6), 11)) if ends_in_the_air else len(log)
    (tmp_path / "a.bin").write_bytes(log[:end])
    assert len(read_trace(tmp_path / "a.bin").time_s) * STEP_S == pytest.approx(43.0, abs=0.2)


def test_a_real_ardupilot_is_found_in_its_own_log(tmp_path: Path) -> None:
    """ArduCopter SITL in still air: the energy of its own BAT, climbing and landing by its parameters, no wind; its
    battery never sags, so no capacity."""
    log = tmp_path / "flight.bin"
    log.write_bytes(lzma.decompress((Path(__file__).parents[2] / "data" / "ardupilot-square.bin.xz").read_bytes()))
    found = calibrate(log)
    assert found.energy_wh == pytest.approx(9.04, rel=0.01)  # EnrgTot of its last BAT
    assert value(found, "SIM_HOVER_W") == pytest.approx(357.0, rel=0.02)
    assert value(found, "SIM_WIND_SPD") < 0.2
    assert value(found, "WPNAV_SPEED_UP") == pytest.approx(250.0, rel=0.02)
    assert value(found, "WPNAV_SPEED_DN") == pytest.approx(150.0, rel=0.02)
    assert value(found, "LAND_SPEED") == pytest.approx(50.0, rel=0.02)
    assert "0% of it by the voltage" in reasons(found)["battery capacity"]
    residuals = {name: rms for name, rms, _ in found.residuals}
    assert residuals["drag"] < 0.05
    assert residuals["power"] < 5.0


def test_the_drag_of_a_real_px4_is_found(tmp_path: Path) -> None:
    """PX4 1.16's own simulator (SIH) slows its quadrotor by 1.0 of its air speed in a second (SIH_KDV 1 N s/m, SIH_MASS
    1 kg), in still air: within 10 %, and 0.2 m/s. Its battery has no current, so its power is not told."""
    pytest.importorskip("pyulog")
    log = tmp_path / "flight.ulg"
    log.write_bytes(lzma.decompress((Path(__file__).parents[2] / "data" / "px4-sih-square.ulg.xz").read_bytes()))
    found = calibrate(log)
    drag = 0.01 * value(found, "SIM_DRAG_ROTOR") + 4.5 * airframe.body_drag(1e-4 * value(found, "SIM_DRAG_AREA"))
    assert drag == pytest.approx(1.0, rel=0.1)
    assert value(found, "SIM_WIND_SPD") < 0.2
    assert value(found, "WPNAV_SPEED") == pytest.approx(450.0, abs=60.0)  # MPC_XY_CRUISE 5 m/s, on legs of 60 m
    assert value(found, "WPNAV_SPEED_UP") == pytest.approx(150.0, rel=0.1)
    assert reasons(found)["hover power"] == "the log has no current"


def still(seconds: float = 60.0) -> FlightTrace:
    """A hover without any motion."""
    time_s = np.arange(0.0, seconds, STEP_S)
    nothing = np.zeros(len(time_s))
    return FlightTrace(
        "still",
        time_s,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing + 20.0,
        nothing + 11.0,
        nothing + 16.0,
        nothing + 0.4,
        nothing,
    )


def reasons(found: Calibration) -> dict[str, str]:
    return {one.name: one.reason for one in found.fits if one.value is None}


def test_what_a_hover_does_not_show_is_not_told() -> None:
    """No drag (it never moved through the air), no capacity and resistance (the current never changed), no speed; but
    its power."""
    found = fitted(still(), COPTER)
    assert value(found, "SIM_HOVER_W") == pytest.approx(176.0, rel=0.01)
    assert "through the air at most" in reasons(found)["drag of the rotors"]
    assert set(reasons(found)) >= {"drag of the body", "battery resistance", "battery capacity", "speed", "landing"}
    assert "SIM_DRAG_ROTOR" not in found.params


def straight(speed: float) -> FlightTrace:
    """To the north in still air, at such a lean that drag of 0.3 1/s is made up for."""
    hover = still()
    lean = np.full(len(hover.time_s), -np.arctan(0.3 * speed / 9.80665))
    return replace(hover, north_mps=hover.north_mps + speed, pitch_rad=lean)


def test_a_flight_in_one_direction_tells_neither_drag_nor_wind() -> None:
    """A tail wind and a slippery body lean alike."""
    found = fitted(straight(8.0), COPTER)
    assert found.wind is None
    assert "look alike" in reasons(found)["wind"]
    assert reasons(found)["drag of the rotors"] == "flown in one direction"


def test_a_log_without_current_tells_no_power() -> None:
    hover = still()
    found = fitted(replace(hover, amps=hover.amps * np.nan), COPTER)
    assert reasons(found)["hover power"] == "the log has no current"
    assert reasons(found)["battery capacity"] == "the log has no voltage with a current that changes"
    assert np.isnan(found.energy_wh)


def test_a_battery_of_more_cells_becomes_one_of_three() -> None:
    """The simulator's has three: same energy, same share of the voltage lost."""
    time_s = np.arange(0.0, 900.0, STEP_S)
    amps = 20.0 + 6.0 * np.sin(0.1 * time_s)
    charge = 1.0 - np.cumsum(amps) * STEP_S / 3600.0 / 10.0
    cell = np.interp(charge, (0.0, 0.05, 0.15, 0.5, 0.9, 1.0), (3.0, 3.55, 3.685, 3.79, 4.05, 4.2))
    nothing = np.zeros(len(time_s))
    trace = replace(still(900.0), volts=6.0 * cell - 0.03 * amps, amps=amps, height_m=nothing + 20.0)
    found = fitted(trace, COPTER)
    assert value(found, "SIM_BATT_CAP_AH") * PACK_V == pytest.approx(10.0 * 6 * 3.8, rel=0.02)
    assert value(found, "SIM_BATT_MOHM") == pytest.approx(30.0 / 4.0, rel=0.05)


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"hello, no log at all", "not a flight log")])
def test_what_is_no_log_is_told_in_one_line(
    content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "some.bin"
    log.write_bytes(content)
    plan = str(Path(__file__).parents[3] / "examples" / "square.waypoints")
    assert run(["rehearse", plan, "--from", str(log)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_a_log_without_a_flight_and_a_keep_without_a_log_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Session(home=HOME, log_dir=tmp_path) as session:
        session.wait_armable()
        session.arm()
        session.run_for(2.0)
    with pytest.raises(UserError, match="no flight of 10 s"):
        calibrate(next(tmp_path.rglob("flight.bin")))
    plan = str(Path(__file__).parents[3] / "examples" / "square.waypoints")
    assert run(["rehearse", plan, "--keep", str(tmp_path / "x.param")]) == 2
    assert "--keep needs --from LOG" in capsys.readouterr().err


def test_without_scipy_it_says_how_to_get_it(logged: tuple[Path, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(UserError, match=r"pip install 'sortie-mavlink\[calibrate\]'"):
        calibrate(logged[0] / "flight.tlog")


def test_the_defaults_are_what_the_machines_take() -> None:
    """SIM_HOVER_W and SIM_DRIVE_W say in watts what the numbers of airframe and chassis come to, within 2 %."""
    each = airframe.MASS * 9.80665 / 4.0
    hover = 4.0 * each**1.5 * airframe.power_factor(airframe.HOVER_W) + airframe.HOTEL_A * airframe.FULL_V
    assert hover == pytest.approx(airframe.HOVER_W, rel=0.02)
    pull = chassis.ROLLING * chassis.MASS * 9.80665 + 0.5 * 1.225 * chassis.DRAG_AREA * 4.0
    work = pull * (chassis.TOP_SPEED * pull / (chassis.FULL_ACCEL * chassis.MASS) + 2.0)
    assert work + chassis.HOTEL_A * chassis.FULL_V == pytest.approx(chassis.DRIVE_W, rel=0.02)
