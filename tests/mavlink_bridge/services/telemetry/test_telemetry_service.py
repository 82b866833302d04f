"""What a ground station hears when it asks, when something happens, and that it is the truth."""

from __future__ import annotations

import pytest

from autopilot.context.events import (
    ArmedChanged,
    FenceChanged,
    FlightEvent,
    FlightStateChanged,
    HomeChanged,
    ModeChanged,
)
from autopilot.interface import report as r
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Result
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete
from autopilot.mission.state import MissionState
from tests.fakes.telemetry_bench import SENSORS, Bench, FakeCore, plans

MISSION_CURRENT, HOME_POSITION, ATTITUDE, AHRS2, VERSION, AVAILABLE_MODES = 42, 242, 30, 178, 148, 435
PREARM, FENCE, BATTERY, TUBE = 1 << 28, 1 << 20, 1 << 25, 1 << 4


# --- intervals and requests -----------------------------------------------------------------------------------------
def test_message_intervals_set_read_and_reset() -> None:
    """SET_MESSAGE_INTERVAL: us, -1 off, 0 back to the default; faster than a tick becomes a tick; unknown DENIED."""
    bench = Bench()
    link = bench.open()
    service = bench.service
    assert service.rates.message_interval(link, ATTITUDE) == 250_000
    assert service.rates.set_message_interval(link, ATTITUDE, 100_000) is Result.ACCEPTED
    assert service.rates.message_interval(link, ATTITUDE) == 100_000
    assert service.rates.set_message_interval(link, ATTITUDE, -1) is Result.ACCEPTED
    assert service.rates.message_interval(link, ATTITUDE) == -1
    assert service.rates.set_message_interval(link, ATTITUDE, 0) is Result.ACCEPTED
    assert service.rates.message_interval(link, ATTITUDE) == 250_000
    assert service.rates.set_message_interval(link, ATTITUDE, 1) is Result.ACCEPTED
    assert service.rates.message_interval(link, ATTITUDE) == 20_000
    assert service.rates.set_message_interval(link, 60_001, 1000) is Result.DENIED
    assert service.rates.set_message_interval(link, ATTITUDE, -2) is Result.DENIED
    assert service.rates.message_interval(link, 60_001) == 0
    assert service.rates.message_interval(link, AHRS2) == -1


def test_a_stream_that_is_off_by_default_starts_on_request() -> None:
    """AHRS2 at 5 Hz, and off again with interval 0."""
    bench = Bench()
    link = bench.open()
    bench.service.rates.set_message_interval(link, AHRS2, 200_000)
    bench.run(10_000)
    assert len(bench.times("AHRS2")) == 51
    bench.service.rates.set_message_interval(link, AHRS2, 0)
    bench.run(20_000)
    assert len(bench.times("AHRS2")) == 51


def test_a_requested_message_waits_for_the_acknowledgement() -> None:
    """Nothing is sent by the call itself: the asker's link gets the message from `take_outgoing`."""
    bench = Bench()
    link = bench.open()
    bench.run(20)
    bench.read()
    assert bench.service.request_message(link, ATTITUDE) is Result.ACCEPTED
    assert bench.endpoint.out_queue(link).size == 0
    assert bench.service.next_deadline_ms() == 0
    (outgoing,) = bench.service.take_outgoing()
    assert (outgoing.link, outgoing.message.get_type()) == (link, "ATTITUDE")
    assert outgoing.message.roll == pytest.approx(bench.core.vehicle.state.report[r.ROLL])
    assert bench.service.take_outgoing() == []


def test_home_is_refused_while_there_is_none() -> None:
    """REQUEST_MESSAGE for HOME_POSITION: FAILED without a home, else the home."""
    bench = Bench(FakeCore(home=None))
    link = bench.open()
    assert bench.service.request_message(link, HOME_POSITION) is Result.FAILED
    bench.core.home = GeoPoint(-35.0, 149.0, 100.0)
    assert bench.service.request_message(link, HOME_POSITION) is Result.ACCEPTED
    (outgoing,) = bench.service.take_outgoing()
    assert (outgoing.message.latitude, outgoing.message.altitude) == (-350_000_000, 100_000)


def test_home_follows_when_it_moves() -> None:
    """HOME_POSITION at once on HomeChanged, with the new place in the local frame as well, and the frame's origin, as
    AP_AHRS::set_home."""
    bench = Bench()
    bench.open()
    origin = bench.core.vehicle.origin
    bench.core.home = GeoPoint(origin.lat + 0.001, origin.lon, origin.alt + 5.0)
    heard, second = bench.events(HomeChanged())
    assert (heard.name, second.name) == ("HOME_POSITION", "GPS_GLOBAL_ORIGIN")
    assert second.message.latitude == round(origin.lat * 1e7)
    assert (heard.message.x, heard.message.y, heard.message.z) == pytest.approx((111.3188, 0.0, -5.0), abs=1e-3)


