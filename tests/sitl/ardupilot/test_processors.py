"""Processors to which firmwares in lockstep, and the threads that answer them, keep."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from threading import Thread

import pytest

from sitl import processors

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows which processors a program uses")


@LINUX
def test_the_next_firmware_gets_the_processor_with_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {2, 5, 7})
    monkeypatch.setattr(processors, "_kept_to", lambda: iter([5, 2, 2, 7, 5, 5, 0]))
    assert {processors.next_processor() for _ in range(20)} == {7}


@LINUX
def test_of_processors_with_as_many_none_is_always_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2})
    monkeypatch.setattr(processors, "_kept_to", lambda: iter([2]))
    assert {processors.next_processor() for _ in range(100)} == {0, 1}


@LINUX
def test_programs_that_keep_to_a_processor_are_counted() -> None:
    processor = max(os.sched_getaffinity(0))
    before = Counter(processors._kept_to())
    code = f"import os; os.sched_setaffinity(0, {{{processor}}}); print('kept', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"kept\n"
        after = Counter(processors._kept_to())
        child.communicate(b"\n")
    assert after[processor] > before[processor]


@LINUX
def test_a_thread_keeps_to_a_processor_and_the_others_do_not() -> None:
    allowed = os.sched_getaffinity(0)
    processor = max(allowed)
    seen: list[set[int]] = []
    thread = Thread(target=lambda: (processors.keep_to(processor), seen.append(os.sched_getaffinity(0))))
    thread.start()
    thread.join()
    assert seen == [{processor}]
    assert os.sched_getaffinity(0) == allowed


def test_where_that_is_not_seen_all_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    numbers = [processors.next_processor() for _ in range(6)]
    assert sorted(numbers) == [0, 0, 1, 1, 2, 2]
    assert numbers[:3] == numbers[3:]
    processors.keep_to(1)
