"""Logs of one small flight, made here: a square of 100 m at 20 m, as each kind of log has it."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from struct import pack
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import preamble

S = K.SAMPLES

LAT, LON, ALT = 47.0, 8.0, 400.0
STEP = 0.0009
"""100 m of latitude, about."""
CORNERS = ((0.0, 0.0), (STEP, 0.0), (STEP, STEP), (0.0, STEP))
EPOCH_US = 1_700_000_000_000_000
BOOT_S = 5.0


def course() -> list[tuple[float, float, float, float]]:
    """(s since boot, lat, lon, m above home) each second; climbs for 4 s, then 10 s from corner to corner."""
    rows = [(BOOT_S + at, LAT, LON, 5.0 * at) for at in range(4)]
    for leg in range(4):
        start, end = CORNERS[leg], CORNERS[(leg + 1) % 4]
        for step in range(10):
            lat, lon = (one + (other - one) * step / 10.0 for one, other in zip(start, end, strict=True))
            rows.append((BOOT_S + 4 + 10 * leg + step, LAT + lat, LON + lon, 20.0))
    return rows


def telemetry() -> bytes:
    """As a ground station writes it: stamps of 1970, the station's own frames between; every fifth frame is lost."""
    vehicle, station = (dialect.MAVLink(None, srcSystem=system, srcComponent=1) for system in (7, 255))
    out = bytearray()

    def put(sender: Any, at_s: float, message: Any) -> None:
        data = message.pack(sender)
        sender.seq = (sender.seq + 1) & 0xFF
        out.extend(int(EPOCH_US + (at_s - BOOT_S) * 1e6).to_bytes(8, "big") + data)

    for seq, (lat, lon) in enumerate(CORNERS, start=1):
        place = (round((LAT + lat) * 1e7), round((LON + lon) * 1e7), 20.0)
        put(station, BOOT_S, dialect.MAVLink_mission_item_int_message(7, 1, seq, 6, 16, 0, 1, 0, 0, 0, 0, *place, 0))
    put(station, BOOT_S, dialect.MAVLink_heartbeat_message(6, 8, 192, 0, 4, 3))
    for number, (at_s, lat, lon, height) in enumerate(course()):
        put(vehicle, at_s, dialect.MAVLink_heartbeat_message(2, 3, 1 | (128 if number < 43 else 0), 3, 4, 3))
        vehicle.seq = (vehicle.seq + 1) & 0xFF  # one that did not come
        put(vehicle, at_s, dialect.MAVLink_sys_status_message(0, 0, 0, 0, 12000 - number, 1500, 90, 0, 0, 0, 0, 0, 0))
        put(vehicle, at_s, dialect.MAVLink_gps_raw_int_message(0, 3, 0, 0, 0, 75, 65535, 500, 0, 11))
        put(vehicle, at_s, dialect.MAVLink_wind_message(90.0, 5.0, 0.0))
        vehicle.seq = (vehicle.seq + 1) & 0xFF
        put(vehicle, at_s, dialect.MAVLink_attitude_message(round(at_s * 1000), 0, 0, 0, 0, 0, 0))
        put(vehicle, at_s, dialect.MAVLink_ekf_status_report_message(831, 0.0, 0.25, 0.0, 0.0, 0.0))
        put(vehicle, at_s, dialect.MAVLink_vibration_message(round(at_s * 1e6), 1.0, 2.0, 35.0, 0, 0, 0))
        put(
            vehicle,
            at_s,
            dialect.MAVLink_global_position_int_message(
                round(at_s * 1000),
                round(lat * 1e7),
                round(lon * 1e7),
                round((ALT + height) * 1000),
                round(height * 1000),
                300,
                400,
                -100,
                0,
            ),
        )
    put(
        vehicle,
        at_s,
        dialect.MAVLink_home_position_message(
            round(LAT * 1e7), round(LON * 1e7), round(ALT * 1000), 0, 0, 0, (1, 0, 0, 0), 0, 0, 0
        ),
    )
    put(vehicle, at_s, dialect.MAVLink_statustext_message(3, b"Wind too <strong>"))
    return bytes(out)


