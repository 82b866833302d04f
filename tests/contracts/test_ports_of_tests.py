"""Tests in several processes start services on ports; none is given another's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fakes.served import free_port, ports_in_a_row

ROOT = Path(__file__).parents[2]
OTHER = """
from tests.fakes.served import free_port, ports_in_a_row
print(*(free_port() for _ in range(40)), *(ports_in_a_row(5) for _ in range(4)), flush=True)
input()
"""


def test_processes_at_the_same_time_get_different_ports() -> None:
    """Whether they ask for one or for some in a row, and long before anybody listens."""
    command = [sys.executable, "-c", OTHER]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    given = [[free_port() for _ in range(40)] + [ports_in_a_row(5) for _ in range(4)]]
    for other in others:
        assert other.stdout is not None
        given.append([int(port) for port in other.stdout.readline().split()])
    for other in others:
        other.communicate("\n")
        assert other.returncode == 0
    every = [port for ports in given for port in ports]
    assert len(every) == len(set(every)) == 3 * 44


def test_the_ports_of_a_row_are_nobody_elses() -> None:
    """Neither those before nor those after."""
    first, row = free_port(), ports_in_a_row(5)
    assert not {first, free_port()} & set(range(row, row + 5))