def test_origin_version_and_unknown_messages_on_request() -> None:
    """GPS_GLOBAL_ORIGIN and AUTOPILOT_VERSION are served; what nobody has an answer for is not there."""
    bench = Bench()
    link = bench.open()
    assert bench.service.request_message(link, 49) is Result.ACCEPTED
    assert bench.service.request_message(link, VERSION) is Result.ACCEPTED
    assert bench.service.request_message(link, AVAILABLE_MODES) is Result.UNSUPPORTED
    origin, version = (one.message for one in bench.service.take_outgoing())
    assert (origin.latitude, origin.altitude) == (-353_632_610, 584_000)
    assert version.flight_sw_version == 0x040602FF
    assert version.capabilities == 61_903 + 2048
    assert version.uid != 0
    bench.core.vehicle.origin = None
    assert bench.service.request_message(link, 49) is Result.FAILED


# --- at once --------------------------------------------------------------------------------------------------------
def test_heartbeat_goes_first_on_a_mode_change() -> None:
    """Before MISSION_CURRENT, whatever the order of the events, on all links."""
    bench = Bench()
    links = [bench.open(), bench.open()]
    bench.core.mode_number = 6
    heard = bench.events(ItemReached(2), CurrentChanged(3), ModeChanged(6))
    for link in links:
        names = [one.name for one in heard if one.link == link]
        assert names == ["HEARTBEAT", "MISSION_ITEM_REACHED", "MISSION_CURRENT"]
    assert heard[0].message.custom_mode == 6


def test_heartbeat_at_once_on_arming() -> None:
    """ArmedChanged: the armed bit is on the wire in the same pass."""
    bench = Bench()
    bench.open()
    bench.core.base_mode = 81
    (heard,) = bench.events(ArmedChanged(False))
    assert (heard.name, heard.message.base_mode & 128) == ("HEARTBEAT", 0)


def test_several_changes_in_one_pass_are_one_message() -> None:
    """Two CurrentChanged: one MISSION_CURRENT, which says how things are now."""
    bench = Bench()
    bench.open()
    bench.core.sequencer.nav_index = 3
    heard = bench.events(CurrentChanged(2), CurrentChanged(3))
    assert [(one.name, one.message.seq) for one in heard] == [("MISSION_CURRENT", 3)]


def test_events_do_not_shift_the_streams() -> None:
    """A HEARTBEAT in between leaves the 1 Hz instants where they were."""
    bench = Bench()
    bench.open()
    bench.run(1540)
    bench.events(ModeChanged(4))
    bench.run(3000)
    assert bench.times("HEARTBEAT") == [0, 1000, 1540, 2000, 3000]


@pytest.mark.parametrize(
    ("phase", "count", "mode", "state", "total", "mission_mode"),
    [
        (MissionState.IDLE, 0, 0, 1, 65_535, 2),
        (MissionState.IDLE, 3, 0, 2, 3, 2),
        (MissionState.RUNNING, 3, 3, 3, 3, 1),
        (MissionState.RUNNING, 3, 27, 3, 3, 1),
        (MissionState.COMPLETED, 3, 3, 5, 3, 1),
        (MissionState.COMPLETED, 3, 9, 5, 3, 2),
    ],
)
def test_mission_current_tells_state_total_and_mode(
    phase: MissionState, count: int, mode: int, state: int, total: int, mission_mode: int
) -> None:
    """MISSION_CURRENT (docs/reference/mission-semantics.md, 1.1, item 30)."""
    bench = Bench(FakeCore(plans=plans(mission=count), mode_number=mode))
    bench.core.sequencer.phase = phase
    bench.open()
    for event in (MissionComplete(), MissionCleared(), CurrentChanged(0)):
        (heard,) = bench.events(event)
        message = heard.message
        assert (message.mission_state, message.total, message.mission_mode) == (state, total, mission_mode)


def test_mission_current_tells_a_pause() -> None:
    """ArduPilot's MISSION_STATE_PAUSED, from DO_PAUSE_CONTINUE until the mission goes on."""
    bench = Bench(FakeCore(plans=plans(mission=3), paused=True))
    bench.core.sequencer.phase = MissionState.RUNNING
    bench.open()
    (heard,) = bench.events(CurrentChanged(0))
    assert heard.message.mission_state == 4


