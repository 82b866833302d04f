"""Incidents of a real ArduCopter, ArduRover or ArduPlane, and how well `sortie reproduce` flies them again.

`python -m scripts.incidents fly DIR --kind rover --binary ARDUROVER` flies ArduPilot's own simulator with faults that
are planted by its SIM_ parameters, and keeps log and plant of each in a folder below DIR, outside of the repository.
`... judge DIR` reproduces each log, which does not say what was planted (see `sortie.incident.evidence`), and judges
position, failsafe and fault. docs/reproduce.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from math import cos, hypot, radians
from pathlib import Path
from typing import Any, Final

from pymavlink import mavutil, mavwp

from scripts.generated_page import table, table_row
from sortie.config.errors import UserError
from sortie.incident.reproduce import reproduce

HOME: Final = (-35.363262, 149.165237, 584.0, 353.0)
_DEGREE_M: Final = 111_194.9
_LONGEST_S: Final = 260.0
_MAV: Final = mavutil.mavlink
_DISARMED_S: Final = 2.0
_RESTS_S: Final = 20.0
_STILL_MPS, _LOW_M = 0.3, 3.0

Changes = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Kind:
    """Kind of incident: parameters at boot, what is changed when it strikes, and what the reader is to name."""

    name: str
    named: tuple[str, ...]
    strikes: Changes = ()
    params: Changes = ()
    silent_station: bool = False
    lasts: tuple[float, float] | None = None
    """Least and greatest duration, s; None: to the end."""
    ends: Changes = ()


_NOTHING: Final = Kind("nothing", ())
_GPS_LOST: Final = Kind("gps-lost", ("gps.loss",), (("SIM_GPS1_ENABLE", 0.0),))
_GPS_LOST_A_WHILE: Final = Kind(
    "gps-lost-a-while", ("gps.loss",), (("SIM_GPS1_ENABLE", 0.0),), lasts=(4.0, 8.0), ends=(("SIM_GPS1_ENABLE", 1.0),)
)
_GPS_JUMPS: Final = Kind(
    "gps-jumps", ("gps.glitch",), (("SIM_GPS1_GLTCH_X", 0.0006),), lasts=(15.0, 25.0), ends=(("SIM_GPS1_GLTCH_X", 0.0),)
)
_COMPASS_LOST: Final = Kind(
    "compass-lost", ("compass.loss",), tuple((f"SIM_MAG{number}_FAIL", 1.0) for number in (1, 2, 3))
)
_COMPASS_WRONG: Final = Kind(
    "compass-wrong", ("compass.wrong",), tuple((f"SIM_MAG{number}_OFS_X", 300.0) for number in (1, 2, 3))
)
_GUST: Final = Kind(
    "gust", ("wind.gust",), (("SIM_WIND_SPD", 15.0),), lasts=(15.0, 20.0), ends=(("SIM_WIND_SPD", 0.0),)
)


def _battery_sags(action: float) -> Kind:
    params = (("BATT_LOW_VOLT", 11.0), ("BATT_FS_LOW_ACT", action))
    return Kind("battery-sags", ("battery.low",), (("SIM_BATT_VOLTAGE", 10.6),), params)


def _radio_lost(*params: tuple[str, float]) -> Kind:
    return Kind("radio-lost", ("rc.loss",), (("SIM_RC_FAIL", 1.0),), params)


def _station_lost(*params: tuple[str, float]) -> Kind:
    return Kind("station-lost", ("gcs.loss",), (), params, silent_station=True)


_COPTER: Final = (
    _NOTHING,
    _GPS_LOST,
    _GPS_LOST_A_WHILE,
    _GPS_JUMPS,
    _battery_sags(2.0),
    Kind("motor-weak", ("motor1.loss",), (("SIM_ENGINE_FAIL", 1.0), ("SIM_ENGINE_MUL", 0.75)),
         (("SIM_ENGINE_MUL", 1.0),)),
    Kind("motor-lost", ("motor1.loss",), (("SIM_ENGINE_FAIL", 1.0),), (("SIM_ENGINE_MUL", 0.0),)),
    _radio_lost(("FS_THR_ENABLE", 1.0)),
    _station_lost(("FS_GCS_ENABLE", 1.0), ("FS_GCS_TIMEOUT", 5.0)),
    _COMPASS_LOST,
    _COMPASS_WRONG,
    Kind("vibration", ("accel.garbage",), (*((f"SIM_VIB_FREQ_{axis}", 180.0) for axis in "XYZ"),
         *((f"SIM_ACC{number}_RND", 60.0) for number in (1, 2, 3)))),
    Kind("barometer-wrong", ("baro.wrong",), (("SIM_BARO_GLITCH", 12.0), ("SIM_BAR2_GLITCH", 12.0))),
    Kind("fence", (), (), (("FENCE_ENABLE", 1.0), ("FENCE_TYPE", 1.0), ("FENCE_ALT_MAX", 12.0), ("FENCE_ACTION", 1.0))),
    _GUST,
)  # fmt: skip
_ROVER: Final = (
    _NOTHING,
    _GPS_LOST,
    _GPS_LOST_A_WHILE,
    _GPS_JUMPS,
    _battery_sags(1.0),
    _radio_lost(("FS_THR_ENABLE", 1.0), ("FS_ACTION", 1.0)),
    _station_lost(("FS_GCS_ENABLE", 1.0), ("FS_GCS_TIMEOUT", 5.0), ("FS_ACTION", 2.0)),
    _COMPASS_LOST,
    _COMPASS_WRONG,
    _NOTHING,
)
_PLANE: Final = (
    _NOTHING,
    _GPS_LOST,
    _GPS_LOST_A_WHILE,
    Kind("airspeed-fails", ("airspeed.loss",), (("SIM_ARSPD_FAIL", 1.0),)),
    Kind("engine-fails", ("motor1.loss",), (("SIM_ENGINE_FAIL", 4.0),), (("SIM_ENGINE_MUL", 0.0),)),
    _GUST,
    _battery_sags(1.0),
    _radio_lost(("THR_FAILSAFE", 1.0), ("FS_LONG_ACTN", 1.0)),
    _station_lost(("FS_GCS_ENABL", 1.0), ("FS_LONG_ACTN", 1.0)),
    _COMPASS_WRONG,
)
KINDS: Final = {"copter": _COPTER, "rover": _ROVER, "plane": _PLANE}
"""What is planted in each kind of vehicle. A fault that the reader has no name for is judged by its failsafe and track
alone."""
MODELS: Final = {"copter": "+", "rover": "rover", "plane": "plane"}


@dataclass(frozen=True)
class Planted:
    """What was planted in a flight; `at_s`, `until_s`: after liftoff."""

    number: int
    kind: str
    named: tuple[str, ...]
    at_s: float
    until_s: float | None
    params: dict[str, float] = field(default_factory=dict)


Items = list[tuple[float, ...]]


def drawn(vehicle: str, number: int, seed: int) -> tuple[Planted, Kind, Items]:
    """The incident of this number: every kind in turn; plan, wind, speeds and time by the seed."""
    source = random.Random(f"{seed}/{number}")
    kinds = KINDS[vehicle]
    kind = kinds[number % len(kinds)]
    at_s = round(source.uniform(15.0, 35.0), 1)
    until_s = None if kind.lasts is None else round(at_s + source.uniform(*kind.lasts), 1)
    own, items = _DRAWN[vehicle](source)
    params = own | {
        "SIM_WIND_SPD": 0.0 if kind.name == "gust" else round(source.uniform(0.0, 7.0), 1),
        "SIM_WIND_DIR": float(source.randrange(360)),
        "SIM_WIND_T": 1.0,
        "SIM_SPEEDUP": 20.0,
    }
    return Planted(number, kind.name, kind.named, at_s, until_s, params | dict(kind.params)), kind, items


def _copter(source: random.Random) -> tuple[dict[str, float], Items]:
    params = {
        "WPNAV_SPEED": source.choice((400.0, 600.0, 800.0, 1000.0)),
        "RTL_ALT": source.choice((1500.0, 2500.0)),
        "AUTO_OPTIONS": 3.0,
    }
    height = source.choice((15.0, 20.0, 30.0))
    items: Items = [(_MAV.MAV_CMD_NAV_TAKEOFF, 0.0, 0.0, height)]
    north = east = 0.0
    for _ in range(source.randrange(4, 7)):
        north += source.uniform(-80.0, 80.0)
        east += source.uniform(-80.0, 80.0)
        items.append((_MAV.MAV_CMD_NAV_WAYPOINT, north, east, height + source.choice((-4.0, 0.0, 0.0, 6.0))))
    return params, [*items, (_MAV.MAV_CMD_NAV_RETURN_TO_LAUNCH, 0.0, 0.0, 0.0)]


def _rover(source: random.Random) -> tuple[dict[str, float], Items]:
    """Legs of some 40 to 110 m, back to where it began."""
    items: Items = []
    for _ in range(source.randrange(4, 7)):
        items.append((_MAV.MAV_CMD_NAV_WAYPOINT, source.uniform(-60.0, 60.0), source.uniform(-60.0, 60.0), 0.0))
    params = {"WP_SPEED": source.choice((2.0, 3.0, 5.0)), "INS_LOG_BAT_MASK": 0.0}
    return params, [*items, (_MAV.MAV_CMD_NAV_WAYPOINT, 0.0, 0.0, 0.0)]


def _plane(source: random.Random) -> tuple[dict[str, float], Items]:
    """A takeoff into the north, three or four places some 400 m away, and a landing from the south."""
    height = source.choice((60.0, 80.0, 100.0))
    items: Items = [(_MAV.MAV_CMD_NAV_TAKEOFF, 0.0, 0.0, 50.0)]
    for _ in range(source.randrange(3, 5)):
        items.append((_MAV.MAV_CMD_NAV_WAYPOINT, source.uniform(-400.0, 400.0), source.uniform(-400.0, 400.0), height))
    items.append((_MAV.MAV_CMD_NAV_WAYPOINT, -500.0, 0.0, 45.0))
    return {"RTL_ALTITUDE": source.choice((60.0, 100.0))}, [*items, (_MAV.MAV_CMD_NAV_LAND, 0.0, 0.0, 0.0)]


_DRAWN: Final = {"copter": _copter, "rover": _rover, "plane": _plane}


class Flight:
    """ArduPilot's simulator, one flight long."""

    def __init__(self, vehicle: str, binary: Path, defaults: str, instance: int, folder: Path, more: Path) -> None:
        words = [str(binary), "--model", MODELS[vehicle], "-I", str(instance), "--speedup", "20", "--wipe"]
        words += ["--defaults", f"{defaults},{more}", "--home", ",".join(map(str, HOME))]
        self._process = subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._link = mavutil.mavlink_connection(
            f"tcp:127.0.0.1:{5760 + 10 * instance}", source_system=255, retries=60, autoreconnect=False
        )
        self._drives = vehicle == "rover"
        self.boot_s = 0.0
        self.armed = False
        self.silent = False
        self.height = self.speed = 0.0
        self._beat_s = self._moved_s = -1.0
        self._link.wait_heartbeat(timeout=30)
        self._link.mav.request_data_stream_send(1, 1, _MAV.MAV_DATA_STREAM_POSITION, 10, 1)

    def close(self) -> None:
        self._link.close()
        self._process.terminate()
        self._process.wait(10)

    def turn(self) -> Any:
        """Hear one message, and say that the station is there."""
        message = self._link.recv_match(blocking=True, timeout=5.0)
        if message is None:
            raise TimeoutError("the simulator is silent")
        if message.get_type() == "GLOBAL_POSITION_INT":
            self.boot_s, self.height = message.time_boot_ms / 1000.0, message.relative_alt / 1000.0
            self.speed = hypot(message.vx, message.vy) / 100.0
        elif message.get_type() == "HEARTBEAT" and message.get_srcComponent() == 1:
            self.armed = bool(message.base_mode & _MAV.MAV_MODE_FLAG_SAFETY_ARMED)
        if not self.silent and self.boot_s - self._beat_s > 0.5:
            self._beat_s = self.boot_s
            self._link.mav.heartbeat_send(_MAV.MAV_TYPE_GCS, _MAV.MAV_AUTOPILOT_INVALID, 0, 0, 0)
        return message

    def until(self, condition: Any, within_s: float) -> bool:
        """Vehicle time passes until it is so."""
        end_s, wall_s = self.boot_s + within_s, time.monotonic()
        while not condition(message := self.turn()):
            if self.boot_s > end_s or time.monotonic() - wall_s > 90.0:
                return False
            del message
        return True

    def set(self, changes: Changes) -> None:
        for name, value in changes:
            self._link.mav.param_set_send(1, 1, name.encode(), value, _MAV.MAV_PARAM_TYPE_REAL32)

    def upload(self, items: Sequence[tuple[float, ...]]) -> None:
        loader = mavwp.MAVWPLoader()
        frame = _MAV.MAV_FRAME_GLOBAL_RELATIVE_ALT
        wide = _DEGREE_M * cos(radians(HOME[0]))
        rows = [(_MAV.MAV_CMD_NAV_WAYPOINT, 0.0, 0.0, 0.0), *items]
        for seq, (command, north, east, height) in enumerate(rows):
            lat, lon = HOME[0] + north / _DEGREE_M, HOME[1] + east / wide
            if command == _MAV.MAV_CMD_NAV_RETURN_TO_LAUNCH:
                lat = lon = 0.0
            item = _MAV.MAVLink_mission_item_int_message(
                1, 1, seq, frame, int(command), 0, 1, 0, 0, 0, 0, round(lat * 1e7), round(lon * 1e7), height
            )
            loader.add(item)
        self._link.mav.mission_count_send(1, 1, loader.count())
        self.until(lambda message: self._answered(message, loader), 30.0)

    def _answered(self, message: Any, loader: Any) -> bool:
        if message.get_type() in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
            self._link.mav.send(loader.wp(message.seq))
        return bool(message.get_type() == "MISSION_ACK")

    def rests(self, for_s: float) -> bool:
        """True when it has stood still on the ground for so long."""
        if self.speed > _STILL_MPS or (self.height > _LOW_M and not self._drives):  # whose home may have no height
            self._moved_s = self.boot_s
        return self.boot_s - self._moved_s > for_s

    def disarm(self) -> None:
        """Disarm it, whatever it does: a rover stays armed behind its mission."""
        self._link.mav.command_long_send(1, 1, _MAV.MAV_CMD_COMPONENT_ARM_DISARM, 0, 0, 21196, 0, 0, 0, 0, 0)

    def begin(self) -> bool:
        """Arm in AUTO; whether it did."""
        self._link.set_mode("AUTO")
        for _ in range(60):
            self._link.mav.command_long_send(1, 1, _MAV.MAV_CMD_COMPONENT_ARM_DISARM, 0, 1, 0, 0, 0, 0, 0, 0)
            if self.until(lambda _: self.armed, 2.0):
                return True
        return False


