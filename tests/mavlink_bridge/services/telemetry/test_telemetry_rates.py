"""How often a ground station hears what, link by link; in virtual time on a real endpoint."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from autopilot.context.events import ModeChanged, StatusText
from autopilot.control import kernels
from autopilot.mav import Result, Severity
from autopilot.mission.events import ItemReached
from mavlink_bridge.wire.codec import dialect, id_of
from tests.fakes.telemetry_bench import SENSORS, Bench, FakeCore

MINUTE = 60_000
ATTITUDE, AHRS2 = 30, 178
FENCE = 1 << 20
AT_TWO_HERTZ = [
    "SYS_STATUS", "GPS_RAW_INT", "BATTERY_STATUS", "EKF_STATUS_REPORT", "AHRS", "NAV_CONTROLLER_OUTPUT", "SYSTEM_TIME",
    "RAW_IMU", "SCALED_PRESSURE", "VIBRATION", "RC_CHANNELS", "SERVO_OUTPUT_RAW", "LOCAL_POSITION_NED",
    "POSITION_TARGET_GLOBAL_INT", "FENCE_STATUS",
]  # fmt: skip


def rates(bench: Bench, link: int, seconds: float) -> dict[str, float]:
    """Messages per second of vehicle time, by name."""
    counts = Counter(one.name for one in bench.heard if one.link == link and one.time_ms > 0)
    return {name: count / seconds for name, count in counts.items()}


def test_a_client_that_asks_for_nothing_sees_everything_it_needs() -> None:
    """Default rates over a minute lie in the bounds of the checklist, table 1.1."""
    bench = Bench(FakeCore(sensors_enabled=SENSORS | FENCE, fence_enabled=True))
    link = bench.open()
    bench.run(MINUTE)
    heard = rates(bench, link, 60)
    for name in ("HEARTBEAT", "HOME_POSITION", "EXTENDED_SYS_STATE", "MISSION_CURRENT"):
        assert heard[name] == 1.0, name
    for name in AT_TWO_HERTZ:
        assert heard[name] == 2.0, name
    for name in ("GLOBAL_POSITION_INT", "ATTITUDE", "VFR_HUD"):
        assert heard[name] == 4.0, name


def test_a_quiet_link_streams_what_is_asked_for() -> None:
    """And HEARTBEAT; another link has all."""
    bench = Bench()
    quiet, usual = bench.open(quiet=True), bench.open()
    bench.run(10_000)
    assert rates(bench, quiet, 10) == {"HEARTBEAT": 1.0}
    assert rates(bench, usual, 10)["ATTITUDE"] == 4.0
    bench.heard.clear()
    assert bench.service.rates.set_message_interval(quiet, id_of("ATTITUDE"), 100_000) == 0
    bench.run(20_000)
    assert {name: round(hz) for name, hz in rates(bench, quiet, 10).items()} == {"HEARTBEAT": 1, "ATTITUDE": 10}


def test_all_streams_at_four_hertz_wake_four_times_a_second() -> None:
    """MAVProxy's and DroneKit's request: about 100 messages, a range finder's too, in four wake-ups per second."""
    bench = Bench()
    link = bench.open()
    bench.request_stream(link, 0, 4)
    bench.run(20)
    before = bench.wake_ups
    bench.run(10_020)
    assert bench.wake_ups - before <= 4 * 10 + 1
    assert 80 <= sum(rates(bench, link, 10).values()) <= 108


def test_interval_zero_is_the_rate_of_the_group() -> None:
    """As it was asked for last; the default where nobody has."""
    bench = Bench()
    link, other = bench.open(), bench.open()
    bench.request_stream(link, 10, 10)
    number = id_of("ATTITUDE")
    for interval_us in (-1, 0):
        assert bench.service.rates.set_message_interval(link, number, interval_us) == 0
        assert bench.service.rates.set_message_interval(other, number, interval_us) == 0
    assert [bench.service.rates.message_interval(at, number) for at in (link, other)] == [100_000, 250_000]


