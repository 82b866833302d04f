"""Coverage-guided fuzzing of the whole service with atheris (libFuzzer): `harness.py bytes|messages [libFuzzer flags]`,
and of a parser of files and texts: `harness.py NAME` of `tests/fuzz/parsers.py`.

`bytes`: an input is what a link receives. `messages`: an input chooses messages, their fields and pauses, so that it
gets behind the checksums. The invariant is that of `tests/fakes/hostile.py`; an exception ends the run, and libFuzzer
writes the input that caused it. Inputs run against one vehicle after the other, for which a new one is made every
`PER_VEHICLE` inputs, after a check that the good station still has its way.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

import atheris

# What numba compiles stays out: its source must be what was written.
INSTRUMENTED = [
    "mavlink_bridge", "autopilot.mission", "autopilot.modes", "autopilot.safety", "autopilot.flight",
    "autopilot.parameters", "autopilot.core.autopilot", "autopilot.commands.plans",
    "autopilot.commands.flight_commands", "autopilot.commands.mission_commands",
]  # fmt: skip
PARSING = [
    "sortie.config", "sortie.reading", "sortie.incident", "sortie.campaign.study", "sortie.campaign.study_checks",
    "sortie.campaign.study_file",
    "sortie.campaign.formulas", "sortie.loop.profile", "sortie.loop.faults", "sortie.web.requests", "sortie.web.rest",
    "mavlink_bridge.bootloader.firmware", "mavlink_bridge.links.address", "tomllib", "pyulog", "tifffile",
]  # fmt: skip
# atheris 3.0.0 never releases the result of an instrumented comparison: of arrays, 600 KB for each terrain tile.
COMPARES_ARRAYS = ["sortie.reading.terrain"]
with atheris.instrument_imports(include=[*INSTRUMENTED, *PARSING], exclude=COMPARES_ARRAYS):
    with suppress(ImportError):
        import_module("tifffile")  # sortie.reading imports it when it reads a GeoTIFF: too late to be instrumented
    from mavlink_bridge.testing.hostile import any_message, message_numbers
    from tests.fakes.hostile import Siege
    from tests.fuzz.parsers import PARSERS, FuzzedParser

PER_VEHICLE = 400
NUMBERS = message_numbers()
KINDS = ("copter", "rover", "quadplane")


class Run:
    """The vehicle under siege, and how many inputs it has had."""

    def __init__(self) -> None:
        self.siege: Siege | None = None
        self.count = 0

    def vehicle(self) -> Siege:
        if self.siege is not None and self.count % PER_VEHICLE == 0:
            self.siege.check(self.count)
            self.siege.session.close()
            self.siege = None
        if self.siege is None:
            self.siege = Siege(KINDS[self.count // PER_VEHICLE % len(KINDS)], seed=1)
        self.count += 1
        return self.siege


RUN = Run()


def fuzz_bytes(data: bytes) -> None:
    """The link receives `data`."""
    siege = RUN.vehicle()
    siege.send_bytes(data)
    siege.session.run_for(0.02)
    siege.hostile.read()


def fuzz_messages(data: bytes) -> None:
    """Each six bytes are a message: number, seed of its fields, sender, pause."""
    siege = RUN.vehicle()
    for at in range(0, len(data) - 5, 6):
        number = NUMBERS[int.from_bytes(data[at : at + 2], "little") % len(NUMBERS)]
        seed, pause = int.from_bytes(data[at + 2 : at + 4], "little"), data[at + 4]
        siege.send(any_message(number, Random(seed)), data[at + 5] or 255)
        if pause > 200:
            siege.session.run_for((pause - 200) * 0.05)
    siege.hostile.read()


def fuzz_parser(parser: FuzzedParser, folder: Path, data: bytes) -> None:
    """The parser takes `data` or refuses it."""
    parser.check(data, folder)


def main() -> None:
    name, folder = sys.argv[1], Path(tempfile.mkdtemp())
    services = {"bytes": fuzz_bytes, "messages": fuzz_messages}
    target = services.get(name) or partial(fuzz_parser, PARSERS[name], folder)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