def fly(given: argparse.Namespace, number: int) -> None:
    """Fly the incident of this number, and keep its log."""
    planted, kind, items = drawn(given.kind, number, given.seed)
    with tempfile.TemporaryDirectory(prefix="incident-") as name:
        more = Path(name) / "more.parm"
        more.write_text("".join(f"{param} {value}\n" for param, value in planted.params.items()))
        flight = Flight(given.kind, given.binary, given.defaults, given.instance, Path(name), more)
        try:
            flight.until(lambda _: flight.boot_s > 12.0, 60.0)
            flight.upload(items)
            if not flight.begin() or not flight.until(lambda _: flight.height > 0.5 or flight.speed > 1.0, 30.0):
                raise TimeoutError("it did not set out")
            began_s = flight.boot_s
            flight.until(lambda _: flight.boot_s >= began_s + planted.at_s, _LONGEST_S)
            flight.set(kind.strikes)
            flight.silent = kind.silent_station
            if planted.until_s is not None:
                end_s = began_s + planted.until_s
                flight.until(lambda _: flight.boot_s >= end_s or not flight.armed, _LONGEST_S)
                flight.set(kind.ends)
            flight.until(lambda _: not flight.armed or flight.rests(_RESTS_S), _LONGEST_S)
            flight.disarm()
            flight.until(lambda _: False, _DISARMED_S)
        finally:
            flight.close()
        logs = sorted((Path(name) / "logs").glob("*.BIN"), key=lambda path: path.stat().st_size)
        folder = given.folder / f"{number:03d}-{kind.name}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(logs[-1], folder / "flight.bin")
        (folder / "planted.json").write_text(json.dumps(asdict(planted)))


