"""Flights of a client that vehicle time waits for, with a real firmware in our world and busy cores. Usage:

ARDUPILOT_SITL=.../arducopter python -m scripts.paced_flights pymavlink --flights 50 | tee -a tests/nights.jsonl
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from scripts.benchmarks.tests_that_fly import CORES, PACED
from scripts.ledger import VEHICLES, binary_of
from tests import nights


def main(words: Sequence[str]) -> int:
    """Fly, and print the row for docs/nights.md; status 1 if a flight failed."""
    parser = ArgumentParser(prog="scripts.paced_flights", description=__doc__)
    parser.add_argument("client", choices=PACED)
    parser.add_argument("--firmware", default="ArduCopter", choices=VEHICLES)
    parser.add_argument("--flights", type=int, default=50)
    parser.add_argument(
        "--load", type=int, default=CORES, help="busy processes beside it; 0 when all cores have other work already"
    )
    given = parser.parse_args(words)
    version = binary_of(given.firmware).version or parser.error(f"no {given.firmware} is found")
    failed, speed = PACED[given.client](given.flights, VEHICLES[given.firmware], given.load)
    row = nights.PacedRun(
        date=nights.today(),
        commit=nights.commit(),
        core_hours=round(nights.core_hours(), 3),
        client=given.client,
        firmware=version,
        flights=given.flights,
        failed=int(failed),
        speed=round(speed, 1),
    )
    nights.show(row)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
