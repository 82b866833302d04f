"""The PX4 stand-in as a program: `bin/px4 -i INSTANCE -d ETC` of a build, with its ports and its client.

Source: ROMFS/px4fmu_common/init.d-posix/px4-rc.mavlink (1.16): instance N sends from 14580 + N to 14540 + N, the
onboard link, and from 18570 + N to 14550, a ground station's; `px4-mavlink --instance N stop -u PORT` stops one.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from pathlib import Path

from autopilot.geo import GeoPoint
from tests.stand_in.px4 import Px4StandIn
from tests.stand_in.px4_parameters import DEFAULTS

ROOT = Path(__file__).resolve().parents[2]
_TURN_S = 0.005
_STATION_PORT = 14550
_SCRIPT = """#!/bin/sh
cd {root} && exec {python} -m tests.stand_in.px4_program {folder} {what} "$@"
"""


def build(folder: Path) -> Path:
    """A folder that looks like a build of PX4 SITL; the binary."""
    for name, what in (("px4", "run"), ("px4-mavlink", "stop")):
        path = folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_SCRIPT.format(root=ROOT, python=sys.executable, folder=folder, what=what))
        path.chmod(0o755)
    (folder / "etc").mkdir()
    return folder / "bin" / "px4"


def _place(name: str, default: float) -> float:
    return float(os.environ.get(f"PX4_PARAM_{name}", default))


def _run(folder: Path, instance: int) -> None:
    given = {name: float(os.environ[f"PX4_PARAM_{name}"]) for name in DEFAULTS if f"PX4_PARAM_{name}" in os.environ}
    home = GeoPoint(_place("SIH_LOC_LAT0", 47.4), _place("SIH_LOC_LON0", 8.5), _place("SIH_LOC_H0", 489.0))
    stand_in = Px4StandIn(home=home, params=given)
    speed = float(os.environ.get("PX4_SIM_SPEED_FACTOR", "1"))
    onboard, station = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    onboard.bind(("127.0.0.1", 14580 + instance))
    station.bind(("127.0.0.1", 18570 + instance))
    begin_s = time.monotonic()
    while True:
        ready, _, _ = select.select([onboard], [], [], _TURN_S)
        stand_in.run_to(int((time.monotonic() - begin_s) * 1000.0 * speed))
        if ready:
            stand_in.receive(onboard.recv(65536), 0)
        out = stand_in.take()
        if out:
            onboard.sendto(out, ("127.0.0.1", 14540 + instance))
            if not (folder / f"stopped-{18570 + instance}").exists():
                station.sendto(out, ("127.0.0.1", _STATION_PORT))


def main(words: list[str]) -> int:
    """`FOLDER run -i N -d ETC`, or `FOLDER stop --instance N stop -u PORT`."""
    folder, what, *rest = words
    if what == "stop":
        (Path(folder) / f"stopped-{rest[-1]}").touch()
        return 0
    _run(Path(folder), int(rest[rest.index("-i") + 1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