def fly_each(numbers: range, kinds: Sequence[Kind], flight: Callable[[int], None]) -> None:
    """Fly the incidents of these numbers; of one that fails it is told why, and the next is flown."""
    for number in numbers:
        name = kinds[number % len(kinds)].name
        try:
            flight(number)
            print(f"{number}: {name}", flush=True)
        except (TimeoutError, OSError) as error:
            print(f"{number}: {name}: {error}", flush=True)


@dataclass(frozen=True)
class Judged:
    """Verdict on an incident that was flown again. `named` None: there was no fault to name."""

    name: str
    near: float
    failsafe: bool
    named: bool | None
    found: tuple[str, ...]
    words: str


def judge(folder: Path, out: Path) -> Judged:
    """Reproduce the log of a folder, and compare with what was planted."""
    planted = json.loads((folder / "planted.json").read_text())
    try:
        built, flown = reproduce(next(folder.glob("flight.*")), out / folder.name)
    except UserError as error:
        return Judged(folder.name, 0.0, False, False if planted["named"] else None, (), str(error))
    found = tuple(fault.name for fault in built.faults)
    named = None if not planted["named"] else set(planted["named"]) <= set(found)
    return Judged(folder.name, flown.near, flown.same, named, found, "; ".join((*flown.missing, flown.cause)))


