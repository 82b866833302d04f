"""Launcher of ArduPilot SITL as a child of the service: `--vehicle ardupilot:copter[=BINARY]`.

The binary is one process, started with the defaults of its frame. Its physics are its own, or (`,world=ours`) a body of
our simulator.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from autopilot.parameters.files import parse_parameters
from autopilot.vehicles.kinds import vehicle_class
from sitl.child import START_UNIX_S, SitlChild, SitlError, find_program, free_port
from sitl.processors import next_processor

if TYPE_CHECKING:
    from sitl.ardupilot.lockstep import JsonLockstep
    from sitl.vehicles.simulated import SimulatedMachine

VARIABLE: Final = "ARDUPILOT_SITL"
_TITLE: Final = "ArduPilot SITL"
_UNPACED: Final = "1000"
"""A speed that it never reaches, because it must not sleep by itself in lockstep."""


def defaults_file(frame: str) -> Path:
    """Sortie's own defaults for ArduPilot SITL of this frame."""
    return Path(__file__).with_name(f"{frame}.parm")


def find_binary(frame: str, given: str) -> Path:
    """Find the binary: on the command line, in ARDUPILOT_SITL, or on the search path. SitlError with advice if there is
    none or it cannot run."""
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
    """Start SITL of the kind `frame` from the binary `given` (empty: search for it), at `home` (deg, deg, m AMSL,
    heading deg), with its files in `folder`. `defaults` override those of its frame. SitlError if it cannot start."""
    return _start(
        find_binary(frame, given),
        ["--model", vehicle_class(frame).model, "--speedup", f"{speedup:g}"],
        home,
        free_port(),
        folder,
        [str(defaults_file(frame))],
        defaults,
    )


def launch_in_world(
    frame: str,
    given: str,
    home: tuple[float, float, float, float],
    machine: SimulatedMachine,
    folder: Path,
    defaults: Mapping[str, float],
    system: int,
    _wire: object,
) -> JsonLockstep:
    """Start SITL as `launch` does, with this system id. It flies `machine`, which stands at `home`, in lockstep. It
    speaks no MAVLink with its simulator."""
    from sitl.ardupilot.lockstep import JsonLockstep, SerialLine, open_receiver
    from sitl.vehicles.wiring import body_of  # they load numpy and the kernel, which SITL's own physics do not need

    binary = find_binary(frame, given)
    files = defaults_file(frame), defaults_file(f"world_{frame}")
    parameters = dict[str, float]()
    for file in files:
        parameters |= parse_parameters(file.read_bytes())
    receiver = open_receiver()
    port = free_port()
    try:
        model = ["--model", "JSON:127.0.0.1", "--sim-port-out", str(receiver.getsockname()[1])]
        model += ["--start-time", str(START_UNIX_S), "--sysid", str(system)]
        child = _start(
            binary,
            [*model, "--speedup", _UNPACED],
            home,
            port,
            folder,
            [str(file) for file in files],
            defaults,
            next_processor(),
        )
    except SitlError:
        receiver.close()
        raise
    return JsonLockstep(body_of(frame, machine, {**parameters, **defaults}), receiver, SerialLine(port), child)


def _start(
    binary: Path,
    model: list[str],
    home: tuple[float, float, float, float],
    port: int,
    folder: Path,
    files: list[str],
    defaults: Mapping[str, float],
    processor: int | None = None,
) -> SitlChild:
    lat, lon, alt, heading = home
    # disable the other serial ports and the radio input, whose ports another SITL may use
    arguments = [
        str(binary),
        *model,
        "--home",
        f"{lat!r},{lon!r},{alt!r},{heading!r}",
        "--defaults",
        _defaults(files, folder, defaults),
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
    return SitlChild(_TITLE, arguments, f"tcp:127.0.0.1:{port}", folder, processor=processor)


def _defaults(files: list[str], folder: Path, more: Mapping[str, float]) -> str:
    """Default files as SITL takes them. Nine digits keep a value of 32 bits."""
    names = list(files)
    if more:
        path = folder / "defaults.parm"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name} {value:.9g}\n" for name, value in more.items()))
        except OSError as error:
            raise SitlError(f"{_TITLE}: {folder}: {error.strerror}") from error
        names.append(str(path.resolve()))
    return ",".join(names)
