"""Launcher of PX4 SITL as a child of the service: `--vehicle px4:copter[=BINARY]`. Its physics are its own (SIH), or
(`,world=ours`) a body of our simulator.

The binary is `bin/px4` of `make px4_sitl`, with the folder `etc` beside `bin`. This build has both SIH and the MAVLink
simulator interface; with `world=ours` PX4 starts only the interface, and none of its own physics. Ports and names:
ROMFS/px4fmu_common/init.d-posix/rcS and px4-rc.mavlink (instance N sends to 14540 + N, its onboard port, and to a
ground station's 14550 from 18570 + N); airframes/10040_sihsim_quadx; parameters from PX4_PARAM_NAME; one instance N of
a machine (platforms/posix/src/px4/common/main.cpp, the lock); version 1.16.

It gets our px4-rc.mavlink, which rcS finds on the search path before its own. It starts only the onboard link, because
Sortie serves ground stations at 14550 as the same system. Stopping the other link later does not work: in 1.16.0, plan
transfers of all links then wait for 5 s each ("dataman_client timeout").
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from autopilot.parameters.files import parse_parameters
from autopilot.vehicles.kinds import vehicle_class
from sitl.child import START_UNIX_S, SitlChild, SitlError, find_program
from sitl.processors import next_processor

if TYPE_CHECKING:
    from sitl.px4.lockstep import HilLockstep, SimulatorWire
    from sitl.vehicles.simulated import SimulatedMachine

VARIABLE: Final = "PX4_SITL"
_TITLE: Final = "PX4 SITL"
_ONBOARD_PORT: Final = 14540
_MORE_ONBOARD: Final = 14700  # of instance 10 and later, since 14550 belongs to a ground station
_LOCAL_PORT: Final = 14580
_INSTANCES: Final = range(40)
_SIMULATOR_PORT: Final = 4560
_LOCK: Final = "/tmp/px4_lock-{}"
_LINKS: Final = "px4-rc.mavlink"
#: Scripts that rcS reads before its commander starts, after it has set the system id by the instance. Values in the
#: environment are set before the airframe's defaults, which replace them where they equal PX4's own defaults; so they
#: are set here.
_SIMULATOR: Final = "px4-rc.simulator"
_SET: Final = """#!/bin/sh
{parameters}
. ${{R}}etc/init.d-posix/px4-rc.simulator
{more}"""
_ONE_LINK: Final = """#!/bin/sh
mavlink start -x -u {local} -r 4000000 -f -m onboard -o {onboard}
"""
#: PX4's simulator is on this machine: these variables must be empty.
_OUR_WORLD: Final = {"PX4_SIMULATOR": "", "PX4_SIM_HOSTNAME": "", "PX4_SIM_HOST_ADDR": ""}
#: There is no transmitter, so its loss must have no effect. The reaction to a lost ground station does not change.
DEFAULTS: Final = {"COM_RC_IN_MODE": 4.0, "NAV_RCL_ACT": 0.0}
_BY_TRANSMITTER: Final = (0.0, 2.0, 3.0)
"""Values of COM_RC_IN_MODE with which sticks may come from a transmitter."""
#: Channels of the sticks of our simulator's transmitter.
_TRANSMITTER: Final = {
    "RC_CHAN_CNT": 8.0, "RC_MAP_ROLL": 1.0, "RC_MAP_PITCH": 2.0, "RC_MAP_THROTTLE": 3.0, "RC_MAP_YAW": 4.0
}  # fmt: skip
_PADS: Final = "landing_target_estimator start\n"
"""Line of PX4's shell. The module computes places from LANDING_TARGET by the height above ground."""
_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})


def find_binary(frame: str, given: str) -> Path:
    """Find the binary: on the command line, in PX4_SITL, or on the search path. SitlError with advice if there is none,
    it cannot run, or its folder `etc` is missing."""
    binary = find_program(
        _TITLE,
        "px4",
        given,
        VARIABLE,
        f"build it (make px4_sitl) and name it: --vehicle px4:{frame}=BINARY or {VARIABLE}=BINARY",
    )
    if not _startup(binary).is_dir():
        raise SitlError(f"{_TITLE}: there is no {_startup(binary)}, which belongs to {binary}")
    return binary


def _startup(binary: Path) -> Path:
    return binary.parent.parent / "etc"


def launch(
    frame: str,
    given: str,
    home: tuple[float, float, float, float],
    speedup: float,
    folder: Path,
    defaults: Mapping[str, float],
) -> SitlChild:
    """Launch the binary as `sitl.ardupilot.launcher.launch` does. SIH's heading is always north."""
    binary = find_binary(frame, given)
    lat, lon, alt, _ = home
    place = {"SIH_LOC_LAT0": lat, "SIH_LOC_LON0": lon, "SIH_LOC_H0": alt}
    model = {"PX4_SIM_MODEL": vehicle_class(frame).sih_model, "PX4_SIM_SPEED_FACTOR": f"{speedup:g}"}
    environment = {f"PX4_PARAM_{name}": value for name, value in _values({**place, **DEFAULTS, **defaults}).items()}
    return start(binary, next(free_instances()), folder, {**model, **environment})


