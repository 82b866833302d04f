"""Incidents of a real PX4: missions that it flies in its own simulator (SIH), with faults by its SIM_ parameters.

`python -m scripts.incidents_px4 DIR --binary PX4 --etc ETC` keeps log and plant of each in a folder below DIR, outside
of the repository; `python -m scripts.incidents judge DIR` reproduces and judges them (docs/reproduce.md).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import cos, radians
from pathlib import Path
from typing import Any, Final

from pymavlink import mavutil

from scripts.incidents import Kind, Planted, fly_each

_MAV: Final = mavutil.mavlink
HOME: Final = (47.397742, 8.545594)
_DEGREE_M: Final = 111_194.9
_SPEED: Final = 5
_LONGEST_S: Final = 240.0
KINDS: Final = (
    Kind("nothing", ()),
    Kind("gps-lost", ("gps.loss",), (("SIM_GPS_USED", 0.0),)),
    Kind("gps-lost-a-while", ("gps.loss",), (("SIM_GPS_USED", 0.0),), lasts=(4.0, 8.0), ends=(("SIM_GPS_USED", 10.0),)),
    Kind("battery-drains", ("battery.low",), (("SIM_BAT_MIN_PCT", 5.0),), (("SIM_BAT_DRAIN", 60.0),)),
    Kind("station-lost", ("gcs.loss",), (), (("NAV_DLL_ACT", 2.0), ("COM_DL_LOSS_T", 5.0)), silent_station=True),
    Kind("compass-wrong", (), (("SIM_MAG_OFFSET_X", 0.3),)),
    Kind("barometer-wrong", (), (("SIM_BARO_OFF_P", -150.0),)),
    Kind("fence", (), (), (("GF_MAX_VER_DIST", 12.0), ("GF_ACTION", 3.0))),
    Kind("station-lost", ("gcs.loss",), (), (("NAV_DLL_ACT", 3.0), ("COM_DL_LOSS_T", 5.0)), silent_station=True),
    Kind("nothing", ()),
)  # fmt: skip
"""What is planted. A `.ulg` is not read for compass and barometer: those are judged by failsafe and track alone."""


@contextmanager
def _px4(binary: Path, etc: Path, instance: int, folder: Path) -> Iterator[Any]:
    """A link to PX4 as its station; what it has for stations goes to a port of its own."""
    shutil.copytree(etc, folder / "etc")
    links = folder / "etc" / "init.d-posix" / "px4-rc.mavlink"
    local = "-u $udp_gcs_port_local -r 4000000 -f"
    links.write_text(links.read_text().replace(local, f"{local} -o {20_000 + instance}"))
    words = [str(binary), "-i", str(instance), "-d", str(folder / "etc"), "-w", str(folder)]
    given = os.environ | {
        "PX4_SIM_MODEL": "sihsim_quadx",
        "PX4_SIM_SPEED_FACTOR": str(_SPEED),
        "PX4_SYS_AUTOSTART": "10040",
    }
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, cwd=folder, env=given, stdin=quiet, stdout=quiet, stderr=quiet)
    link = mavutil.mavlink_connection(f"udpout:127.0.0.1:{18_570 + instance}", source_system=255, dialect="common")
    try:
        yield link
    finally:
        link.close()
        process.terminate()
        process.wait(10)


class _Flight:
    def __init__(self, link: Any, system: int) -> None:
        self._link = link
        self._system = system
        self.boot_s = self.height = self._beaten_s = 0.0
        self.armed = self.silent = False
        self._beat()

    def _beat(self) -> None:
        self._beaten_s = time.monotonic()
        self._link.mav.heartbeat_send(_MAV.MAV_TYPE_GCS, _MAV.MAV_AUTOPILOT_INVALID, 0, 0, 0)

    def turn(self) -> Any:
        """Hear one message, None where there is none for a while, and say that the station is there."""
        message = self._link.recv_match(blocking=True, timeout=0.1)
        kind = "" if message is None else message.get_type()
        if kind == "GLOBAL_POSITION_INT":
            self.boot_s, self.height = message.time_boot_ms / 1000.0, message.relative_alt / 1000.0
        elif kind == "HEARTBEAT" and message.get_srcComponent() == 1:
            self.armed = bool(message.base_mode & _MAV.MAV_MODE_FLAG_SAFETY_ARMED)
        if not self.silent and time.monotonic() - self._beaten_s > 0.5 / _SPEED:
            self._beat()
        return message

    def until(self, condition: Callable[[Any], bool], within_s: float) -> bool:
        """Vehicle time passes until it is so."""
        end_s, wall_s = self.boot_s + within_s, time.monotonic()
        while not condition(self.turn()):
            if (self.boot_s > end_s > within_s) or time.monotonic() - wall_s > 120.0:
                return False
        return True

    def set(self, name: str, value: float) -> None:
        """Set a parameter, whose type PX4 tells."""
        link, key = self._link, name.encode()
        kind = -1

        def told(message: Any) -> bool:
            nonlocal kind
            if message is not None and message.get_type() == "PARAM_VALUE" and message.param_id == name:
                kind = message.param_type
            return kind >= 0

        for _ in range(5):
            link.mav.param_request_read_send(self._system, 1, key, -1)
            if self.until(told, 3.0):
                whole = kind == _MAV.MAV_PARAM_TYPE_INT32
                coded = struct.unpack("<f", struct.pack("<i", round(value)))[0] if whole else value
                link.mav.param_set_send(self._system, 1, key, coded, kind)
                return
        raise TimeoutError(f"no answer about {name}")

    def command(self, number: int, *params: float) -> None:
        self._link.mav.command_long_send(self._system, 1, number, 0, *params, *[0.0] * (7 - len(params)))

    def upload(self, items: list[tuple[int, float, float, float]]) -> None:
        wide = _DEGREE_M * cos(radians(HOME[0]))

        def serve(message: Any) -> bool:
            if message is None:
                return False
            if message.get_type() in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
                command, north, east, height = items[message.seq]
                lat, lon = HOME[0] + north / _DEGREE_M, HOME[1] + east / wide
                frame = _MAV.MAV_FRAME_GLOBAL_RELATIVE_ALT_INT
                place = (round(lat * 1e7), round(lon * 1e7), height)
                if command == _MAV.MAV_CMD_NAV_RETURN_TO_LAUNCH:
                    frame, place = _MAV.MAV_FRAME_MISSION, (0, 0, 0.0)
                nan = float("nan")
                self._link.mav.mission_item_int_send(
                    self._system, 1, message.seq, frame, command, 0, 1, 0.0, 0.0, 0.0, nan, *place, 0
                )
            return bool(message.get_type() == "MISSION_ACK")

        self._link.mav.mission_count_send(self._system, 1, len(items), 0)
        if not self.until(serve, 30.0):
            raise TimeoutError("it took no mission")


def drawn(number: int, seed: int) -> tuple[Planted, Kind, list[tuple[int, float, float, float]]]:
    """The incident of this number: every kind in turn; plan, speed and time by the seed."""
    source = random.Random(f"{seed}/{number}")
    kind = KINDS[number % len(KINDS)]
    at_s = round(source.uniform(15.0, 35.0), 1)
    until_s = None if kind.lasts is None else round(at_s + source.uniform(*kind.lasts), 1)
    height = source.choice((15.0, 20.0, 30.0))
    items = [(_MAV.MAV_CMD_NAV_TAKEOFF, 0.0, 0.0, height)]
    north = east = 0.0
    for _ in range(source.randrange(4, 7)):
        north += source.uniform(-80.0, 80.0)
        east += source.uniform(-80.0, 80.0)
        items.append((_MAV.MAV_CMD_NAV_WAYPOINT, north, east, height + source.choice((-4.0, 0.0, 0.0, 6.0))))
    items.append((_MAV.MAV_CMD_NAV_RETURN_TO_LAUNCH, 0.0, 0.0, 0.0))
    params = {"MPC_XY_CRUISE": source.choice((4.0, 5.0, 8.0)), "COM_RC_IN_MODE": 4.0} | dict(kind.params)
    return Planted(number, kind.name, kind.named, at_s, until_s, params), kind, items


def fly(given: argparse.Namespace, number: int) -> None:
    """Fly the incident of this number, and keep its log."""
    planted, kind, items = drawn(number, given.seed)
    with tempfile.TemporaryDirectory(prefix="incident-") as name:
        with _px4(given.binary, given.etc, given.instance, Path(name)) as link:
            flight = _Flight(link, given.instance + 1)
            if not flight.until(lambda _: flight.boot_s > 8.0, 60.0):
                raise TimeoutError("no place")
            for param, value in planted.params.items():
                flight.set(param, value)
            flight.upload(items)
            for _ in range(40):
                flight.command(_MAV.MAV_CMD_DO_SET_MODE, 1, 4, 4)
                flight.command(_MAV.MAV_CMD_COMPONENT_ARM_DISARM, 1)
                if flight.until(lambda _: flight.armed, 2.0):
                    break
            if not flight.until(lambda _: flight.height > 0.5, 30.0):
                raise TimeoutError("it did not take off")
            began_s = flight.boot_s
            flight.until(lambda _: flight.boot_s >= began_s + planted.at_s, _LONGEST_S)
            for param, value in kind.strikes:
                flight.set(param, value)
            flight.silent = kind.silent_station
            if planted.until_s is not None:
                end_s = began_s + planted.until_s
                flight.until(lambda _: flight.boot_s >= end_s or not flight.armed, _LONGEST_S)
                for param, value in kind.ends:
                    flight.set(param, value)
            flight.until(lambda _: not flight.armed, _LONGEST_S)
            flight.until(lambda _: False, 3.0)
        logs = sorted(Path(name).rglob("*.ulg"), key=lambda path: path.stat().st_size)
        folder = given.folder / f"{number:03d}-{kind.name}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(logs[-1], folder / "flight.ulg")
        (folder / "planted.json").write_text(json.dumps(asdict(planted)))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--etc", type=Path, required=True, help="its folder etc")
    parser.add_argument("--instance", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=len(KINDS))
    given = parser.parse_args()
    fly_each(range(given.first, given.first + given.count), KINDS, lambda number: fly(given, number))


if __name__ == "__main__":
    main()