def dataflash() -> bytes:
    """As ArduPilot writes it; the battery fails at the third corner."""
    out = bytearray(
        preamble(
            (K.MSG, K.MODE, K.ERR, K.ARM, K.CMD, K.ORGN, S["POS"], S["VIBE"], S["GPS"], S["XKF2"], S["XKF4"]),
            round(BOOT_S * 1e6),
        )
    )
    boot_us = round(BOOT_S * 1e6)
    out += K.MSG.pack(boot_us, "ArduCopter V4.6.2") + K.ARM.pack(boot_us, 1, 0, 0, 0) + K.MODE.pack(boot_us, 3, 3, 1)
    out += K.ORGN.pack(boot_us, 1, LAT, LON, ALT)
    for seq, (lat, lon) in enumerate(CORNERS, start=1):
        out += K.CMD.pack(boot_us, 5, seq, 16, 0, 0, 0, 0, LAT + lat, LON + lon, 20.0, 3)
    for at_s, lat, lon, height in course():
        now_us = round(at_s * 1e6)
        out += S["POS"].pack(now_us, lat, lon, ALT + height, height, height) + S["VIBE"].pack(
            now_us, 0, 1.0, 2.0, 35.0, 0
        )
        out += S["GPS"].pack(now_us, 0, 3, 0, 0, 11, 0.75, lat, lon, ALT, 5.0, 0.0, 0.0, 0.0, 1)
        out += S["XKF2"].pack(now_us, 0, *[0] * 3, 3.0, 4.0, *[0] * 9)
        out += S["XKF4"].pack(now_us, 0, 0, 0.25, *[0] * 11)
    return bytes(out + K.ERR.pack(now_us, 6, 1) + K.ARM.pack(now_us, 0, 0, 0, 0))


