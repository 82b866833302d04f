"""The PX4 stand-in as a program: `bin/px4 -i INSTANCE -d ETC` of a build, with its ports.

Source: ROMFS/px4fmu_common/init.d-posix (1.16), px4-rc.mavlink: instance N sends from 14580 + N to 14540 + N, the
onboard link, and from 18570 + N to 14550, a ground station's; rcS: a px4-rc.mavlink on the search path is read instead.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import sys
import time
from pathlib import Path

from autopilot.interface.geo import GeoPoint
from tests.stand_in.px4 import Px4StandIn
from tests.stand_in.px4_parameters import DEFAULTS

_TURN_S = 0.005
_LINK = re.compile(r"^mavlink start .*-u (\d+).*-o (\d+)", re.MULTILINE)
PROGRAM = "tests.stand_in.px4_program"


def _links(instance: int) -> list[tuple[int, int]]:
    """Ports from and to: those of a file on the search path, else PX4's own."""
    given = shutil.which("px4-rc.mavlink")
    if given is None:
        return [(14580 + instance, 14540 + instance), (18570 + instance, 14550)]
    return [(int(local), int(to)) for local, to in _LINK.findall(Path(given).read_text())]


def _place(name: str, default: float) -> float:
    return float(os.environ.get(f"PX4_PARAM_{name}", default))


def _run(instance: int) -> None:
    given = {name: float(os.environ[f"PX4_PARAM_{name}"]) for name in DEFAULTS if f"PX4_PARAM_{name}" in os.environ}
    home = GeoPoint(_place("SIH_LOC_LAT0", 47.4), _place("SIH_LOC_LON0", 8.5), _place("SIH_LOC_H0", 489.0))
    stand_in = Px4StandIn(home=home, params=given)
    speed = float(os.environ.get("PX4_SIM_SPEED_FACTOR", "1"))
    links = [(_bound(local), to) for local, to in _links(instance)]
    onboard = links[0][0]
    begin_s = time.monotonic()
    while True:
        ready, _, _ = select.select([onboard], [], [], _TURN_S)
        stand_in.run_to(int((time.monotonic() - begin_s) * 1000.0 * speed))
        if ready:
            stand_in.receive(onboard.recv(65536), 0)
        out = stand_in.take()
        for link, to in links if out else ():
            link.sendto(out, ("127.0.0.1", to))


def _bound(port: int) -> socket.socket:
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("127.0.0.1", port))
    return link


def main(words: list[str]) -> int:
    """`-i N -d ETC`."""
    _run(int(words[words.index("-i") + 1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