def test_mission_ids_are_the_checksums_of_the_plans() -> None:
    """mission_id, fence_id, rally_points_id: 0 only when empty."""
    bench = Bench(FakeCore(plans=plans(fence=2)))
    bench.open()
    (heard,) = bench.events(CurrentChanged(0))
    mission, fence, rally = heard.message.mission_id, heard.message.fence_id, heard.message.rally_points_id
    assert mission == bench.core.plans.mission.checksum() != 0
    assert fence == bench.core.plans.fence.checksum() != 0
    assert rally == 0
    bench.service.request_message(heard.link, MISSION_CURRENT)
    (outgoing,) = bench.service.take_outgoing()
    assert (outgoing.message.mission_id, outgoing.message.fence_id) == (mission, fence)


def test_a_breach_is_told_at_once_with_its_type() -> None:
    """FENCE_STATUS on FenceChanged: FENCE_TYPE bits become FENCE_BREACH; silent while no fence is enabled. One
    that only reports (FENCE_ACTION 0) is not in use in SYS_STATUS, but has a status, as in ArduPilot."""
    bench = Bench()
    bench.open()
    bench.core.fence_breach = (1, 1, 4, 12_000)
    assert bench.events(FenceChanged(1)) == []
    bench.core.fence_enabled = True
    (heard,) = bench.events(FenceChanged(1))
    message = heard.message
    assert (message.breach_status, message.breach_type, message.breach_count, message.breach_time) == (1, 2, 4, 12_000)


def test_the_time_of_a_breach_wraps_as_the_boot_time() -> None:
    """After 49.7 days it stood still at the largest number, which is after the present time_boot_ms."""
    bench = Bench()
    bench.open()
    bench.core.fence_breach, bench.core.fence_enabled = (1, 1, 1, (1 << 32) + 12_000), True
    (heard,) = bench.events(FenceChanged(1))
    assert heard.message.breach_time == 12_000


def test_flight_state_is_a_named_value() -> None:
    """FlightStateChanged: NAMED_VALUE_INT FM_STATE."""
    bench = Bench()
    bench.open()
    (heard,) = bench.events(FlightStateChanged(3, FlightEvent.COUNTDOWN_OVER))
    assert (heard.name, heard.message.name, heard.message.value) == ("NAMED_VALUE_INT", "FM_STATE", 3)


# --- truth ----------------------------------------------------------------------------------------------------------
def test_sensor_bits_are_truthful() -> None:
    """PREARM_CHECK always present and enabled, healthy if the checks pass; a lost GPS is enabled, unhealthy."""
    bench = Bench(FakeCore(prearm_ok=False))
    bench.open()
    bench.core.vehicle.state.report[r.SENSORS_HEALTHY] = SENSORS & ~32
    bench.run(0)
    status = bench.last("SYS_STATUS")
    assert status.onboard_control_sensors_present == SENSORS | 1024 | 2048 | PREARM
    assert status.onboard_control_sensors_enabled == SENSORS | 1024 | 2048 | PREARM
    assert status.onboard_control_sensors_health == (SENSORS & ~32) | 1024 | 2048 | FENCE
    bench.core.prearm_ok = True
    bench.run(500)
    assert bench.last("SYS_STATUS").onboard_control_sensors_health & PREARM


def test_a_fence_that_is_off_is_healthy() -> None:
    """As with ArduPilot: MAVProxy says "fence breach" as soon as a SYS_STATUS comes without this bit."""
    bench = Bench(FakeCore())
    bench.open()
    bench.run(0)
    status = bench.last("SYS_STATUS")
    assert (status.onboard_control_sensors_enabled & FENCE, status.onboard_control_sensors_health & FENCE) == (0, FENCE)


def test_a_breached_fence_is_not_healthy() -> None:
    """Geofence bit: enabled while a fence is, healthy while it is not breached."""
    bench = Bench(FakeCore(sensors_enabled=SENSORS | FENCE))
    bench.open()
    bench.run(0)
    assert bench.last("SYS_STATUS").onboard_control_sensors_health & FENCE
    bench.core.fence_breach = (1, 4, 1, 0)
    bench.run(500)
    status = bench.last("SYS_STATUS")
    assert (status.onboard_control_sensors_enabled & FENCE, status.onboard_control_sensors_health & FENCE) == (FENCE, 0)


