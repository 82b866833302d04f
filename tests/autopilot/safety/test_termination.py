"""The advanced failsafe of planes, as in ArduPilot's AdvancedFailsafe and MAV_CMD_DO_FLIGHTTERMINATION."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.mav import Result, Severity
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN

M = PlaneMode
STATION = 255
ON = {"AFS_ENABLE": 1.0, "AFS_TERM_ACTION": 42.0}
FAR = waypoint(4000.0, 0.0, 100.0)


class Link:
    """A ground station that sends heartbeats while `heard`."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.heard = bench, True

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            if self.heard:
                self.bench.core.failsafes.ground_station_heard(STATION)
            self.bench.core.update_link_clock(self.bench.now_ms)
            self.bench.run(1.0)


def flying(kind: str = "plane", **parameters: float) -> Link:
    """In AUTO, 5 s on the way to item 2 of five."""
    bench = Bench(kind, vehicle=make_simulated(kind, ORIGIN, 0.0, 7), parameters=ON | parameters)
    link = Link(bench)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    legs = waypoint(2000.0, 0.0, 80.0), waypoint(0.0, 500.0, 80.0), waypoint(0.0, -500.0, 80.0), FAR
    bench.upload([takeoff(60.0), *legs])
    link.run(1.0)
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    while bench.core.sequencer.current_nav_index() < 2:
        link.run(1.0)
    link.run(5.0)
    return link


def told(link: Link) -> list[str]:
    return [text for text in link.bench.texts if text.startswith(("AFS", "Terminating", "Aborting", "Unable"))]


def ended(link: Link, why: str) -> None:
    assert f"Terminating due to {why}" in told(link)
    assert link.bench.parameters["AFS_TERMINATE"] == 1.0 and not link.bench.core.facts.armed


# --- by command -------------------------------------------------------------------------------------------------------
def test_a_station_ends_the_flight_and_takes_that_back() -> None:
    link = flying()
    core = link.bench.core
    assert core.advanced_failsafe.command(terminate=True).ok
    assert not core.facts.armed and told(link)[-1] == "Terminating due to GCS request"
    link.run(20.0)
    assert core.arming.arm(link.bench.now_ms).ok
    link.run(6.0)
    assert not core.facts.armed, "it is still to end"
    assert core.advanced_failsafe.command(terminate=False).ok
    assert told(link)[-1] == "Aborting termination due to GCS request" and link.bench.parameters["AFS_TERMINATE"] == 0.0
    link.run(5.0)
    link.bench.arm()


@pytest.mark.parametrize(("parameters", "text"), [
    ({"AFS_ENABLE": 0.0}, "AFS not enabled, can't terminate the vehicle"),
    ({"AFS_TERM_ACTION": 0.0}, "Unable to terminate, termination is not configured"),
])  # fmt: skip
def test_what_is_not_set_up_ends_nothing(parameters: dict[str, float], text: str) -> None:
    link = flying(**parameters)
    assert link.bench.core.advanced_failsafe.command(terminate=True).result is Result.FAILED
    assert told(link)[-1] == text
    link.run(2.0)
    assert link.bench.core.facts.armed


def test_a_flight_that_was_ended_may_begin_again_after_a_restart() -> None:
    """ArduPilot's MAV_CMD_DO_FLIGHTTERMINATION restarts between its two flights."""
    link = flying()
    assert link.bench.core.advanced_failsafe.command(terminate=True).ok
    assert link.bench.parameters["AFS_TERMINATE"] == 1.0 and not link.bench.parameters.is_stored("AFS_TERMINATE")


def test_with_lift_motors_it_may_land() -> None:
    link = flying("quadplane", AFS_TERM_ACTION=43.0)
    assert link.bench.core.advanced_failsafe.command(terminate=True).ok
    link.run(2.0)
    assert link.bench.core.modes.number == M.QLAND and link.bench.core.facts.armed


# --- by itself --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("parameters", "why"), [
    ({"FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 40.0, "FENCE_ACTION": 0.0}, "fence breach"),
    ({"AFS_QNH_PRESSURE": 1013.25, "AFS_AMSL_LIMIT": 620.0}, "fence breach"),
    ({}, "range 1.0km"),
])  # fmt: skip
def test_it_ends_the_flight_beyond_a_limit(parameters: dict[str, float], why: str) -> None:
    link = flying(AFS_MAX_RANGE=1.0)
    assert told(link) == ["AFS State: AFS_AUTO"]
    for name, value in parameters.items():
        link.bench.parameters.set(name, value)
    link.bench.core.fence.enable(1.0)
    link.run(40.0)
    ended(link, why)


def test_the_limits_of_the_fence_are_its_own_if_afs_geofence_is_off() -> None:
    link = flying(AFS_GEOFENCE=0.0, AFS_QNH_PRESSURE=1013.25, AFS_AMSL_LIMIT=620.0)
    link.run(20.0)
    assert told(link) == ["AFS State: AFS_AUTO"]