def judge_all(given: argparse.Namespace) -> None:
    """Print a row for each incident, and the sums; write both into the page, between the marks of its kind."""
    folders: Path = given.folder
    page: Path | None = given.page
    with tempfile.TemporaryDirectory(prefix="incidents-") as out:
        rows, lines = [], table(_HEADS, ())
        for folder in sorted(path for path in folders.iterdir() if (path / "planted.json").is_file()):
            row = judge(folder, Path(out))
            rows.append(row)
            mark = {True: "yes", False: "**no**", None: ""}
            found = ", ".join(dict.fromkeys(row.found)) or "none"
            cells = (row.name, f"{row.near:.0%}", mark[row.failsafe], mark[row.named], found, row.words)
            lines.append(table_row(cells))
            print(lines[-1], flush=True)
    faults = [row for row in rows if row.named is not None]
    near = _share(row.near >= _NEAR for row in rows)
    judged = (
        (f"within 5 m of the log, at the same time, for {_NEAR:.0%} of the flight", near),
        ("the same failsafes within a second, and the same end", _share(row.failsafe for row in rows)),
        ("the injected fault found", _share(bool(row.named) for row in faults)),
        ("faults found that were not injected", sum(_wrong(row, folders) for row in rows)),
    )
    sums = table(("criterion", "result"), judged)
    print("\n".join(sums))
    if page is not None:
        begin = _BEGIN.format(kind=given.kind)
        head, _, tail = page.read_text(encoding="utf-8").partition(begin)
        text = "\n".join([begin, *sums, "", *lines, _END])
        page.write_text(head + text + tail.partition(_END)[2], encoding="utf-8")


_HEADS: Final = ("log", "within 5 m", "failsafes and end", "injected fault found", "faults found", "first difference")
_NEAR: Final = 0.95
_BEGIN, _END = "<!-- measured {kind} -->", "<!-- /measured -->"


def _share(judged: Iterable[bool]) -> str:
    known = list(judged)
    return f"{sum(known)} of {len(known)}"


def _wrong(row: Judged, given: Path) -> int:
    planted = json.loads((given / row.name / "planted.json").read_text())["named"]
    return len(set(row.found) - set(planted))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("fly", "judge"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="copter")
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--defaults", help="files of parameters, by commas")
    parser.add_argument("--page", type=Path, help="docs/reproduce.md, to be written")
    parser.add_argument("--instance", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, help="all kinds of incident, without")
    given = parser.parse_args()
    if given.what == "judge":
        judge_all(given)
        return
    kinds = KINDS[given.kind]
    fly_each(range(given.first, given.first + (given.count or len(kinds))), kinds, lambda number: fly(given, number))


if __name__ == "__main__":
    main()
