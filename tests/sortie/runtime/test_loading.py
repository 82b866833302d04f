"""While the kernel is loaded: a person is told when that takes long, and is not bothered when it does not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autopilot.control.compiler_watch import COMPILER
from sortie.runtime.loader import COMPILING
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import Share
from sortie.runtime.signals import LOADER
from tests.fakes.patience import PATIENCE_S


class LoadingService:
    """Loads until it is let go."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.let_go = threading.Event()
        self.compiles = False
        self.due_ms: list[int] = []
        self.served_ms: list[int] = []

    def load(self) -> None:
        COMPILER.compiled = self.compiles
        assert self.let_go.wait(PATIENCE_S)

    def serve_links(self, link_ms: int) -> None:
        """A service has something to send at each of `due_ms`."""
        while self.due_ms and self.due_ms[0] <= link_ms:
            self.served_ms.append(link_ms)
            del self.due_ms[0]

    def look_again(self) -> None:
        """Keeps no deadline."""

    def beat(self) -> None:
        """It is there."""

    def commit(self, link_ms: int) -> None:
        """Nothing is kept."""

    def next_link_deadline_ms(self) -> int | None:
        return self.due_ms[0] if self.due_ms else None


class WaitingSockets:
    """Its waits are what lets time pass; the service is let go after `load_s` of them."""

    def __init__(self, service: LoadingService, load_s: float) -> None:
        self.now_s = 0.0
        self.poll = self.wakeup = self
        self.share = Share(lambda: 0.0)
        self._service = service
        self._load_s = load_s

    def hubs(self) -> list[Any]:
        return [self]

    def wake(self) -> None:
        """The loader is done."""

    def wait(self, wait_s: float) -> bool:
        self.now_s += wait_s
        if self.now_s >= self._load_s:
            self._service.let_go.set()
            for thread in threading.enumerate():
                if thread.name == LOADER:
                    thread.join()
        return False

    def next_deadline_ms(self) -> None:
        """No link is to be opened again."""

    def receive(self, node: Any, link_ms: int) -> None:
        """Nothing came."""

    def flush(self) -> None:
        """Nothing waits."""


def load(service: Any, load_s: float) -> None:
    """Load it in a runtime, in which that takes so long."""
    sockets: Any = WaitingSockets(service, load_s)
    runtime = Runtime(sockets, lambda: sockets.now_s)
    runtime.add_vehicle(service)
    runtime.load()


@pytest.mark.parametrize(("compiles", "load_s", "told"), [(False, 40.0, ""), (True, 1.5, f"{COMPILING}\n")])
def test_compiling_is_told_once_and_only_when_it_compiles(capsys, compiles, load_s, told):
    """20 s and more without a word look like a program that hangs; a slow start that compiles nothing says nothing."""
    service: Any = LoadingService()
    service.compiles = compiles
    load(service, load_s)
    assert capsys.readouterr().err == told


def test_what_falls_due_meanwhile_is_sent_in_time(capsys):
    """A file transfer goes on block after block while the kernel is compiled, not with the next heartbeat."""
    service: Any = LoadingService()
    service.due_ms = [100, 105, 1500, 1505]
    load(service, 3.0)
    assert [served - due for served, due in zip(service.served_ms, [100, 105, 1500, 1505], strict=True)] == [0, 0, 0, 0]


def test_numba_tells_of_a_compilation_and_not_of_its_cache(tmp_path: Path) -> None:
    """Two processes with the same cache: the first compiles, the second takes what is there."""
    pytest.importorskip("numba")
    (tmp_path / "kernel.py").write_text(
        "from autopilot.control.jit import compile_entry\n"
        "from autopilot.control.compiler_watch import COMPILER\n"
        "double = compile_entry('float64(float64)', lambda value: value + value, 'of these sources')\n"
        "print(double(2.0), COMPILER.compiled)\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, str(tmp_path / "kernel.py")]
    told = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in "12"]
    assert told == ["4.0 True\n", "4.0 False\n"]
