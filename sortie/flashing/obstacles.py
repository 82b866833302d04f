"""Why a serial port that is there cannot be opened: who has it, who may have it, and what to do."""

from __future__ import annotations

import errno
import getpass
import grp
import os
from pathlib import Path

from mavlink_bridge.bootloader.script import Obstacle

_BUSY = frozenset((errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK))
_BUSY_MS = 15_000
_FORBIDDEN_MS = 2_000
"""udev gives a new port to its group some moments after it has appeared."""
_OTHER_MS = 5_000
AGAIN = "run the same command again"


def obstacle_of(path: str, problem: BaseException | None) -> Obstacle | None:
    """What to say of `problem`, met while opening `path`; None when the port is simply not there (any more)."""
    number = problem.errno if isinstance(problem, OSError) else None
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO):
        return None
    if number in (errno.EACCES, errno.EPERM):
        return _forbidden(path)
    if number in _BUSY:
        return _busy(path)
    if not Path(path).is_char_device():
        return Obstacle(f"{path} is no serial port", "name the board's port with --port, or leave it out", 0)
    text = str(problem).partition("\n")[0]
    return Obstacle(f"{path} cannot be opened ({text})", f"unplug the board, plug it in and {AGAIN}", _OTHER_MS)


def _forbidden(path: str) -> Obstacle:
    group = "dialout"
    try:
        owner = grp.getgrgid(Path(path).stat().st_gid).gr_name
        group = owner if owner != "root" else group
    except (KeyError, OSError):
        pass  # a group without a name, or the port has just gone: the usual name will do
    command = f"sudo usermod -aG {group} {getpass.getuser()}"
    return Obstacle(f"no permission for {path}, which belongs to the group {group}",
                    f"`{command}`, log in again and {AGAIN}", _FORBIDDEN_MS)  # fmt: skip


def _busy(path: str) -> Obstacle:
    users = users_of(path)
    who = ", ".join(users) or "another program (ModemManager, brltty, a ground station, another sortie)"
    step = f"stop it and {AGAIN}"
    if any("ModemManager" in user for user in users):
        step = f"`sudo systemctl stop ModemManager` and {AGAIN}"
    return Obstacle(f"{path} is in use by {who}", step, _BUSY_MS)


def users_of(path: str, proc: Path = Path("/proc")) -> list[str]:
    """Names of the other processes that have `path` open, as far as this user may see (Linux)."""
    device = str(Path(path).resolve())
    found: list[str] = []
    for process in proc.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            if any(str(descriptor.readlink()) == device for descriptor in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} (process {process.name})")
        except OSError:
            continue  # it has ended, or is not ours to look into
    return sorted(found)
