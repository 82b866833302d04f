"""PX4 SITL as a child of the service: `--vehicle px4:copter[=BINARY]`, with SIH, the physics inside it.

The binary is `bin/px4` of a SITL build (`make px4_sitl_sih`), beside whose folder `etc` lies. Ports and names:
ROMFS/px4fmu_common/init.d-posix/rcS and px4-rc.mavlink (instance N sends to 14540 + N, its onboard port, and to a
ground station's 14550 from 18570 + N); airframes/10040_sihsim_quadx; parameters from PX4_PARAM_NAME, version 1.16.

The link to 14550 is stopped once the child is heard: Sortie serves ground stations there as the same system.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from autopilot.vehicles.kinds import vehicle_class
from sitl.child import SitlChild, SitlError, find_program

VARIABLE: Final = "PX4_SITL"
_TITLE: Final = "PX4 SITL"
_ONBOARD_PORT: Final = 14540
_STATION_PORT: Final = 18570
_INSTANCES: Final = range(10)  # later ones all send to one port
_PATIENCE_S: Final = 10.0
#: No transmitter is there, so none is missed; what a ground station's loss does is left as it is.
DEFAULTS: Final = {"COM_RC_IN_MODE": 4.0, "NAV_RCL_ACT": 0.0}


def find_binary(frame: str, given: str) -> Path:
    """The binary: named on the command line, by PX4_SITL, or on the search path. SitlError with how to get one when
    there is none, it cannot be run, or what belongs to it is not there."""
    binary = find_program(
        _TITLE, "px4", given, VARIABLE,
        f"build it (make px4_sitl_sih) and name it: --vehicle px4:{frame}=BINARY or {VARIABLE}=BINARY",
    )  # fmt: skip
    if not _startup(binary).is_dir():
        raise SitlError(f"{_TITLE}: there is no {_startup(binary)}, which belongs to {binary}")
    return binary


def _startup(binary: Path) -> Path:
    return binary.parent.parent / "etc"


def launch(
    frame: str, given: str, home: tuple[float, float, float, float], speedup: float, folder: Path,
    defaults: Mapping[str, float],
) -> SitlChild:  # fmt: skip
    """As `sitl.ardupilot.launcher.launch`; the heading is SIH's own, north."""
    binary = find_binary(frame, given)
    instance = _free_instance()
    arguments = [str(binary), "-i", str(instance), "-d", str(_startup(binary))]
    return SitlChild(
        _TITLE, arguments, f"udpin:127.0.0.1:{_ONBOARD_PORT + instance}", folder,
        environment=_environment(frame, home, speedup, {**DEFAULTS, **defaults}),
        heard=lambda: _stop_station_link(binary, instance),
    )  # fmt: skip


def _environment(
    frame: str, home: tuple[float, float, float, float], speedup: float, parameters: Mapping[str, float]
) -> dict[str, str]:
    lat, lon, alt, _ = home
    place = {"SIH_LOC_LAT0": lat, "SIH_LOC_LON0": lon, "SIH_LOC_H0": alt}
    return {
        "PX4_SIM_MODEL": vehicle_class(frame).sih_model, "PX4_SIM_SPEED_FACTOR": f"{speedup:g}",
        **{f"PX4_PARAM_{name}": f"{value!r}" if value % 1.0 else f"{value:.0f}"
           for name, value in {**place, **parameters}.items()},
    }  # fmt: skip


def _free_instance() -> int:
    """The first whose ports nobody has."""
    for instance in _INSTANCES:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onboard,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station,
        ):
            try:
                onboard.bind(("127.0.0.1", _ONBOARD_PORT + instance))
                station.bind(("127.0.0.1", _STATION_PORT + instance))
            except OSError:
                continue
            return instance
    raise SitlError(f"{_TITLE}: ports {_ONBOARD_PORT} to {_ONBOARD_PORT + len(_INSTANCES) - 1} are all taken")


def _stop_station_link(binary: Path, instance: int) -> None:
    """By PX4's own client of the running process. SitlError when it does not do it."""
    client = binary.with_name("px4-mavlink")
    command = [str(client), "--instance", str(instance), "stop", "-u", str(_STATION_PORT + instance)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SitlError(f"{_TITLE}: {client}: {error}") from error
    if done.returncode != 0:
        raise SitlError(f"{_TITLE}: {client} ended with status {done.returncode}")