MISSION_PLANNER = {
    (1, 2): "RAW_IMU", (2, 2): "SYS_STATUS", (3, 2): "RC_CHANNELS_RAW", (6, 2): "GLOBAL_POSITION_INT",
    (10, 4): "ATTITUDE", (11, 4): "VFR_HUD", (12, 2): "AHRS",
}  # fmt: skip


def test_mission_planner_needs_to_ask_only_once() -> None:
    """It asks again while a rate is 0.1 Hz above or 1 Hz below its wish, judged by one message of each group."""
    bench = Bench()
    link = bench.open()
    for group, hz in MISSION_PLANNER:
        bench.request_stream(link, group, hz)
    bench.run(MINUTE)
    heard = rates(bench, link, 60)
    for (_, hz), name in MISSION_PLANNER.items():
        assert hz - 1 < heard[name] <= hz + 0.1, name


@pytest.mark.parametrize(
    ("group", "hz", "name"), [(10, 10, "ATTITUDE"), (11, 10, "VFR_HUD"), (6, 3, "GLOBAL_POSITION_INT")]
)
def test_qgroundcontrol_gets_the_rates_it_asks_for(group: int, hz: int, name: str) -> None:
    """10 Hz and 3 Hz are kept exactly over a minute, though a third of a second is no number of ticks."""
    bench = Bench()
    link = bench.open()
    bench.request_stream(link, group, hz)
    bench.run(MINUTE)
    assert rates(bench, link, 60)[name] == hz


def test_each_link_has_its_own_rates() -> None:
    """A request on one link leaves the other alone."""
    bench = Bench()
    first, second = bench.open(), bench.open()
    bench.request_stream(first, 10, 10)
    bench.run(10_000)
    assert rates(bench, first, 10)["ATTITUDE"] == 10
    assert rates(bench, second, 10)["ATTITUDE"] == 4


def test_stopping_all_streams_leaves_the_vital_ones() -> None:
    """Stop, or rate 0: HEARTBEAT, MISSION_CURRENT and HOME_POSITION stay at 1 Hz, groups are silent."""
    for hz, start in ((4, 0), (0, 1)):
        bench = Bench()
        link = bench.open()
        bench.request_stream(link, 0, hz, start)
        bench.run(10_000)
        assert rates(bench, link, 10) == pytest.approx(
            {
                "HEARTBEAT": 1,
                "MISSION_CURRENT": 1,
                "HOME_POSITION": 1,
                "EXTENDED_SYS_STATE": 1,
                "AVAILABLE_MODES_MONITOR": 0.2,
            }
        )


def test_an_unknown_group_changes_nothing() -> None:
    """Groups that ArduPilot does not have are ignored."""
    bench = Bench()
    link = bench.open()
    before = bench.service.rates.message_interval(link, ATTITUDE)
    for group in (4, 5, 13, 255):
        bench.request_stream(link, group, 50)
    assert bench.service.rates.message_interval(link, ATTITUDE) == before == 250_000


def test_streams_of_two_links_share_their_wake_ups() -> None:
    """A second client with the same rates costs no further wake-up, although it came at an odd time."""
    bench = Bench()
    bench.request_stream(bench.open(), 0, 4)
    bench.run(340)
    bench.request_stream(bench.open(), 0, 4)
    bench.run(1000)
    before = bench.wake_ups
    bench.run(11_000)
    assert bench.wake_ups - before <= 41


def test_no_link_nothing_is_due() -> None:
    """Without a listener the service never wants to be called, and events cost nothing."""
    bench = Bench()
    assert bench.service.next_deadline_ms() is None
    bench.service.handle_events([ModeChanged(3), StatusText(Severity.INFO, "alone")], 0)
    bench.close(bench.open())
    assert bench.service.next_deadline_ms() is None


