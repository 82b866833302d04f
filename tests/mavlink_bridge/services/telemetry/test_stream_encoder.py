"""Every byte of every streamed message, compared with pymavlink; and what the numbers mean."""

from __future__ import annotations

import subprocess
import sys
from math import floor, isnan, nan, pi
from typing import Any

import numpy as np
import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.interface import report as r
from mavlink_bridge.services.telemetry import layout
from mavlink_bridge.services.telemetry import sources as s
from mavlink_bridge.services.telemetry.encoder import FrameStamper, StreamEncoder, crc_table
from mavlink_bridge.services.telemetry.kernel import stamp_frames, write_frames
from mavlink_bridge.services.telemetry.layout import LAYOUTS, NUMBER_OF_NAME, STREAMS, TABLES, Stream, Value
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import message_id, payload
from mavlink_bridge.wire.framing import FrameWriter
from mavlink_bridge.wire.signing import Signing
from tests.fakes.telemetry_bench import flying_report

ALL = np.arange(len(STREAMS))
SYSTEM, COMPONENT = 7, 1


@pytest.fixture(scope="module")
def compiled() -> StreamEncoder:
    encoder = StreamEncoder(SYSTEM, COMPONENT)
    if not encoder.load():
        pytest.skip("nothing is compiled here")
    return encoder


def prepared(encoder: StreamEncoder, state: Any, facts: Any) -> StreamEncoder:
    encoder.source[s.FACTS : s.DERIVED] = facts
    encoder.source[s.ZERO], encoder.source[s.ONE] = 0.0, 1.0
    encoder.prepare(state)
    return encoder


def random_instants(count: int) -> list[tuple[Any, Any]]:
    """Report and facts vectors of any magnitude, with values that are not numbers among them."""
    random = np.random.default_rng(2)
    instants = []
    for _ in range(count):
        state = random.normal(size=r.SIZE) * 10.0 ** random.uniform(-3, 7)
        state[random.integers(1, r.SIZE, 6)] = nan
        state[r.TIME_MS] = random.integers(0, 2**33)
        state[r.GPS_TIME_MS] = abs(state[r.TIME_MS])
        instants.append((state, np.floor(random.uniform(0, 2.0 ** random.integers(1, 33), s.DERIVED - s.FACTS))))
    return instants