def launch_in_world(
    frame: str,
    given: str,
    _home: tuple[float, float, float, float],
    machine: SimulatedMachine,
    folder: Path,
    defaults: Mapping[str, float],
    system: int,
    wire: Callable[[], SimulatorWire],
) -> HilLockstep:
    """Start PX4 as `launch` does, with this system id. It flies `machine` in lockstep and gets its place from its GPS.
    `wire` makes the codec of a connection."""
    from autopilot.precision.lander import SeesPads  # they load numpy and the kernel, which SIH does not need
    from sitl.px4.lockstep import DatagramLine, HilLockstep
    from sitl.vehicles.wiring import px4_body

    binary = find_binary(frame, given)
    instance, server = _simulator_port()
    airframe = Path(__file__).with_name(f"world_{frame}.parm")
    own = parse_parameters(airframe.read_bytes()) if airframe.is_file() else {}
    transmitter = defaults.get("COM_RC_IN_MODE") in _BY_TRANSMITTER
    parameters = {**(_TRANSMITTER if transmitter else DEFAULTS), **own, **defaults}
    sees_pads = isinstance(machine, SeesPads) and machine.pads_period_ms > 0
    body = px4_body(frame, machine, parameters)
    line = DatagramLine(_onboard_port(instance), _LOCAL_PORT + instance)
    try:
        environment = {"PX4_SIM_MODEL": vehicle_class(frame).hil_model, **_OUR_WORLD}
        more = _PADS if sees_pads else ""
        child = start(binary, instance, folder, environment, system, parameters, more, next_processor())
    except SitlError:
        server.close()
        line.close()
        raise
    return HilLockstep(
        body, server, wire, line, child, 1_000_000 * START_UNIX_S, ranges=sees_pads, transmitter=transmitter
    )


def start(
    binary: Path,
    instance: int,
    folder: Path,
    environment: Mapping[str, str],
    system: int | None = None,
    parameters: Mapping[str, float] = _NOTHING,
    more: str = "",
    processor: int | None = None,
) -> SitlChild:
    """Start an instance with PX4's onboard link only. `system`: its system id (None: by its instance). With a system
    id, `parameters` override its airframe's, and `more` are shell lines after the simulator's. `processor`: the only
    processor that it uses."""
    link = _ONE_LINK.format(local=_LOCAL_PORT + instance, onboard=_onboard_port(instance))
    write_startup(folder, link, system, parameters, more)
    arguments = [str(binary), "-i", str(instance), "-d", str(_startup(binary))]
    search = {"PATH": os.pathsep.join((str(folder.resolve()), os.environ.get("PATH", os.defpath)))}
    return SitlChild(
        _TITLE,
        arguments,
        f"udpin:127.0.0.1:{_onboard_port(instance)}",
        folder,
        environment={**environment, **search},
        processor=processor,
    )


def write_startup(
    folder: Path, links: str, system: int | None, parameters: Mapping[str, float] = _NOTHING, more: str = ""
) -> None:
    """Write the files that rcS finds on the search path before its own. They set the system id early, because the
    commander only answers commands to the system id of its start."""
    texts = {_LINKS: links}
    if system is not None:
        values = {"MAV_SYS_ID": f"{system}", **_values(parameters)}
        lines = "\n".join(f"param set {item} {to}" for item, to in values.items())
        texts[_SIMULATOR] = _SET.format(parameters=lines, more=more)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    except OSError as error:
        raise SitlError(f"{_TITLE}: {folder}: {error.strerror}") from error


def _values(parameters: Mapping[str, float]) -> dict[str, str]:
    """Parameters as PX4's shell takes them."""
    return {name: f"{value!r}" if value % 1.0 else f"{value:.0f}" for name, value in parameters.items()}


def free_instances() -> Iterator[int]:
    """Instances with free ports and without a running PX4 of their name. SitlError at the end."""
    for instance in _INSTANCES:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onboard,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as local,
        ):
            try:
                onboard.bind(("127.0.0.1", _onboard_port(instance)))
                local.bind(("127.0.0.1", _LOCAL_PORT + instance))
            except OSError:
                continue
        if not _runs(instance):
            yield instance
    raise SitlError(f"{_TITLE}: all {len(_INSTANCES)} instances are taken (their ports, or {_LOCK.format('N')})")


def _onboard_port(instance: int) -> int:
    return (_ONBOARD_PORT if instance < 10 else _MORE_ONBOARD) + instance


def _simulator_port() -> tuple[int, socket.socket]:
    """A free instance, and a server on the port of its simulator interface."""
    for instance in free_instances():
        try:
            return instance, socket.create_server(("127.0.0.1", _SIMULATOR_PORT + instance), backlog=1)
        except OSError:
            continue
    raise AssertionError  # the instances end with an error


def _runs(instance: int) -> bool:
    """True if a PX4 on this machine holds the lock of this instance. Its ports may be in another network namespace."""
    if sys.platform == "win32":
        return False  # PX4 has no build for this system
    import fcntl

    try:
        with Path(_LOCK.format(instance)).open("r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