def test_a_link_that_opens_late_hears_a_heartbeat_at_once() -> None:
    """Clients wait for the first HEARTBEAT; it does not wait for the full second."""
    bench = Bench()
    bench.open()
    bench.run(340)
    late = bench.open()
    bench.run(1000)
    assert bench.times("HEARTBEAT", late) == [340, 1000]


def test_a_log_keeps_its_rates() -> None:
    """A fixed link streams what it was opened with, whatever is asked for on it."""
    bench = Bench()
    link = bench.open(rates_hz={"*": 10, "HOME_POSITION": 1, "HWSTATUS": 1}, fixed=True)
    bench.request_stream(link, 0, 0)
    assert bench.service.rates.set_message_interval(link, ATTITUDE, -1) is Result.ACCEPTED
    bench.run(10_000)
    heard = rates(bench, link, 10)
    assert (heard["ATTITUDE"], heard["SYS_STATUS"], heard["HOME_POSITION"], heard["HWSTATUS"]) == (10, 10, 1, 1)


def test_a_congested_link_loses_streams_and_no_sequence_numbers() -> None:
    """While nobody reads, streams are skipped; what was sent has no gaps in its numbers."""
    bench = Bench()
    link = bench.open(rates_hz={"*": 50})
    bench.endpoint.send(dialect.MAVLink_statustext_message(6, b"x" * 50), link)
    while not bench.endpoint.out_queue(link).busy:
        bench.endpoint.send(dialect.MAVLink_statustext_message(6, b"x" * 50), link)
    bench.service.handle_timeout(1000)
    assert bench.service.skipped > 20
    bench.read()
    bench.now_ms = 1020
    bench.run(2000)
    numbers = [one.message.get_seq() for one in bench.heard]
    assert all((b - a) & 255 == 1 for a, b in pairwise(numbers))
    assert bench.times("ATTITUDE")[0] == 1020


@pytest.mark.parametrize("compiled", [False, True])
def test_called_at_ticks_or_at_deadlines_the_bytes_are_the_same(compiled: bool) -> None:
    """The same requests and events at the same instants give the same bytes on every link."""
    if compiled and not kernels.compiled():
        pytest.skip("nothing is compiled here")
    recorded = []
    for by_ticks in (False, True):
        bench = Bench(compiled=compiled)
        first, second = bench.open(), bench.open()
        bench.request_stream(first, 0, 4)
        for second_of_flight in range(1, 6):
            bench.run(second_of_flight * 1000 - 20 * second_of_flight, by_ticks=by_ticks)
            bench.core.mode_number = second_of_flight
            bench.events(ModeChanged(second_of_flight), StatusText(Severity.INFO, "t" * 70), ItemReached(1))
            bench.request_stream(second, 10, 1 + second_of_flight)
            bench.service.rates.set_message_interval(second, AHRS2, 33_333 * second_of_flight)
        bench.run(6000, by_ticks=by_ticks)
        recorded.append(bench.bytes)
    assert recorded[0] == recorded[1]
    assert len(recorded[0][1]) > 10_000


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (1, {"RAW_IMU", "SCALED_IMU2", "SCALED_PRESSURE"}),
        (6, {"GLOBAL_POSITION_INT", "LOCAL_POSITION_NED"}),
        (10, {"ATTITUDE", "AHRS2", "SIMSTATE"}),
        (11, {"VFR_HUD"}),
        (
            12,
            {
                "AHRS",
                "WIND",
                "SYSTEM_TIME",
                "BATTERY_STATUS",
                "EKF_STATUS_REPORT",
                "VIBRATION",
                "DISTANCE_SENSOR",
                "RANGEFINDER",
            },
        ),
    ],
)
def test_a_group_is_what_ardupilot_streams_in_it(group: int, names: set[str]) -> None:
    """Table 1.1: at 10 Hz nothing else comes as often."""
    bench = Bench()
    link = bench.open()
    bench.request_stream(link, group, 10)
    bench.run(10_000)
    assert {name for name, rate in rates(bench, link, 10).items() if rate > 9.0} == names