def ulog(
    *,
    since_us: int = 0,
    links_until_s: float = 0.0,
    returns: bool = False,
    warns_at_s: float | None = None,
    wanted: int | None = None,
    commands: Sequence[tuple[float, int, float, int, int]] = (),
    receiver: bool = False,
    lost_s: tuple[float, float] = (0.0, 0.0),
) -> bytes:
    """As PX4 writes it: formats, what is logged, then the data. `since_us`: what its clock counts from, beside boot;
    `links_until_s`: when radio and ground station were heard last; `returns`: it turns its nose behind the last item,
    and returns (the real one's rows, 1.16); `wanted`: nav_state that its user wants; `commands`: (s, number, latitude,
    1 from a station, result); `receiver`: GPS by the receiver's own topic alone, which says nothing in `lost_s`."""
    out = bytearray(b"ULog\x01\x12\x35\x01" + pack("<Q", since_us + round(BOOT_S * 1e6)))

    def put(kind: bytes, data: bytes) -> None:
        out.extend(pack("<H", len(data)) + kind + data)

    topics = {
        "vehicle_global_position": ("double lat;double lon;float alt", "ddf"),
        "vehicle_local_position": ("float vx;float vy;float vz", "fff"),
        "home_position": ("double lat;double lon;float alt", "ddf"),
        "vehicle_status": ("uint8_t arming_state;uint8_t nav_state;uint8_t system_type", "BBB"),
        "battery_status": ("float voltage_v;float current_a;float remaining", "fff"),
        "vehicle_imu_status": ("float accel_vibration_metric", "f"),
        "vehicle_gps_position": ("float hdop;uint8_t satellites_used", "fB"),
        "estimator_status": ("float pos_test_ratio", "f"),
        "airspeed_validated": ("float calibrated_airspeed_m_s", "f"),
        "navigator_mission_item": (
            "uint16_t sequence_current;uint16_t nav_cmd;float latitude;float longitude;float altitude;"
            "uint8_t altitude_is_relative",
            "HHfffB",
        ),
    }
    if links_until_s:
        topics["telemetry_status"] = ("uint8_t heartbeat_type_gcs", "B")
        topics["input_rc"] = ("uint8_t rc_lost;uint8_t channel_count;uint16_t[8] values", "BB8H")
    if wanted is not None:
        topics["vehicle_status"] = (topics["vehicle_status"][0] + ";uint8_t nav_state_user_intention", "BBBB")
    if receiver:
        del topics["vehicle_gps_position"]
        place = "double latitude_deg;double longitude_deg;double altitude_msl_m;float vel_m_s;float cog_rad;"
        topics["sensor_gps"] = (f"{place}float hdop;uint8_t fix_type;uint8_t satellites_used", "dddfffBB")
    if commands:
        fields = (*(f"float param{number}" for number in (1, 2, 3, 4)), "double param5", "double param6")
        rest = ("float param7", "uint32_t command", "uint8_t from_external")
        topics["vehicle_command"] = (";".join((*fields, *rest)), "ffffddfIB")
        topics["vehicle_command_ack"] = ("uint32_t command;uint8_t result", "IB")
    put(b"B", bytes(40))
    put(b"I", bytes([len("char[3] sys_name")]) + b"char[3] sys_namePX4")
    put(b"I", bytes([len("uint32_t ver_sw_release")]) + b"uint32_t ver_sw_release" + pack("<I", 0x010E03FF))
    for name, (fields, _) in topics.items():
        put(b"F", f"{name}:uint64_t timestamp;{fields};".encode())
    for number, name in enumerate(topics):
        put(b"A", pack("<BH", 0, number) + name.encode())

    def log(name: str, at_s: float, *values: float) -> None:
        put(b"D", pack("<HQ" + topics[name][1], list(topics).index(name), since_us + round(at_s * 1e6), *values))

    log("home_position", BOOT_S, LAT, LON, ALT)
    intends = () if wanted is None else (wanted,)
    log("vehicle_status", BOOT_S, 2, 3, 2, *intends)
    for at_s, command, lat, external, result in commands:
        log("vehicle_command", at_s, -1.0, 1.0, 0.0, nan, lat, 8.0, 430.0, command, external)
        log("vehicle_command_ack", at_s + 0.02, command, result)
    if warns_at_s is not None:
        put(b"L", b"4" + pack("<Q", since_us + round(warns_at_s * 1e6)) + b"Connection lost")
    for seq, (lat, lon) in enumerate(CORNERS):
        log("navigator_mission_item", BOOT_S, seq, 16, LAT + lat, LON + lon, 20.0, 1)
    for at_s, lat, lon, height in course():
        log("vehicle_local_position", at_s, 3.0, 4.0, -1.0)
        log("battery_status", at_s, 12.0, 15.0, 0.9)
        log("vehicle_imu_status", at_s, 3.5)
        if not receiver:
            log("vehicle_gps_position", at_s, 0.75, 11)
        elif not lost_s[0] < at_s < lost_s[1]:
            log("sensor_gps", at_s, lat, lon, ALT + height, 5.0, 0.0, 0.75, 3, 11)
        log("estimator_status", at_s, 0.25)
        log("airspeed_validated", at_s, 6.5)
        if links_until_s:
            log("telemetry_status", at_s, at_s <= links_until_s)
            log("input_rc", at_s, at_s > links_until_s, 8, *[1500] * 8)
        log("vehicle_global_position", at_s, lat, lon, ALT + height)
    if returns:
        log("navigator_mission_item", at_s - 0.2, seq, 31000, LAT + lat, LON + lon, 20.0, 1)
        log("vehicle_status", at_s - 0.1, 2, 5, 2, *intends)
        for number, command in ((1, 16), (7, 21), (8, 0)):
            log("navigator_mission_item", at_s - 0.05, number, command, LAT, LON, ALT, 0)
    put(b"L", b"4" + pack("<Q", since_us + round(at_s * 1e6)) + b"Wind too <strong>")
    log("vehicle_status", at_s, 1, 3, 2, *intends)
    return bytes(out)
