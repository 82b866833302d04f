"""Rest of programs that sleep, run, do both in turns, have children, and end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from sitl.px4 import stillness
from sitl.px4.stillness import Stillness

pytestmark = pytest.mark.skipif(not stillness.is_supported(), reason="this system does not say which threads run")
Start = Callable[[str], "subprocess.Popen[str]"]
WAITS = (
    "import sys, threading; threading.Thread(target=threading.Event().wait, daemon=True).start(); print(flush=True)\n"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python programs, each with a thread that sleeps and another that does as it is told; ends them."""
    started: list[subprocess.Popen[str]] = []

    def begin(text: str) -> subprocess.Popen[str]:
        made = subprocess.Popen(
            [sys.executable, "-c", WAITS + text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(made)
        assert made.stdout is not None and made.stdout.readline() == "\n"
        return made

    yield begin
    for made in started:
        made.kill()
        made.communicate()


def test_what_waits_for_us_rests_and_answers_before_it_rests_again(start: Start) -> None:
    """Whenever it is found to rest it has written all that it was to write."""
    made = start("for line in sys.stdin:\n sum(range(20000)); print(line, end='', flush=True)")
    assert made.stdin is not None and made.stdout is not None
    still = Stillness(made.pid)
    for number in range(50):
        made.stdin.write(f"{number}\n")
        made.stdin.flush()
        assert still.wait(20.0)
        before_s = time.monotonic()
        assert made.stdout.readline() == f"{number}\n"
        assert time.monotonic() - before_s < 0.5
    still.close()


def test_what_runs_in_any_thread_does_not_rest(start: Start) -> None:
    spins = start("def spin():\n while True: pass\nthreading.Thread(target=spin).start()\nthreading.Event().wait()")
    assert not Stillness(spins.pid).wait(0.3)


def test_a_thread_that_begins_later_counts(start: Start) -> None:
    """It begins when it is told to, and works for a while with all others asleep."""
    made = start(
        "def work():\n end = time.monotonic() + 0.5\n while time.monotonic() < end: pass\n"
        "import time\nsys.stdin.readline(); threading.Thread(target=work).start(); threading.Event().wait()"
    )
    still = Stillness(made.pid)
    assert still.wait(20.0) and made.stdin is not None
    made.stdin.write("\n")
    made.stdin.flush()
    begun_s = time.monotonic()
    assert still.wait(20.0)
    assert time.monotonic() - begun_s > 0.4


def test_what_it_has_started_counts_too(start: Start) -> None:
    spin = "import time\\nend = time.monotonic() + 1.0\\nwhile time.monotonic() < end: pass"
    made = start(f"import subprocess; subprocess.run([sys.executable, '-c', '{spin}']); threading.Event().wait()")
    begun_s = time.monotonic()
    assert Stillness(made.pid).wait(20.0)
    assert time.monotonic() - begun_s > 0.9


def test_what_has_ended_rests(start: Start) -> None:
    made = start("sys.stdin.readline()")
    still = Stillness(made.pid)
    assert still.wait(20.0)
    made.kill()
    made.wait()
    assert still.wait(5.0)
