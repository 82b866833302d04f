"""ArduPilot SITL as a child of the service: `--vehicle ardupilot:copter[=BINARY]`.

The binary is one process (its physics is inside), with the defaults of its frame.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from autopilot.vehicles.kinds import vehicle_class
from sitl.child import SitlChild, SitlError, find_program, free_port

VARIABLE: Final = "ARDUPILOT_SITL"
_TITLE: Final = "ArduPilot SITL"


def defaults_file(frame: str) -> Path:
    """Sortie's own defaults for ArduPilot SITL of this frame."""
    return Path(__file__).with_name(f"{frame}.parm")


def find_binary(frame: str, given: str) -> Path:
    """The binary: named on the command line, by ARDUPILOT_SITL, or on the search path. SitlError with how to
    get one when there is none, or it cannot be run."""
    kind = vehicle_class(frame)
    return find_program(
        _TITLE,
        kind.sitl_binary,
        given,
        VARIABLE,
        f"build it (./waf configure --board sitl && ./waf {kind.sitl_target}) and name it: "
        f"--vehicle ardupilot:{frame}=BINARY or {VARIABLE}=BINARY",
    )


def launch(
    frame: str,
    given: str,
    home: tuple[float, float, float, float],
    speedup: float,
    folder: Path,
    defaults: Mapping[str, float],
) -> SitlChild:
    """Start SITL of the kind `frame`, of the binary `given` (empty: looked for), at `home` (deg, deg, m AMSL, heading
    deg), with its files in `folder`; `defaults` on top of those of its frame. SitlError when it cannot be."""
    binary = find_binary(frame, given)
    lat, lon, alt, heading = home
    port = free_port()
    # the other serial ports and the radio input would take ports of their own, which another SITL may have
    arguments = [
        str(binary),
        "--model",
        vehicle_class(frame).model,
        "--speedup",
        f"{speedup:g}",
        "--home",
        f"{lat!r},{lon!r},{alt!r},{heading!r}",
        "--defaults",
        _defaults(frame, folder, defaults),
        "--serial0",
        f"tcp:{port}:wait",
        "--serial1",
        "none",
        "--serial2",
        "none",
        "--rc-in-port",
        str(free_port(socket.SOCK_DGRAM)),
        "--wipe",
    ]
    return SitlChild(_TITLE, arguments, f"tcp:127.0.0.1:{port}", folder)


def _defaults(frame: str, folder: Path, more: Mapping[str, float]) -> str:
    """The files of defaults as SITL takes them."""
    names = [str(defaults_file(frame))]
    if more:
        path = folder / "defaults.parm"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name} {value:g}\n" for name, value in more.items()))
        except OSError as error:
            raise SitlError(f"{_TITLE}: {folder}: {error.strerror}") from error
        names.append(str(path.resolve()))
    return ",".join(names)