@pytest.mark.parametrize(
    ("monitor", "volts", "amps", "percent", "used"),
    [(0, 65_535, -1, -1, None), (3, 700, -1, -1, -1), (4, 700, 1_000, 50, 9)],
)
def test_what_no_monitor_measures_of_the_battery_is_not_known(
    monkeypatch: pytest.MonkeyPatch, monitor: int, volts: int, amps: int, percent: int, used: int | None
) -> None:
    """BATT_MONITOR 0, 3 (voltage) and 4, as ArduPilot; without one there is no BATTERY_STATUS."""
    facts = FakeCore().facts
    facts.param = lambda name, default=0.0: float(monitor) if name == "BATT_MONITOR" else default
    monkeypatch.setattr(FakeCore, "facts", facts)
    bench = Bench()
    report = facts.vehicle.state.report
    report[[r.BATT_V, r.BATT_A, r.BATT_MAH, r.BATT_FRACTION]] = 0.7, 10.0, 9.0, 0.5
    bench.core.vehicle = facts.vehicle
    bench.open()
    bench.run(500)
    status = bench.last("SYS_STATUS")
    assert (status.voltage_battery, status.current_battery, status.battery_remaining) == (volts, amps, percent)
    told = [heard.message.current_consumed for heard in bench.of("BATTERY_STATUS")]
    assert set(told) == (set() if used is None else {used})


def test_a_pitot_tube_out_of_use_is_healthy() -> None:
    """As with ArduPilot: what nobody flies by has not failed."""
    bench = Bench(FakeCore())
    bench.core.vehicle.state.report[r.SENSORS_PRESENT] = SENSORS | TUBE
    bench.core.vehicle.state.report[r.SENSORS_HEALTHY] = SENSORS | TUBE
    bench.open()
    bench.run(0)
    status = bench.last("SYS_STATUS")
    assert (status.onboard_control_sensors_enabled & TUBE, status.onboard_control_sensors_health & TUBE) == (0, TUBE)


def test_a_battery_that_failed_is_not_healthy() -> None:
    """As with ArduPilot, from its failsafe on."""
    bench = Bench(FakeCore())
    bench.core.vehicle.state.report[r.SENSORS_PRESENT] = SENSORS | BATTERY
    bench.core.vehicle.state.report[r.SENSORS_HEALTHY] = SENSORS | BATTERY
    bench.core.sensors_enabled |= BATTERY
    bench.open()
    bench.run(0)
    assert bench.last("SYS_STATUS").onboard_control_sensors_health & BATTERY
    bench.core.battery_level = 1
    bench.run(500)
    assert not bench.last("SYS_STATUS").onboard_control_sensors_health & BATTERY


@pytest.mark.parametrize(("level", "state"), [(0, 1), (1, 2), (2, 3)])
def test_the_charge_state_tells_low_and_critical(level: int, state: int) -> None:
    """MAV_BATTERY_CHARGE_STATE OK, LOW, CRITICAL, as ArduPilot's BATTERY_STATUS has it."""
    bench = Bench(FakeCore(battery_level=level))
    bench.open()
    bench.run(1000)
    assert bench.last("BATTERY_STATUS").charge_state == state


def test_heartbeat_and_landed_state_come_together() -> None:
    """QGroundControl takes "flying" from both, so they speak at the same instants."""
    bench = Bench()
    bench.open()
    bench.run(10_000)
    assert bench.times("HEARTBEAT") == bench.times("EXTENDED_SYS_STATE")
    assert bench.last("EXTENDED_SYS_STATE").vtol_state == 3  # MAV_VTOL_STATE_MC, as ArduCopter
    heartbeat = bench.last("HEARTBEAT")
    assert (heartbeat.type, heartbeat.autopilot, heartbeat.system_status, heartbeat.mavlink_version) == (2, 3, 4, 3)


def test_a_rover_is_a_rover() -> None:
    """HEARTBEAT type 10, landed_state always 0, banner without a frame line."""
    bench = Bench(FakeCore(kind="rover", mode_number=4, base_mode=1))
    bench.open()
    bench.run(0)
    assert bench.last("HEARTBEAT").type == 10
    assert bench.last("EXTENDED_SYS_STATE").landed_state == 0
    assert bench.last("EXTENDED_SYS_STATE").vtol_state == 0
    assert bench.service.banner()[0].text.startswith("ArduRover V4.6.2 (")


def test_boot_time_never_falls() -> None:
    """time_boot_ms over all messages of a link, at-once ones included."""
    bench = Bench()
    bench.open(rates_hz={"*": 10})
    for second in range(1, 5):
        bench.run(second * 1000 + 40)
        bench.events(ModeChanged(second), FlightStateChanged(second, FlightEvent.GO))
    times = [one.message.time_boot_ms for one in bench.heard if hasattr(one.message, "time_boot_ms")]
    assert len(times) > 100
    assert times == sorted(times)