@pytest.mark.parametrize("parameters", [{"AFS_AMSL_LIMIT": 620.0}, {"AFS_QNH_PRESSURE": 1013.25}])
def test_a_limit_of_height_needs_the_limit_and_the_pressure_at_sea_level(parameters: dict[str, float]) -> None:
    """With one of them alone no height ends the flight (AP_AdvancedFailsafe, check_altlimit), nor a dead barometer."""
    link = flying()
    for name, value in ({"SIM_BARO_DISABLE": 1.0} | parameters).items():
        link.bench.parameters.set(name, value)
    link.run(8.0)
    assert told(link) == ["AFS State: AFS_AUTO"]


@pytest.mark.parametrize(("margin", "ends"), [(-1.0, True), (10.0, False), (200.0, True)])
def test_without_a_barometer_gps_tells_how_high_it_is(margin: float, ends: bool) -> None:
    """The plane is near 660 m."""
    link = flying(AFS_QNH_PRESSURE=1013.25, AFS_AMSL_LIMIT=800.0, AFS_AMSL_ERR_GPS=margin)
    link.bench.parameters.set("SIM_BARO_DISABLE", 1.0)
    link.run(4.0)
    assert told(link) == ["AFS State: AFS_AUTO"]
    link.run(4.0)
    assert (told(link) == ["AFS State: AFS_AUTO"]) is not ends


@pytest.mark.parametrize(("fails", "text", "seconds"), [
    ("SIM_BARO_DISABLE", "Terminating due to fence breach", 5.0), ("SIM_GPS_DISABLE", "AFS State: GPS_LOSS", 3.0),
])  # fmt: skip
def test_a_sensor_that_has_just_failed_when_it_is_enabled_has_its_time(fails: str, text: str, seconds: float) -> None:
    """It counts only after 5 s without a barometer or 3 s without a fix, also if nobody watched before."""
    link = flying(AFS_ENABLE=0.0, AFS_QNH_PRESSURE=1013.25, AFS_AMSL_LIMIT=800.0)
    link.bench.parameters.set(fails, 1.0)
    link.run(1.0)
    link.bench.parameters.set("AFS_ENABLE", 1.0)
    link.run(seconds - 1.0)
    assert told(link) == ["AFS State: AFS_AUTO"]
    link.run(3.0)
    assert text in told(link)


@pytest.mark.parametrize(("mode", "manual_only", "ends"), [
    (M.FBWA, 1.0, True), (M.MANUAL, 1.0, True), (M.AUTO, 1.0, False), (M.CRUISE, 1.0, False), (M.AUTO, 0.0, True),
])  # fmt: skip
def test_lost_sticks_end_the_flight_of_a_pilot(mode: PlaneMode, manual_only: float, ends: bool) -> None:
    link = flying(AFS_RC_FAIL_TIME=2.0, AFS_RC_MAN_ONLY=manual_only, FS_SHORT_ACTN=3.0, FS_LONG_TIMEOUT=60.0)
    core = link.bench.core
    assert core.modes.set(mode, link.bench.now_ms).ok
    core.failsafes.sticks_silent(link.bench.now_ms)
    link.run(1.0)
    assert core.facts.armed
    link.run(3.0)
    assert ("Terminating due to RC failure" in told(link)) is ends


@pytest.mark.parametrize(("limit_s", "ends"), [(1.0, True), (2.0, False)])
def test_the_mode_of_the_short_action_protects_from_it_only_once_it_would_fly(limit_s: float, ends: bool) -> None:
    """ArduPilot's AdvancedFailsafe: in MANUAL, with a short action. ArduPlane takes it after 1.2 s without pulses."""
    link = flying(AFS_RC_FAIL_TIME=limit_s, FS_LONG_TIMEOUT=60.0)
    core = link.bench.core
    assert core.modes.set(M.MANUAL, link.bench.now_ms).ok
    link.run(1.0)
    core.failsafes.sticks_silent(link.bench.now_ms)
    assert core.modes.number == M.CIRCLE
    link.run(4.0)
    assert ("Terminating due to RC failure" in told(link)) is ends


def test_before_the_first_mode_that_flies_by_itself_lost_sticks_end_nothing() -> None:
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters=ON | {"AFS_RC_FAIL_TIME": 2.0})
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(0.5)
    assert bench.core.modes.set(M.MANUAL, bench.now_ms).ok
    bench.run(1.0)
    assert [text for text in bench.texts if text.startswith("Terminating")] == []


def test_gps_tells_its_last_height_until_it_has_been_silent_for_four_seconds() -> None:
    """ArduPilot's AdvancedFailsafeBadBaro waits for the end after it has switched GPS off."""
    link = flying(AFS_QNH_PRESSURE=1013.25, AFS_AMSL_LIMIT=800.0, AFS_AMSL_ERR_GPS=10.0)
    link.bench.parameters.set("SIM_BARO_DISABLE", 1.0)
    link.run(8.0)
    link.bench.parameters.set("SIM_GPS_DISABLE", 1.0)
    link.run(2.0)
    assert told(link) == ["AFS State: AFS_AUTO"]
    link.run(4.0)
    ended(link, "fence breach")


