"""Flights of a client that vehicle time waits for, with a real firmware in our world and busy cores. Usage:

ARDUPILOT_SITL=.../arducopter python -m scripts.paced_flights pymavlink --flights 50 | tee -a tests/nights.jsonl
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

from scripts.benchmarks import tests_that_fly
from scripts.ledger import VEHICLES
from sitl.ways_in import WAYS
from sortie.commands.doctor import look_for
from tests import nights

CLIENTS: Final = {"pymavlink": tests_that_fly.paced_pymavlink, "mavsdk": tests_that_fly.paced_mavsdk}


def main(words: Sequence[str]) -> int:
    """Fly, and print the row for docs/nights.md; status 1 if a flight failed."""
    parser = ArgumentParser(prog="scripts.paced_flights", description=__doc__)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--firmware", default="ArduCopter", choices=VEHICLES)
    parser.add_argument("--flights", type=int, default=50)
    given = parser.parse_args(words)
    word, _, kind = VEHICLES[given.firmware].partition(",")[0].partition(":")
    version = look_for(WAYS[word], kind, "").version or parser.error(f"no {given.firmware} is found")
    failed, speed = CLIENTS[given.client](given.flights, VEHICLES[given.firmware])
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
