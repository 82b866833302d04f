"""ArduPilot SITL as a child of the service: `--vehicle ardupilot:copter[=BINARY]`.

The binary is one process (its physics is inside), started in a session of its own directory below the log directory,
with the defaults of its frame. It ends with the service in every case: SIGTERM then SIGKILL in `stop`, and by the
kernel's parent-death signal when the service itself is killed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

from autopilot.vehicles.kinds import vehicle_class

VARIABLE: Final = "ARDUPILOT_SITL"
_PR_SET_PDEATHSIG: Final = 1
_GRACE_S: Final = 3.0
_LAST_LINES: Final = 5
_OUTPUT: Final = "output.log"


class SitlError(Exception):
    """SITL cannot be started, or (`ended`) has ended by itself: one line for the person who wanted it."""

    def __init__(self, message: str, *, ended: bool = False) -> None:
        super().__init__(message)
        self.ended = ended


def defaults_file(frame: str) -> Path:
    """Sortie's own defaults for ArduPilot SITL of this frame."""
    return Path(__file__).with_name(f"{frame}.parm")


def find_binary(frame: str, given: str) -> Path:
    """The binary: named on the command line, by ARDUPILOT_SITL, or on the search path. SitlError with how to
    get one when there is none, or it cannot be run."""
    kind = vehicle_class(frame)
    program = kind.sitl_binary
    name = given or os.environ.get(VARIABLE, "")
    if name:
        path = Path(name).expanduser()
        if path.is_dir():
            path = path / program
        if not path.is_file():
            raise SitlError(f"ArduPilot SITL: there is no {path}")
        if not os.access(path, os.X_OK):
            raise SitlError(f"ArduPilot SITL: {path} cannot be executed")
        return path.resolve()
    found = shutil.which(program)
    if found is not None:
        return Path(found)
    raise SitlError(
        f"ArduPilot SITL: no {program} found; build it (./waf configure --board sitl && ./waf {kind.sitl_target}) and "
        f"name it: --vehicle ardupilot:{frame}=BINARY or {VARIABLE}=BINARY"
    )


def launch(
    frame: str, given: str, home: tuple[float, float, float, float], speedup: float, folder: Path,
    defaults: Mapping[str, float],
) -> ArduPilotChild:  # fmt: skip
    """Start SITL of the kind `frame`, of the binary `given` (empty: looked for), at `home` (deg, deg, m AMSL, heading
    deg), with its files in `folder`; `defaults` on top of those of its frame. SitlError when it cannot be."""
    binary = find_binary(frame, given)
    lat, lon, alt, heading = home
    port = _free_port()
    # the other serial ports and the radio input would take ports of their own, which another SITL may have
    arguments = [
        str(binary), "--model", vehicle_class(frame).model, "--speedup", f"{speedup:g}",
        "--home", f"{lat!r},{lon!r},{alt!r},{heading!r}", "--defaults", _defaults(frame, folder, defaults),
        "--serial0", f"tcp:{port}:wait", "--serial1", "none", "--serial2", "none",
        "--rc-in-port", str(_free_port(socket.SOCK_DGRAM)), "--wipe",
    ]  # fmt: skip
    return ArduPilotChild(arguments, port, folder)


def _defaults(frame: str, folder: Path, more: Mapping[str, float]) -> str:
    """The files of defaults as SITL takes them."""
    names = [str(defaults_file(frame))]
    if more:
        path = folder / "defaults.parm"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name} {value:g}\n" for name, value in more.items()))
        except OSError as error:
            raise SitlError(f"ArduPilot SITL: {folder}: {error.strerror}") from error
        names.append(str(path.resolve()))
    return ",".join(names)


class ArduPilotChild:
    """The running process. `address`: where its first serial port listens."""

    def __init__(self, arguments: list[str], port: int, folder: Path) -> None:
        self.address = f"tcp:127.0.0.1:{port}"
        self._folder = folder
        self._stopping = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._output: IO[bytes] = (folder / _OUTPUT).open("wb")
        except OSError as error:
            raise SitlError(f"ArduPilot SITL: {folder}: {error.strerror}") from error
        try:
            self._process = subprocess.Popen(
                arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent(os.getpid()),
            )  # fmt: skip
        except OSError as error:
            self._output.close()
            raise SitlError(f"ArduPilot SITL: {arguments[0]}: {error.strerror}") from error

    def check(self) -> None:
        """SitlError with its last lines when it has ended by itself."""
        if self._stopping or self._process.poll() is None:
            return
        raise SitlError(f"ArduPilot SITL ended ({_how(self._process.returncode)}): {self._last_lines()}", ended=True)

    def _last_lines(self) -> str:
        text = (self._folder / _OUTPUT).read_text(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(lines[-_LAST_LINES:]) or "it printed nothing"

    def stop(self) -> None:
        """End it; after 3 s the hard way. A second time does nothing."""
        self._stopping = True
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()


def _free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What the child does before it becomes the binary: ask the kernel for SIGKILL when its parent ends, in its own
    process group, so that a Ctrl-C at the terminal reaches the service first."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        os.setpgid(0, 0)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it has ended already
                os.kill(os.getpid(), signal.SIGKILL)

    return prepare
