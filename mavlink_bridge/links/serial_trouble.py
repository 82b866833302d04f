"""Causes and remedies of a serial port that cannot be opened, for links and flashing.

Symptoms: docs/reference/real-vehicles.md, 1. EACCES is a missing group; EBUSY and EAGAIN are another program.
"""

from __future__ import annotations

import errno
import getpass
import os
import sys
from enum import Enum, auto
from pathlib import Path
from typing import Final

from autopilot.interface.records import dataclass

if sys.platform != "win32":
    import grp
    import termios

_ABSENT: Final = frozenset((errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ENAMETOOLONG))
_FORBIDDEN: Final = frozenset((errno.EACCES, errno.EPERM))
_BUSY: Final = frozenset((errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK))
_USUAL_GROUP: Final = "dialout"
"""Group of serial ports on Debian; another one (uucp on Arch) is read from the port."""
_NOBODYS_GROUPS: Final = frozenset(("root", "tty"))
"""Groups of ports without a group for users."""
_MODEM_MANAGER: Final = "ModemManager"
_COMM: Final = 15
"""Characters of a process name that Linux keeps."""


class TroubleKind(Enum):
    ABSENT = auto()
    """Not there, or it has just gone."""
    FORBIDDEN = auto()
    BUSY = auto()
    NO_PORT = auto()
    """A file or a folder."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class PortTrouble:
    """Cause (`what`) and `remedy`, both phrases for people."""

    kind: TroubleKind
    what: str
    remedy: str


def trouble_of(path: str, problem: BaseException | None) -> PortTrouble:
    """Cause of `problem`, raised while opening `path`."""
    number = _number_of(problem)
    if number in _ABSENT:
        return PortTrouble(TroubleKind.ABSENT, f"there is no {path}", "plug it in with a cable that carries data")
    if number in _FORBIDDEN:
        return _forbidden(path)
    if number in _BUSY:
        return _busy(path)
    if number == errno.ENOTTY or not Path(path).is_char_device():
        return PortTrouble(TroubleKind.NO_PORT, f"{path} is no serial port", "name one, for example /dev/ttyACM0")
    text = str(problem).partition("\n")[0]
    return PortTrouble(TroubleKind.OTHER, f"{path} cannot be opened ({text})", "unplug it and plug it in")


def _number_of(problem: BaseException | None) -> int | None:
    """Error number. For a line that cannot be set up, it is in the context of pyserial's exception."""
    while problem is not None:
        if isinstance(problem, OSError) and problem.errno is not None:
            return problem.errno
        if sys.platform != "win32" and isinstance(problem, termios.error):
            return int(problem.args[0])
        problem = problem.__context__
    return None


def _forbidden(path: str) -> PortTrouble:
    group = _USUAL_GROUP
    if sys.platform != "win32":
        try:
            owner = grp.getgrgid(Path(path).stat().st_gid).gr_name
            group = group if owner in _NOBODYS_GROUPS else owner
        except (KeyError, OSError):
            pass  # a group without a name, or the port has just gone: use the usual name
    what = f"no permission for {path}: it takes a member of the group {group}"
    return PortTrouble(TroubleKind.FORBIDDEN, what, f"`sudo usermod -aG {group} {_user()}`, log in again")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "$USER"


def _busy(path: str) -> PortTrouble:
    users = users_of(path)
    who = ", ".join(users) or f"another program ({_MODEM_MANAGER}, brltty, a ground station, another sortie)"
    remedy = "stop it"
    if any(_MODEM_MANAGER in user for user in users):
        remedy = f"`sudo systemctl stop {_MODEM_MANAGER}`"
    return PortTrouble(TroubleKind.BUSY, f"{path} is in use by {who}", remedy)


def what_may_have(path: str, proc: Path = Path("/proc")) -> str:
    """Hint which program may read from an open port; "" if none is known."""
    users = users_of(path, proc)
    if users:
        return f"{', '.join(users)} has the port open too: stop it"
    if _runs(_MODEM_MANAGER, proc):
        return f"{_MODEM_MANAGER} is running and takes new ports for modems: `sudo systemctl stop {_MODEM_MANAGER}`"
    return ""


def _runs(name: str, proc: Path) -> bool:
    for process in proc.glob("[0-9]*"):
        try:
            if (process / "comm").read_text().strip() == name[:_COMM]:
                return True
        except OSError:
            continue  # the process has ended
    return False


def users_of(path: str, proc: Path = Path("/proc")) -> list[str]:
    """Other processes that have `path` open, as far as this user can see (Linux)."""
    device = str(Path(path).resolve())
    users: list[str] = []
    for process in proc.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            if any(str(descriptor.readlink()) == device for descriptor in (process / "fd").iterdir()):
                users.append(f"{(process / 'comm').read_text().strip()} (process {process.name})")
        except OSError:
            continue  # the process has ended or belongs to another user
    return sorted(users)
