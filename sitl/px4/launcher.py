"""PX4 SITL as a child of the service: `--vehicle px4:copter[=BINARY]`, with SIH, the physics inside it, or
(`,world=ours`) a body of ours.

The binary is `bin/px4` of a SITL build (`make px4_sitl`), beside whose folder `etc` lies. Ports and names:
ROMFS/px4fmu_common/init.d-posix/rcS and px4-rc.mavlink (instance N sends to 14540 + N, its onboard port, and to a
ground station's 14550 from 18570 + N); airframes/10040_sihsim_quadx; parameters from PX4_PARAM_NAME; one instance N of
a machine (platforms/posix/src/px4/common/main.cpp, the lock); version 1.16.

It gets a px4-rc.mavlink of ours, which rcS finds on the search path before its own, with the onboard link alone:
Sortie serves ground stations at 14550 as the same system. Stopping that link later is no way: in 1.16.0 plan transfers
of all other links wait for 5 s each from then on ("dataman_client timeout").
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
from sitl.px4 import stillness

if TYPE_CHECKING:
    from sitl.px4.lockstep import HilLockstep, SimulatorWire
    from sitl.vehicles.simulated import SimulatedMachine

VARIABLE: Final = "PX4_SITL"
_TITLE: Final = "PX4 SITL"
_ONBOARD_PORT: Final = 14540
_MORE_ONBOARD: Final = 14700  # of instance 10 and later: 14550 is a ground station's
_LOCAL_PORT: Final = 14580
_INSTANCES: Final = range(40)
_SIMULATOR_PORT: Final = 4560
_LOCK: Final = "/tmp/px4_lock-{}"
_LINKS: Final = "px4-rc.mavlink"
#: Read by rcS before its commander starts, and after it has set the system id by the instance. What is set in the
#: environment is set before the airframe's defaults, and one that is PX4's own default is not kept against these.
_SIMULATOR: Final = "px4-rc.simulator"
_SET: Final = """#!/bin/sh
{parameters}
. ${{R}}etc/init.d-posix/px4-rc.simulator
{more}"""
_ONE_LINK: Final = """#!/bin/sh
mavlink start -x -u {local} -r 4000000 -f -m onboard -o {onboard}
"""
#: Nothing of the environment says where the simulator is.
_OUR_WORLD: Final = {"PX4_SIMULATOR": "", "PX4_SIM_HOSTNAME": "", "PX4_SIM_HOST_ADDR": ""}
#: No transmitter is there, so none is missed; what a ground station's loss does is left as it is.
DEFAULTS: Final = {"COM_RC_IN_MODE": 4.0, "NAV_RCL_ACT": 0.0}
_BY_TRANSMITTER: Final = (0.0, 2.0, 3.0)
"""COM_RC_IN_MODE: sticks may come from a transmitter."""
#: A transmitter of our world: which of its channels are sticks.
_TRANSMITTER: Final = {
    "RC_CHAN_CNT": 8.0, "RC_MAP_ROLL": 1.0, "RC_MAP_PITCH": 2.0, "RC_MAP_THROTTLE": 3.0, "RC_MAP_YAW": 4.0
}  # fmt: skip
_PADS: Final = "landing_target_estimator start\n"
"""Line of its shell: what places a target of LANDING_TARGET by the height above the ground."""
_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})


def find_binary(frame: str, given: str) -> Path:
    """The binary: named on the command line, by PX4_SITL, or on the search path. SitlError with how to get one when
    there is none, it cannot be run, or what belongs to it is not there."""
    binary = find_program(
        _TITLE,
        "px4",
        given,
        VARIABLE,
        f"build it (make px4_sitl_sih) and name it: --vehicle px4:{frame}=BINARY or {VARIABLE}=BINARY",
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
    """Launch the binary as `sitl.ardupilot.launcher.launch` does; the heading is SIH's own, north."""
    binary = find_binary(frame, given)
    lat, lon, alt, _ = home
    place = {"SIH_LOC_LAT0": lat, "SIH_LOC_LON0": lon, "SIH_LOC_H0": alt}
    model = {"PX4_SIM_MODEL": vehicle_class(frame).sih_model, "PX4_SIM_SPEED_FACTOR": f"{speedup:g}"}
    told = {f"PX4_PARAM_{name}": value for name, value in _values({**place, **DEFAULTS, **defaults}).items()}
    return start(binary, free_instance(), folder, {**model, **told})


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
    """Start PX4 as `launch` does, with this system id; it flies `machine` in lockstep, and is told where that is by its
    GPS. `wire`: makes the codec of a connection."""
    from autopilot.precision.lander import SeesPads  # numpy and the kernel: not for who has its own physics
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
        child = start(binary, instance, folder, environment, system, parameters, more, _processor(instance))
    except SitlError:
        server.close()
        line.close()
        raise
    return HilLockstep(
        body, server, wire, line, child, 1_000_000 * START_UNIX_S, ranges=sees_pads, transmitter=transmitter
    )


def _processor(instance: int) -> int | None:
    """The processor of an instance. Its threads run at the same time otherwise, and which of two is the first to tell
    the other something changes from flight to flight."""
    if sys.platform != "linux" or not stillness.is_told():
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[instance % len(allowed)]


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
    """Start an instance with PX4's onboard link alone. `system`: its system id, else that of its instance; with it
    `parameters`, whatever its airframe says, and `more` lines of its shell behind the simulator's.
    `processor`: the only one that it runs on."""
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
    """Write the files that rcS finds on the search path before its own. The commander answers only commands to the
    system id that it began with."""
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


def free_instance() -> int:
    """The first whose ports nobody has, and whose name no running PX4 has."""
    return next(_free_instances())


def _free_instances() -> Iterator[int]:
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
    """A free instance, and the server that its simulator interface will look for."""
    for instance in _free_instances():
        try:
            return instance, socket.create_server(("127.0.0.1", _SIMULATOR_PORT + instance), backlog=1)
        except OSError:
            continue
    raise AssertionError  # the instances end with an error


def _runs(instance: int) -> bool:
    """True when a PX4 of this machine holds the lock of this instance. (Its ports may be in another network
    namespace.)"""
    if sys.platform == "win32":
        return False  # PX4 has no build for it
    import fcntl

    try:
        with Path(_LOCK.format(instance)).open("r+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