def expected_frame(stream: Stream, values: list[float], sequence: int) -> bytes:
    """The frame as pymavlink packs it from the declared fields."""
    msg_id = message_id(stream.name)
    assert msg_id is not None
    ours, theirs = codec.dialect.mavlink_map[msg_id], dialect.mavlink_map.get(msg_id)
    kind = ours if theirs is None or theirs.fieldnames != ours.fieldnames else theirs
    types = dict(zip(kind.fieldnames, kind.fieldtypes, strict=True))
    lengths = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))

    def number(value: Value, mavlink_type: str) -> float | int:
        given = values[value.source] * value.scale + value.offset
        if mavlink_type == "float":
            return float(np.clip(given, -np.finfo(np.float32).max, np.finfo(np.float32).max))
        bits = int(mavlink_type.removeprefix("u").removeprefix("int").removesuffix("_t"))
        least, most = (0, 2**bits - 1) if mavlink_type[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        given = value.missing if isnan(given) else given
        return floor(float(min(max(given, least), most)) + 0.5)

    fields: dict[str, Any] = {}
    for name in kind.fieldnames:
        declared = stream.fields.get(name, Value(s.ZERO))
        if lengths[name]:
            each = [declared] * lengths[name] if isinstance(declared, Value) else list(declared)
            fields[name] = [number(one, types[name]) for one in each]
        else:
            assert isinstance(declared, Value)
            fields[name] = number(declared, types[name])
    mav = dialect.MAVLink(None, srcSystem=SYSTEM, srcComponent=COMPONENT)
    mav.seq = sequence
    frame: bytes = kind(*[fields[name] for name in kind.fieldnames]).pack(mav)
    return frame


@pytest.mark.parametrize("number", range(len(STREAMS)), ids=lambda number: STREAMS[number].name)
def test_plain_bytes_are_those_of_pymavlink(number: int) -> None:
    """Over random states each frame is the one that pymavlink packs from the same field values."""
    seen = 0
    for state, facts in random_instants(40):
        encoder = prepared(StreamEncoder(SYSTEM, COMPONENT), state, facts)
        values = encoder.source.tolist()
        s.derive(values)
        data, frames = encoder.encode(np.array([number]), 200)
        if values[LAYOUTS[number].ready] == 0.0:
            assert (data, frames) == (b"", 0)
            continue
        seen += 1
        assert (data, frames) == (expected_frame(STREAMS[number], values, 200), 1)
    assert seen > 5


def test_compiled_bytes_are_those_of_plain_python(compiled: StreamEncoder) -> None:
    """The compiled call writes the same bytes for all streams, sequence numbers included, at every state."""
    for state, facts in random_instants(300):
        plain = prepared(StreamEncoder(SYSTEM, COMPONENT), state, facts)
        assert prepared(compiled, state, facts).encode(ALL, 250) == plain.encode(ALL, 250)


def test_where_nothing_is_compiled_the_plain_way_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """`load` says so and changes nothing."""
    monkeypatch.setattr("mavlink_bridge.services.telemetry.encoder.compiled", lambda: False)
    encoder = StreamEncoder(SYSTEM, COMPONENT)
    assert not encoder.load()
    assert not encoder.compiled
    state, facts = random_instants(1)[0]
    assert prepared(encoder, state, facts).encode(ALL, 0)[1] > 20


def test_kernel_runs_uncompiled_with_the_same_bytes() -> None:
    """The kernel function itself, as plain Python, agrees with the struct way."""
    for state, facts in random_instants(3):
        encoder = prepared(StreamEncoder(SYSTEM, COMPONENT), state, facts)
        source = encoder.source.copy()
        s.derive(source)
        out, single, result = np.zeros(TABLES.capacity, np.uint8), np.zeros(1, np.float32), np.zeros(3, np.int64)
        write_frames(
            source,
            TABLES.header,
            TABLES.kind,
            TABLES.number,
            crc_table(),
            single,
            single.view(np.uint8),
            out,
            result,
            ALL,
            len(ALL),
            250,
            SYSTEM,
            COMPONENT,
        )
        data, frames = encoder.encode(ALL, 250)
        assert out[: result[0]].tobytes() == data
        assert result.tolist()[1:] == [(250 + frames) & 255, frames]


def decoded(name: str, state: Any, **facts: float) -> Any:
    """One message as a ground station reads it."""
    vector = np.zeros(s.DERIVED - s.FACTS)
    for fact, value in facts.items():
        vector[getattr(s, fact) - s.FACTS] = value
    encoder = prepared(StreamEncoder(SYSTEM, COMPONENT), state, vector)
    data, frames = encoder.encode(np.array([NUMBER_OF_NAME[name]]), 0)
    assert frames == 1
    return dialect.MAVLink(None).parse_buffer(data)[0]


def test_position_is_in_wire_units_with_height_above_home() -> None:
    """GLOBAL_POSITION_INT: degrees x 1e7, mm AMSL and above home, cm/s, heading in centidegrees."""
    state = flying_report(12_340)
    state[r.VN], state[r.VE], state[r.VD], state[r.YAW] = 3.0, -4.5, -1.25, -pi / 2
    message = decoded("GLOBAL_POSITION_INT", state, HAS_HOME=1, HOME_ALT=584.0)
    assert (message.time_boot_ms, message.lat, message.lon) == (12_340, -353_620_000, 1_491_660_000)
    assert (message.alt, message.relative_alt) == (612_250, 28_250)
    assert (message.vx, message.vy, message.vz, message.hdg) == (300, -450, -125, 27_000)


def test_heading_just_below_north_is_not_360() -> None:
    """A heading that rounds up to a full turn is 0 in both units."""
    state = flying_report()
    state[r.YAW] = -1e-6
    assert decoded("GLOBAL_POSITION_INT", state).hdg == 0
    assert decoded("VFR_HUD", state).heading == 0


def test_no_position_is_zero_zero() -> None:
    """Ground stations read latitude and longitude 0 as "no position"."""
    state = flying_report()
    state[r.LAT] = state[r.LON] = nan
    message = decoded("GLOBAL_POSITION_INT", state)
    assert (message.lat, message.lon) == (0, 0)


def test_hud_climbs_upward_with_throttle_in_percent() -> None:
    """VFR_HUD: climb is positive upward, altitude AMSL, throttle 0 to 100."""
    state = flying_report()
    state[r.VD], state[r.THROTTLE], state[r.GROUND_SPEED] = -1.5, 0.42, 8.0
    message = decoded("VFR_HUD", state)
    assert (message.climb, message.throttle, message.groundspeed, message.alt) == (1.5, 42, 8.0, 612.25)


def test_battery_units_and_unknowns() -> None:
    """mV, cA, mAh, hJ and percent; -1 where nothing is known; cells beyond the pack 65535."""
    state = flying_report()
    state[r.BATT_V], state[r.BATT_A], state[r.BATT_FRACTION] = 12.587, 15.5, 0.874
    state[r.BATT_MAH], state[r.BATT_WH] = 812.4, 10.0
    message = decoded("BATTERY_STATUS", state, CHARGE_STATE=1)
    assert message.voltages == [12_587] + [65_535] * 9
    assert (message.current_battery, message.current_consumed, message.energy_consumed) == (1550, 812, 360)
    assert (message.battery_remaining, message.charge_state, message.temperature) == (87, 1, 32_767)
    state[r.BATT_A] = state[r.BATT_FRACTION] = nan
    status = decoded("SYS_STATUS", state)
    assert (status.current_battery, status.battery_remaining, status.voltage_battery) == (-1, -1, 12_587)


def test_gps_as_received() -> None:
    """GPS_RAW_INT: the fix's own time, HDOP x 100, speed and course over ground, accuracies in mm."""
    state = flying_report(5_000)
    state[r.GPS_TIME_MS], state[r.GPS_HDOP], state[r.GPS_HACC] = 4_900, 0.81, 0.7
    state[r.GPS_VN], state[r.GPS_VE], state[r.GPS_LAT] = 0.0, 5.0, -35.1234567
    message = decoded("GPS_RAW_INT", state)
    assert (message.time_usec, message.fix_type, message.satellites_visible) == (4_900_000, 3, 14)
    assert (message.eph, message.vel, message.cog, message.h_acc) == (81, 500, 9_000, 700)
    assert message.lat == -351_234_567


def test_imu_in_milli_units() -> None:
    """RAW_IMU: milli-g, mrad/s, milligauss."""
    state = flying_report()
    state[r.ACCEL_Z], state[r.GYRO_X], state[r.MAG_Y] = -9.80665, 0.25, 0.321
    message = decoded("RAW_IMU", state)
    assert (message.zacc, message.xgyro, message.ymag) == (-1000, 250, 321)


def test_time_since_1970_follows_vehicle_time() -> None:
    """SYSTEM_TIME: wall time at boot plus vehicle time, to the microsecond."""
    message = decoded("SYSTEM_TIME", flying_report(90_020), BOOT_UNIX_US=1_700_000_000_123_456)
    assert (message.time_unix_usec, message.time_boot_ms) == (1_700_000_090_143_456, 90_020)


def test_boot_time_wraps_as_a_uint32_instead_of_standing_still() -> None:
    """After 49.7 days the 32 bits of time_boot_ms begin again."""
    assert decoded("ATTITUDE", flying_report(2**32 + 40)).time_boot_ms == 40


def test_wind_is_named_by_where_it_comes_from() -> None:
    """Air that moves to the south-west is wind from 45 degrees."""
    state = flying_report()
    state[r.WIND_N] = state[r.WIND_E] = -3.0
    message = decoded("WIND", state)
    assert message.direction == pytest.approx(45.0)
    assert message.speed == pytest.approx(18.0**0.5)


def test_target_is_where_distance_and_bearing_point() -> None:
    """POSITION_TARGET_GLOBAL_INT is the end of the target: 111.3 m north is a thousandth of a degree."""
    state = flying_report()
    state[r.WP_DISTANCE], state[r.WP_BEARING], state[r.ALT_ERROR] = 111.31884502, 0.0, -2.25
    message = decoded("POSITION_TARGET_GLOBAL_INT", state, STEERED=1)
    assert (message.lat_int, message.lon_int, message.alt) == (-353_610_000, 1_491_660_000, 610.0)


@pytest.mark.parametrize(("lon", "bearing", "lon_int"), [(179.999, pi / 2, -1_799_960), (-179.999, -pi / 2, 1_799_960)])
def test_a_target_across_the_antimeridian_is_on_earth(lon: float, bearing: float, lon_int: int) -> None:
    """Longitudes end at 180 degrees: a station has no map of 180.004."""
    state = flying_report()
    state[r.LAT], state[r.LON], state[r.WP_DISTANCE], state[r.WP_BEARING] = 0.0, lon, 556.5942251, bearing
    message = decoded("POSITION_TARGET_GLOBAL_INT", state, STEERED=1)
    assert message.lon_int == pytest.approx(1000 * lon_int, abs=1)


def test_quaternion_of_a_half_turn() -> None:
    """Yaw of 180 degrees is (0, 0, 0, 1)."""
    state = flying_report()
    state[r.ROLL] = state[r.PITCH] = 0.0
    state[r.YAW] = pi
    message = decoded("ATTITUDE_QUATERNION", state)
    assert (message.q1, message.q2, message.q3, message.q4) == pytest.approx((0, 0, 0, 1), abs=1e-6)


def test_the_truth_has_a_quaternion_of_its_own() -> None:
    """SIM_STATE: of the true attitude, a quarter turn, and not of the estimate."""
    state = flying_report()
    state[r.TRUE_ROLL : r.TRUE_ROLL + 3] = 0.0, 0.0, pi / 2.0
    message = decoded("SIM_STATE", state)
    assert (message.q1, message.q2, message.q3, message.q4) == pytest.approx((0.5**0.5, 0, 0, 0.5**0.5), abs=1e-6)


def test_nobody_says_how_sure_the_wind_is() -> None:
    """WIND_COV: where the air moves to, NED m/s; NaN for what is not measured."""
    state = flying_report()
    state[r.WIND_N], state[r.WIND_E] = -3.0, 2.0
    message = decoded("WIND_COV", state)
    assert (message.wind_x, message.wind_y, message.wind_z) == (-3.0, 2.0, 0.0)
    assert all(isnan(value) for value in (message.var_horiz, message.var_vert, message.horiz_accuracy))


def test_high_latency_headings_just_below_north_are_not_360() -> None:
    """Of 2 degrees: 179 at most, as from ArduPilot and PX4, which cut; a station shows twice of it."""
    state = flying_report()
    state[r.YAW] = state[r.WP_BEARING] = -0.5 * pi / 180.0
    state[r.WIND_N], state[r.WIND_E] = -10.0, 0.05
    message = decoded("HIGH_LATENCY2", state)
    assert (message.heading, message.target_heading, message.wind_heading) == (179, 179, 179)
    state[r.YAW], state[r.WP_BEARING], state[r.WIND_E] = 0.0, 3.5 * pi / 180.0, 0.0
    message = decoded("HIGH_LATENCY2", state)
    assert (message.heading, message.target_heading, message.wind_heading) == (0, 1, 0)


@pytest.mark.parametrize(("pitot", "told"), [(1.0, 31), (0.0, -128)])
def test_high_latency_has_no_temperature_of_the_air_without_a_tube(pitot: float, told: int) -> None:
    """The least number, as from ArduPilot and PX4: a copter told that of its board, 20 degrees above the air's."""
    state = flying_report()
    state[r.BARO_TEMPERATURE] = 31.0
    assert decoded("HIGH_LATENCY2", state, HAS_PITOT=pitot).temperature_air == told


def test_high_latency_tells_the_airspeed_that_is_demanded() -> None:
    """In fifths of m/s; base_mode above 127 in its int8."""
    state = flying_report()
    state[r.TARGET_AIR_SPEED] = 22.0
    message = decoded("HIGH_LATENCY2", state, BASE_MODE=217)
    assert (message.airspeed_sp, message.custom0) == (110, 217 - 256)


def test_landed_state_is_shown_for_copters_only() -> None:
    """A rover's landed_state is always 0 (undefined)."""
    assert decoded("EXTENDED_SYS_STATE", flying_report(), LANDED_AS=-1).landed_state == 2
    assert decoded("EXTENDED_SYS_STATE", flying_report(), LANDED_AS=0).landed_state == 0


def test_home_has_no_orientation_and_is_silent_while_unknown() -> None:
    """HOME_POSITION: q is nan; without a home nothing is written."""
    message = decoded("HOME_POSITION", flying_report(), HAS_HOME=1, HOME_LAT=-35.0, HOME_LON=149.0, HOME_ALT=584.5)
    assert (message.latitude, message.longitude, message.altitude) == (-350_000_000, 1_490_000_000, 584_500)
    assert all(isnan(value) for value in message.q)
    encoder = prepared(StreamEncoder(1), flying_report(), np.zeros(s.DERIVED - s.FACTS))
    assert encoder.encode(np.array([NUMBER_OF_NAME["HOME_POSITION"]]), 0) == (b"", 0)


def test_pulses_show_as_sixteen_channels() -> None:
    """As many as ArduPilot's simulator has; 17 and 18, which do not exist, are 65535."""
    facts = {"RC_1": 2000.0}
    message = decoded("RC_CHANNELS", flying_report(), **facts)
    assert (message.chancount, message.chan1_raw, message.chan16_raw, message.chan17_raw) == (16, 2000, 0, 65_535)
    assert (message.chan18_raw, message.rssi) == (65_535, 255)


def test_payload_of_one_message_is_the_same_both_ways(compiled: StreamEncoder) -> None:
    """A requested message is read from the same values, compiled or not."""
    state, facts = random_instants(1)[0]
    plain = prepared(StreamEncoder(SYSTEM, COMPONENT), state, facts)
    prepared(compiled, state, facts)
    assert [compiled.payload(i) for i in range(len(STREAMS))] == [plain.payload(i) for i in range(len(STREAMS))]


def test_a_declared_field_that_does_not_exist_is_refused() -> None:
    """A misspelt field is an error when the tables are made."""
    with pytest.raises(ValueError, match="ATTITUDE has no field rol"):
        layout.layout_of(Stream("ATTITUDE", {"rol": Value(r.ROLL)}))
    with pytest.raises(ValueError, match="10 elements, not 1"):
        layout.layout_of(Stream("BATTERY_STATUS", {"voltages": [Value(r.BATT_V)]}))


def test_stamped_frames_are_the_frames_behind_their_stamps() -> None:
    """Signed ones too; what does not fit is left to the caller."""
    writer = FrameWriter(1, 1)
    frames = [writer.frame(*payload(dialect.MAVLink_ping_message(n, n, 0, 0))) for n in range(3)]
    frames.append(Signing(bytes(range(32)), 1).sign(frames[0], 1))
    stamp = bytes(range(1, 9))
    StreamEncoder(1).load()
    written = FrameStamper().stamped(b"".join(frames), stamp)
    out = np.zeros(1000, np.uint8)
    plain = stamp_frames(
        np.frombuffer(b"".join(frames), np.uint8), sum(map(len, frames)), np.frombuffer(stamp, np.uint8), out
    )
    expected = b"".join(stamp + frame for frame in frames)
    assert out[:plain].tobytes() == expected
    assert written in (expected, None)
    assert FrameStamper().stamped(bytes(1 << 20), stamp) is None


def test_a_log_that_begins_in_flight_loads_nothing() -> None:
    """A service with a flight controller has nothing compiled: its first flight must not stop it for a second."""
    code = """if True:
        import sys
        from mavlink_bridge.services.telemetry.encoder import FrameStamper
        assert FrameStamper().stamped(bytes(20), bytes(8)) is None
        assert "numba" not in sys.modules
    """
    done = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