# --- losses -----------------------------------------------------------------------------------------------------------
def test_without_a_station_the_mission_goes_on_at_an_item_and_returns_from_it() -> None:
    link = flying(AFS_WP_COMMS=4.0)
    link.heard = False
    link.run(9.0)
    assert told(link) == ["AFS State: AFS_AUTO"]
    link.run(3.0)
    assert told(link)[-1] == "AFS State: DATA_LINK_LOSS" and link.bench.core.sequencer.current_nav_index() == 4
    link.heard = True
    link.run(2.0)
    assert told(link)[-1] == "AFS State: AFS_AUTO, GCS now OK" and link.bench.core.sequencer.current_nav_index() == 2


@pytest.mark.parametrize(("gps", "state"), [(0.0, "DATA_LINK_LOSS"), (1.0, "GPS_LOSS")])
def test_where_no_item_is_named_the_mission_goes_on_as_before(gps: float, state: str) -> None:
    """AFS_WP_COMMS and AFS_WP_GPS_LOSS 0: the loss is told, and the plane is still on its way to item 4."""
    link = flying(AFS_GCS_TIMEOUT=3.0)
    assert link.bench.core.mission_commands.set_current(4).ok
    link.heard = bool(gps)
    link.bench.parameters.set("SIM_GPS_DISABLE", gps)
    link.run(5.0)
    assert told(link)[-1] == f"AFS State: {state}" and link.bench.core.sequencer.current_nav_index() == 4


@pytest.mark.parametrize("parameters", [{"AFS_MAX_COM_LOSS": 1.0}, {"AFS_OPTIONS": 1.0}])
def test_it_need_not_return_from_it(parameters: dict[str, float]) -> None:
    """AFS_MAX_COM_LOSS 1 allows one return; the second loss counts 30 s after the first."""
    link = flying(AFS_WP_COMMS=4.0, AFS_GCS_TIMEOUT=3.0, **parameters)
    for heard in (False, True, False, True):
        link.heard = heard
        link.run(18.0)
    assert link.bench.core.sequencer.current_nav_index() >= 4


def test_without_gps_it_goes_on_at_another_item_and_without_both_it_ends() -> None:
    link = flying(AFS_WP_GPS_LOSS=3.0)
    link.bench.parameters.set("SIM_GPS_DISABLE", 1.0)
    link.run(5.0)
    assert told(link)[-1] == "AFS State: GPS_LOSS" and link.bench.core.sequencer.current_nav_index() == 3
    link.bench.parameters.set("SIM_GPS_DISABLE", 0.0)
    link.run(3.0)
    assert told(link)[-1] == "AFS State: AFS_AUTO, GPS now OK" and link.bench.core.sequencer.current_nav_index() == 2
    link.bench.parameters.set("SIM_GPS_DISABLE", 1.0)
    link.heard = False
    link.run(14.0)
    ended(link, "dual loss")


def test_what_is_found_first_of_two_losses_waits_for_the_other() -> None:
    """AFS_DUAL_LOSS 0. Without a fix the plane does not return to the item that it left for want of a station, nor
    does a GPS loss begin there (AP_AdvancedFailsafe: in DATA_LINK_LOSS a missing fix is asked for first)."""
    link = flying(AFS_DUAL_LOSS=0.0, AFS_GCS_TIMEOUT=3.0, AFS_WP_COMMS=4.0, AFS_WP_GPS_LOSS=3.0)
    link.heard = False
    link.run(5.0)
    link.bench.parameters.set("SIM_GPS_DISABLE", 1.0)
    link.run(5.0)
    link.heard = True
    link.run(2.0)
    assert told(link)[-1] == "AFS State: DATA_LINK_LOSS" and link.bench.core.sequencer.current_nav_index() == 4
    link.bench.parameters.set("SIM_GPS_DISABLE", 0.0)
    link.run(3.0)
    assert told(link)[-1] == "AFS State: AFS_AUTO, GCS now OK" and link.bench.core.sequencer.current_nav_index() == 2


def test_a_loss_of_both_may_be_allowed() -> None:
    link = flying(AFS_DUAL_LOSS=0.0)
    link.bench.parameters.set("SIM_GPS_DISABLE", 1.0)
    link.heard = False
    link.run(14.0)
    assert link.bench.core.facts.armed and told(link)[-1].startswith("AFS State")


def test_its_states_are_told_to_those_who_debug() -> None:
    severities = {event.severity for event in flying().bench.events(StatusText) if event.text.startswith("AFS")}
    assert severities == {Severity.DEBUG}
