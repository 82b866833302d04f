"""Makes this process look like one of Windows, as far as Python's standard library tells, before Sortie is imported.

What is foreign is imported as it is; then the modules and names that Windows has not are taken away, and whoever asks
for one fails as he would there. `python -m tests.fakes.as_windows` flies so.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import selectors
import shutil
import signal
import socket
import stat
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

OWN = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie", "tests")
GONE = frozenset(("_curses", "_posixsubprocess", "curses", "fcntl", "grp", "posix", "pty", "pwd", "readline",
                  "resource", "syslog", "termios", "tty"))  # fmt: skip
OF_OS = (
    "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fchown", "fork", "forkpty", "getegid",
    "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp", "getpriority", "getuid", "killpg", "mkfifo",
    "nice", "openpty", "posix_fallocate", "posix_fadvise", "pread", "preadv", "pwrite", "pwritev", "sched_getaffinity",
    "sched_yield", "sendfile", "setpgid", "setsid", "statvfs", "sysconf", "tcgetpgrp", "ttyname", "uname", "wait",
)  # fmt: skip
OF_SIGNAL = ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2", "SIGWINCH", "alarm",
             "pthread_kill", "pthread_sigmask", "setitimer", "sigwait")  # fmt: skip
OF_SOCKET = ("AF_NETLINK", "AF_PACKET", "AF_UNIX", "MSG_DONTWAIT", "MSG_ERRQUEUE", "SO_REUSEPORT")
OF_TIME = ("clock_getres", "clock_gettime", "clock_gettime_ns", "pthread_getcpuclockid")
LOCKED: set[int] = set()


class NotThere(MetaPathFinder):
    """Finds nothing of `GONE`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in GONE:
            raise ModuleNotFoundError(f"Windows has no {fullname}", name=fullname)
        return None


def become_windows(*needed: str) -> None:
    """From now on; `needed`: modules of Sortie whose foreign imports stay as they are here."""
    for name in needed:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN and name != "tests.fakes.as_windows"]:
        del sys.modules[name]
    vars(os)["supports_dir_fd"] = frozenset()
    importlib.reload(shutil)  # decides by that how folders are removed
    for name in GONE & sys.modules.keys():
        del sys.modules[name]
    sys.meta_path.insert(0, NotThere())
    for module, names in ((os, OF_OS), (signal, OF_SIGNAL), (socket, OF_SOCKET), (time, OF_TIME)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    selectors.DefaultSelector = selectors.SelectSelector  # type: ignore[misc]
    vars(signal)["SIGBREAK"] = signal.SIGQUIT
    vars(socket)["SO_EXCLUSIVEADDRUSE"] = socket.SO_KEEPALIVE
    vars(os)["O_BINARY"] = 0
    pathlib.Path.lstat = _own_status  # type: ignore[method-assign,assignment]
    sys.modules["msvcrt"] = _msvcrt()
    sys.platform = "win32"


def _own_status(path: pathlib.Path) -> SimpleNamespace:
    """With the tag that links have there."""
    status = os.lstat(path)
    return SimpleNamespace(st_mode=status.st_mode, st_reparse_tag=0xA000000C if stat.S_ISLNK(status.st_mode) else 0)


def _msvcrt() -> ModuleType:
    """Its lock, which another holder of this process is refused by."""
    module = ModuleType("msvcrt")

    def locking(descriptor: int, mode: int, count: int) -> None:
        file = os.fstat(descriptor).st_ino
        if file in LOCKED:
            raise OSError(13, "Permission denied")
        LOCKED.add(file)

    vars(module).update(LK_NBLCK=2, locking=locking)
    return module


if __name__ == "__main__":
    become_windows(*sys.argv[1:])
    importlib.import_module("tests.fakes.windows_flight").main()
