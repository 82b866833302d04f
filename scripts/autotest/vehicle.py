"""A vehicle of Sortie with the command line of an ArduPilot SITL binary, for ArduPilot's own flight tests.

`python -m scripts.autotest.vehicle KIND ARGUMENTS`: the three ports of SITL, sticks on UDP 5501, state in $BUILDLOGS
(`-w` forgets it), logs/0000000N.BIN where the tests run, defaults and speed from the files of `--defaults`; time never
outruns the tests. What it has no part for (`--serial5` and other simulated hardware) is named on stderr and left out:
the test of it fails.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from math import floor
from pathlib import Path
from typing import NoReturn

_LOOK_S = 0.1
FIRST_PORT = 5760
"""TCP port of SERIAL0 of instance 0; SERIAL1 and SERIAL2 follow by two and three (SITL_State_common.cpp)."""

_SKY = {"SIM_BATT_CAP_AH": 0, "SIM_GPS_NOISE": 0, "SIM_BARO_RND": 0}
_WORLD = {
    "copter": _SKY | {"SIM_PLD_TYPE": 0},
    "plane": _SKY,
    "quadplane": _SKY,
    "rover": {"SIM_BATT_CAP_AH": 0, "MOT_THR_MIN": 8},
}
"""SITL's world, where ours is another by default; a file of defaults may say otherwise. Its battery is endless, its
receiver exact, its estimate of height quieter than that of our barometer, its pads seen from everywhere above them,
and nothing keeps its rover from rolling."""

FAST = "AUTOTEST_FAST"
UPRIGHT_DRAG = {"SIM_DRAG_AREA": 865, "SIM_DRAG_ROTOR": 25}
"""The drag of SITL's copter along its axis (SIM_Frame.h: refSpd, refAngle, mdrag_coef for 3 kg; here for 1.5), four
times ours, with FAST in the environment. Leaning it has less."""

CATAPULT = {"SIM_LAUNCH_ACC": 15, "SIM_LAUNCH_TIME": 2, "SIM_LAUNCH_SERVO": 7}
"""The launcher of SITL's model `plane-catapult` (SIM_Plane.cpp)."""

STICKS_PORT = 5501


def command(kind: str, arguments: list[str]) -> list[str]:
    """The command line of `sortie serve` for ArduPilot's of a KIND of vehicle (`copter`, `rover`, `plane`)."""
    given, left = _parser().parse_known_args(_joined(arguments))
    if left:
        print(f"left out: {' '.join(left)}", file=sys.stderr)
    if kind == "plane" and given.model.startswith("quadplane"):
        kind = "quadplane"
    base = FIRST_PORT + 10 * given.instance
    state = Path(os.environ.get("BUILDLOGS", "."), f"sortie-{given.instance}")
    if given.wipe:
        shutil.rmtree(state, ignore_errors=True)
    words = [sys.executable, "-m", "sortie", "serve", "--vehicle", f"sim:{kind}", "--state-dir", str(state)]
    words += ["--log-dir", str(state / "log")]
    for port in (base, base + 2, base + 3):
        words += ["--link", f"tcpin:127.0.0.1:{port}"]
    sticks = given.rc_in_port or STICKS_PORT + 10 * given.instance
    words += ["--pace", "clients", "--rc", str(sticks), "--speedup", str(given.speedup)]
    fast = UPRIGHT_DRAG if os.environ.get(FAST) else {}
    thrown = CATAPULT if given.model == "plane-catapult" else {}
    for name, value in (_WORLD[kind] | fast | thrown).items():
        words += ["--param", f"{name}={value}"]
    for file in filter(None, given.defaults.split(",")):
        words += ["--param", file]
        words += _speed(file)
    return words + ([f"--home={_place(given.home)}"] if given.home else [])


def _place(home: str) -> str:
    """Latitude, longitude, altitude and heading, also of a place that the tree's list names."""
    rows = [] if "," in home else Path("Tools/autotest/locations.txt").read_text().splitlines()
    return next((row.partition("=")[2] for row in rows if row.partition("=")[0] == home), home)


def tile_of(words: Sequence[str]) -> str:
    """Name of the SRTM tile of the home in a command line; empty without one."""
    home = next((word.partition("=")[2] for word in words if word.startswith("--home=")), "")
    if home.count(",") < 1:
        return ""
    south, west = (floor(float(value)) for value in home.split(",")[:2])
    return f"{'NS'[south < 0]}{abs(south):02d}{'EW'[west < 0]}{abs(west):03d}"


def _joined(arguments: list[str]) -> list[str]:
    """`--home -35,149,..` in one word, since a value with a minus reads like an option."""
    return re.sub("\n(--home|-O)\n", "\n--home=", "\n" + "\n".join(arguments)).split("\n")[1:]


def _parser() -> ArgumentParser:
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-w", "--wipe", action="store_true")
    parser.add_argument("-I", "--instance", type=int, default=0)
    parser.add_argument("-M", "--model", default="")
    parser.add_argument("-O", "--home", default="")
    parser.add_argument("-s", "--speedup", type=float, default=1.0)
    parser.add_argument("--defaults", default="")
    parser.add_argument("--rc-in-port", type=int)
    parser.add_argument("--rate")
    parser.add_argument("--slave")
    parser.add_argument("--serial1")
    return parser


def _speed(file: str) -> list[str]:
    """`--speedup` of a file with a line `SIM_SPEEDUP X`, which the tests put in front of all others."""
    rows = [line.replace(",", " ").split() for line in Path(file).read_text().splitlines()]
    return [word for row in rows if row[:1] == ["SIM_SPEEDUP"] for word in ("--speedup", row[1])]


def main() -> None:
    words = command(sys.argv[1], sys.argv[2:])
    tile = os.environ.get("SORTIE_TERRAIN")
    if tile is not None and tile_of(words) != Path(tile).stem:  # a test that moves there later
        del os.environ["SORTIE_TERRAIN"]
    for old in Path("logs").glob("*.BIN"):
        old.unlink()
    print("Waiting for connection ....", flush=True)  # what the tests wait for before they connect
    vehicle = os.getpid()
    if os.fork() == 0:
        _watch_logs(Path(words[words.index("--log-dir") + 1]), vehicle)
    else:
        os.execv(words[0], words)


def _watch_logs(flights: Path, vehicle: int) -> NoReturn:
    """Show logs while the process of this number, the vehicle, runs."""
    while os.getppid() == vehicle:
        show_logs(flights, Path("logs"))
        time.sleep(_LOOK_S)
    os._exit(0)


def show_logs(flights: Path, shown: Path) -> None:
    """Put the flights' logs where ArduPilot's are, numbered as its are; that on the ground is 0."""
    for file in (*flights.glob("boot/flight.bin"), *flights.glob("flights/*/flight.bin")):
        name = shown / f"{int(file.parent.name.replace('boot', '0')):08}.BIN"
        if not name.exists():
            shown.mkdir(exist_ok=True)
            name.symlink_to(file)


if __name__ == "__main__":
    main()
