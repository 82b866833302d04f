"""Logs of one flight as ArduPilots of ten years wrote them, made here: kinds, columns and units of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import atan2, cos, degrees, radians
from typing import Final

from sortie.logs.dataflash import FMT, FMT_TYPE, Value, kind

LAT, LON, ALT = 47.0, 8.0, 400.0
METRE = 1.0 / 111_194.9
BOOT_S, RATE_HZ = 20.0, 2
UP_MPS, MPS, HEIGHT = 2.0, 5.0, 20.0
CORNERS = ((0.0, 0.0), (60.0, 0.0), (60.0, 60.0), (0.0, 60.0), (0.0, 0.0))
"""m north and east of home."""
PARAMETERS = {"WPNAV_SPEED": 600.0, "FS_BATT_ENABLE": 2.0, "AHRS_EKF_TYPE": 2.0, "LAND_SPEED": 60.0}

_ATT = "DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw,ErrRP,ErrYaw"
_EKF = "TimeUS,Roll,Pitch,Yaw,VN,VE,VD,dPD,PN,PE,PD,GX,GY,GZ"
_KF4 = "TimeUS,SV,SP,SH,SM,SVT,errRP,OFN,OFE,FS,TS,SS,GPS,PI"
_MAG = "TimeUS,MagX,MagY,MagZ,OfsX,OfsY,OfsZ,MOfsX,MOfsY,MOfsZ,Health"
_CMD = "CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt"
_OUT = ",".join(f"C{number}" for number in range(1, 15))
_OUT_8 = ",".join(f"Chan{number}" for number in range(1, 9))
_V33: Final = {
    "PARM": ("QNf", "TimeUS,Name,Value"), "MSG": ("QZ", "TimeUS,Message"), "EV": ("QB", "TimeUS,Id"),
    "ERR": ("QBB", "TimeUS,Subsys,ECode"), "MODE": ("QMB", "TimeUS,Mode,ModeNum"),
    "GPS": ("QBIHBcLLeeEefB", "TimeUS,Status,GMS,GWk,NSats,HDop,Lat,Lng,RAlt,Alt,Spd,GCrs,VZ,U"),
    "POS": ("QLLff", "TimeUS,Lat,Lng,Alt,RelAlt"), "ORGN": ("QBLLe", "TimeUS,Type,Lat,Lng,Alt"),
    "ATT": ("QccccCCCC", "TimeUS," + _ATT), "EKF1": ("QccCffffffccc", _EKF.replace("dPD,", "")),
    "EKF4": ("QcccccccbbBBH", "TimeUS,SV,SP,SH,SMX,SMY,SMZ,SVT,OFN,EFE,FS,TS,SS"),
    "CURR": ("QhhhHfh", "TimeUS,Throttle,Volt,Curr,Vcc,CurrTot,Volt2"), "BARO": ("Qffcf", "TimeUS,Alt,Press,Temp,CRt"),
    "MAG": ("QhhhhhhhhhB", _MAG), "MAG2": ("QhhhhhhhhhB", _MAG),
    "RCOU": ("Qhhhhhhhhhhhh", "TimeUS," + ",".join(f"Ch{number}" for number in range(1, 13))),
    "VIBE": ("QfffIII", "TimeUS,VibeX,VibeY,VibeZ,Clip0,Clip1,Clip2"), "CMD": ("QHHHfffffff", "TimeUS," + _CMD),
}  # fmt: skip
_V34: Final = {
    **{name: row for name, row in _V33.items() if not name.startswith("EKF")},
    "MODE": ("QMBB", "TimeUS,Mode,ModeNum,Rsn"), "CURR": ("Qfff", "TimeUS,Volt,Curr,CurrTot"),
    "GPS": ("QBIHBcLLefffB", "TimeUS,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,U"),
    "NKF1": ("QccCfffffffccc", _EKF), "NKF4": ("QcccccfbbHBHHb", _KF4), "RCOU": ("Q" + "H" * 14, "TimeUS," + _OUT),
    "BARO": ("QffcfIf", "TimeUS,Alt,Press,Temp,CRt,SMS,Offset"),
}  # fmt: skip
_V40: Final = {
    **{name: row for name, row in _V34.items() if name != "CURR"},
    "POS": ("QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt"),
    "BAT": ("Qfffffcf", "TimeUS,Volt,VoltR,Curr,CurrTot,EnrgTot,Temp,Res"),
    "CMD": ("QHHHffffLLfB", "TimeUS," + _CMD + ",Frame"), "ARM": ("QBH", "TimeUS,ArmState,ArmChecks"),
    "XKF1": ("QccCfffffffccce", _EKF + ",OH"), "XKF4": ("QcccccfbbHBHHb", _KF4),
}  # fmt: skip
_V41: Final = {
    **{name: row for name, row in _V40.items() if not name.startswith(("NKF", "MAG"))},
    "BAT": ("QBfffffcfB", "TimeUS,Instance,Volt,VoltR,Curr,CurrTot,EnrgTot,Temp,Res,RemPct"),
    "GPS": ("QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U"),
    "BARO": ("QBffcfIffB", "TimeUS,I,Alt,Press,Temp,CRt,SMS,Offset,GndTemp,Health"),
    "VIBE": ("QBfffI", "TimeUS,IMU,VibeX,VibeY,VibeZ,Clip"), "MAG": ("QB" + "h" * 9 + "B", _MAG.replace(",", ",I,", 1)),
    "XKF1": ("QBccCfffffffccce", _EKF.replace(",", ",C,", 1) + ",OH"),
    "XKF4": ("QBcccccfffHBIHb", _KF4.replace(",", ",C,", 1)),
    "ARM": ("QBIBB", "TimeUS,ArmState,ArmChecks,Forced,Method"),
}  # fmt: skip
_V32: Final = {
    "PARM": ("Nf", "Name,Value"), "MSG": ("Z", "Message"), "EV": ("B", "Id"), "ERR": ("BB", "Subsys,ECode"),
    "MODE": ("Mh", "Mode,ThrCrs"),
    "GPS": ("BIHBcLLeeEefI", "Status,TimeMS,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs,VZ,T"),
    "ATT": ("IccccCCCC", "TimeMS," + _ATT),
    "EKF1": ("IccCffffffccc", "TimeMS,Roll,Pitch,Yaw,VN,VE,VD,PN,PE,PD,GX,GY,GZ"),
    "CURR": ("IhIhhhf", "TimeMS,ThrOut,ThrInt,Volt,Curr,Vcc,CurrTot"), "BARO": ("Iffcf", "TimeMS,Alt,Press,Temp,CRt"),
    "MAG": ("Ihhhhhhhhh", "TimeMS,MagX,MagY,MagZ,OfsX,OfsY,OfsZ,MOfsX,MOfsY,MOfsZ"),
    "RCOU": ("Ihhhhhhhh", "TimeMS," + _OUT_8), "CMD": ("IHHHfffffff", "TimeMS," + _CMD),
}  # fmt: skip
_V31: Final = {
    **{name: row for name, row in _V32.items() if name != "EKF1"},
    "ATT": ("cccccCC", "RollIn,Roll,PitchIn,Pitch,YawIn,Yaw,NavYaw"),
    "CURR": ("hIhhhf", "ThrOut,ThrInt,Volt,Curr,Vcc,CurrTot"), "BARO": ("ffc", "Alt,Press,Temp"),
    "MAG": ("hhhhhhhhh", "MagX,MagY,MagZ,OfsX,OfsY,OfsZ,MOfsX,MOfsY,MOfsZ"),
    "CMD": ("BBBBBeLL", "CTot,CNum,CId,COpt,Prm1,Alt,Lat,Lng"),
}  # fmt: skip
_PLANE: Final = {
    **_V32, "MODE": ("IMB", "TimeMS,Mode,ModeNum"), "ARM": ("IHB", "TimeMS,ArmState,ArmChecks"),
    "ATT": ("IccCCC", "TimeMS,Roll,Pitch,Yaw,ErrorRP,ErrorYaw"), "CURR": ("IhhhHf", "TimeMS,Thr,Volt,Curr,Vcc,CurrTot"),
    "ARSP": ("Iffc", "TimeMS,Airspeed,DiffPress,Temp"),
}  # fmt: skip
FIRMWARES: Final = {
    "ArduCopter V3.1.5 (3c57e771)": _V31, "ArduCopter V3.2.1 (36b405fb)": _V32, "APM:Copter V3.3.3 (acf1e10c)": _V33,
    "APM:Copter V3.4.6 (e707341b)": _V34, "ArduCopter V4.0.7 (0bb18a15)": _V40, "ArduCopter V4.1.5 (e02eb2a5)": _V41,
    "ArduPlane V3.0.3 (e5b2c7a9)": _PLANE,
}  # fmt: skip
_HUNDREDTHS: Final = frozenset({("CURR", "Volt"), ("CURR", "Curr")})


def flight() -> Iterator[tuple[float, tuple[float, float, float], tuple[float, float, float]]]:
    """(s since boot, place, velocity): up, a square, down. m north, east, down, and by second."""
    at_s = BOOT_S
    places = [(0.0, 0.0, 0.0), *((north, east, -HEIGHT) for north, east in CORNERS), (0.0, 0.0, 0.0)]
    for _ in range(3 * RATE_HZ):
        yield at_s, places[0], (0.0, 0.0, 0.0)
        at_s += 1.0 / RATE_HZ
    for start, end in pairwise(places):
        way = [b - a for a, b in zip(start, end, strict=True)]
        lasts = max(abs(axis) / speed for axis, speed in zip(way, (MPS, MPS, UP_MPS), strict=True))
        speeds = (way[0] / lasts, way[1] / lasts, way[2] / lasts)
        for step in range(round(lasts * RATE_HZ)):
            past = step / RATE_HZ
            yield at_s, (start[0] + speeds[0] * past, start[1] + speeds[1] * past, start[2] + speeds[2] * past), speeds
            at_s += 1.0 / RATE_HZ
    for _ in range(2 * RATE_HZ):
        yield at_s, places[-1], (0.0, 0.0, 0.0)
        at_s += 1.0 / RATE_HZ


Row = tuple[str, dict[str, Value]]
"""A message: its name, and what its columns may tell; columns that are not given are 0."""


def written(kinds: Mapping[str, tuple[str, str]], rows: Iterable[Row]) -> bytes:
    """Log of these messages, of kinds (types and columns by name): those that the firmware has."""
    made = {
        name: kind(FMT_TYPE + number, name, form, columns, "-" * len(form), "-" * len(form))
        for number, (name, (form, columns)) in enumerate(kinds.items(), start=1)
    }
    data = bytearray()
    for one in (FMT, *made.values()):
        data += FMT.pack(one.type, one.size, one.name, one.form, ",".join(one.columns))
    for name, values in rows:
        known = made.get(name)
        if known is None:
            continue
        row = []
        for column, form in zip(known.columns, known.form, strict=True):
            value = values.get(column, "" if form in "nNZ" else 0)
            whole = (name, column) in _HUNDREDTHS and form == "h" and not isinstance(value, str | bytes)
            row.append(value * 100.0 if whole and not isinstance(value, str | bytes) else value)
        data += known.pack(*row)
    return bytes(data)


def told(firmware: str) -> list[Row]:
    """Messages of the flight, with the names that any firmware has for them: a mission that returns, and a battery
    failsafe."""
    rows: list[Row] = []

    def put(name: str, at_s: float, **values: Value) -> None:
        times = {"TimeUS": round(at_s * 1e6), "TimeMS": round(at_s * 1e3), "T": round(at_s * 1e3)}
        rows.append((name, {**times, **values}))

    mode = 10 if "Plane" in firmware else 3
    put("MSG", BOOT_S, Message=firmware)
    for name, value in PARAMETERS.items():
        put("PARM", BOOT_S, Name=name, Value=value)
    items = [(0, 16, 0.0, 0.0, ALT), (1, 22, 0.0, 0.0, HEIGHT)]
    items += [(seq, 16, *corner, HEIGHT) for seq, corner in enumerate(CORNERS[1:], start=2)]
    for seq, command, north, east, height in (*items, (len(items), 21, 0.0, 0.0, 0.0)):
        place = {"Lat": LAT + north * METRE, "Lng": LON + east * METRE / cos(radians(LAT)), "Alt": height}
        put("CMD", BOOT_S, CTot=len(items) + 1, CNum=seq, CId=command, Frame=3, **place)
    put("ORGN", BOOT_S, Type=1, Lat=LAT, Lng=LON, Alt=ALT)
    for number, (at_s, (north, east, down), (vn, ve, vd)) in enumerate(flight()):
        place = {"Lat": LAT + north * METRE, "Lng": LON + east * METRE / cos(radians(LAT)), "Alt": ALT - down}
        heights = dict.fromkeys(("RelAlt", "RAlt", "RelHomeAlt", "RelOriginAlt"), -down)
        course = degrees(atan2(ve, vn)) % 360.0
        fix = {
            "Status": 3,
            "NSats": 10,
            "HDop": 0.9,
            "GMS": 1000 * number,
            "TimeMS": 1000 * number,
            "Spd": abs(vn) + abs(ve),
        }
        put("GPS", at_s, **place, **heights, **fix, GWk=1900, Week=1900, GCrs=course, VZ=vd)
        if number == 0:  # what has no time of its own comes behind a message that has one
            put("ARM", at_s, ArmState=1)
            put("EV", at_s, Id=10)
            put("MODE", at_s, Mode=mode, ModeNum=mode, Rsn=1)
        put("POS", at_s, **place, **heights)
        put("ATT", at_s, Roll=1.0, Pitch=-2.0 * (vn > 0.0), Yaw=90.0, DesRoll=1.0)
        for estimator in ("EKF1", "NKF1", "XKF1"):
            put(estimator, at_s, Roll=1.0, Yaw=90.0, VN=vn, VE=ve, VD=vd, PN=north, PE=east, PD=down)
        for estimator in ("EKF4", "NKF4", "XKF4"):
            put(estimator, at_s, SP=0.25)
        for battery in ("CURR", "BAT"):
            put(battery, at_s, Volt=12.0, Curr=15.0, CurrTot=4.0 * number, RemPct=90)
        put("BARO", at_s, Alt=-down)
        put("MAG", at_s, MagX=200, MagY=10, MagZ=400, Health=int(at_s < BOOT_S + 30.0))
        put("MAG2", at_s, MagX=200, MagY=10, MagZ=400, Health=1)
        put("RCOU", at_s, **{f"{name}{motor}": 1500 for name in ("C", "Ch", "Chan") for motor in range(1, 5)})
        put("VIBE", at_s, VibeX=1.0, VibeY=2.0, VibeZ=3.0)
        put("ARSP", at_s, Airspeed=5.0)
        if number == 50 * RATE_HZ:
            put("ERR", at_s, Subsys=6, ECode=1)
            put("MODE", at_s, Mode=11 if mode == 10 else 6, ModeNum=11 if mode == 10 else 6, Rsn=4)
    put("EV", at_s, Id=11)
    put("ARM", at_s, ArmState=0)
    return rows


def older_log(firmware: str) -> bytes:
    """Log of the flight by this firmware."""
    return written(FIRMWARES[firmware], told(firmware))
