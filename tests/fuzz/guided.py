"""A parser under the fuzzer for a while, in a process of its own: `python -m tests.fuzz.guided [NAME ...]
[--seconds S] [--corpus DIR]` takes one after the other and prints their rows of the ledger (`tests/nights.py`).

With `--corpus` a parser goes on where it was left: its folder there keeps the inputs that reached something new. What
ends a run is written there too, and told.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mavlink_bridge.testing.hostile import message_numbers, sequence
from mavlink_bridge.wire.codec import payload
from mavlink_bridge.wire.framing import FrameWriter
from tests import nights
from tests.fakes.hostile_forms import SERVICES, forms, frames
from tests.fuzz.parsers import PARSERS

HARNESS = Path(__file__).with_name("harness.py")
KINDS = ("bytes", "messages", *PARSERS)
END_S = 300
_INPUTS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


@dataclass(frozen=True)
class Guided:
    """How it ended: `status` 0, or what the harness wrote (`told`) says why."""

    status: int
    told: str
    core_hours: float
    commit: str

    def row(self, parser: str) -> nights.FuzzRun:
        """Of the ledger."""
        found = _INPUTS.search(self.told)
        return nights.FuzzRun(
            date=nights.today(),
            commit=self.commit,
            core_hours=round(self.core_hours, 4),
            parser=parser,
            inputs=0 if found is None else int(found[1]),
            findings=int(self.status != 0),
        )


def fuzz(kind: str, seconds: int, folder: Path) -> Guided:
    """Fuzz `kind` for so long; `folder` keeps its corpus, and what ends the run."""
    corpus = folder / "corpus"
    if not corpus.exists():
        corpus.mkdir(parents=True)
        _begin(kind, corpus)
    before, commit = nights.core_hours(), nights.commit()
    done = subprocess.run(
        [
            sys.executable,
            str(HARNESS),
            kind,
            f"-max_total_time={seconds}",
            "-rss_limit_mb=1500",
            "-timeout=60",
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
            f"-max_len={200_000 if kind in PARSERS else 1200}",
            str(corpus),
        ],
        capture_output=True,
        text=True,
        timeout=seconds + END_S,
        errors="replace",
    )
    return Guided(done.returncode, done.stderr, nights.core_hours() - before, commit)


def _begin(kind: str, corpus: Path) -> None:
    """Whole inputs to begin with: a fuzzer does not guess a checksum."""
    if kind in PARSERS:
        for at, whole in enumerate(PARSERS[kind].whole()):
            (corpus / str(at)).write_bytes(whole)
    elif kind == "bytes":
        _real_frames(corpus)


def _real_frames(corpus: Path) -> None:
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    packer = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    numbers = message_numbers()
    for number, message in zip(numbers, sequence(range(len(numbers)), numbers), strict=True):
        (corpus / f"{number}").write_bytes(bytes(message.pack(packer)))
    writer = FrameWriter(200, 1)
    for service in SERVICES:
        spoilt = [writer.frame(*payload(message)) for message in forms(service)]
        for at, frame in enumerate((*spoilt, *frames(service, writer))):
            (corpus / f"{service}-{at}").write_bytes(frame)


def main() -> int:
    """Status 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument(
        "kinds", nargs="*", metavar="NAME", help="of tests/fuzz/parsers.py, bytes or messages; else all"
    )
    parser.add_argument("--seconds", type=int, default=120, help="for each, on the wall")
    parser.add_argument("--corpus", type=Path, help="else a folder that is removed")
    given = parser.parse_args()
    findings = 0
    with tempfile.TemporaryDirectory(prefix="sortie-fuzz-") as passing:
        for kind in given.kinds or KINDS:
            done = fuzz(kind, given.seconds, (given.corpus or Path(passing)) / kind)
            nights.show(done.row(kind))
            if done.status != 0:
                findings += 1
                print(done.told[-6000:], file=sys.stderr)
    return int(findings > 0)


if __name__ == "__main__":
    sys.exit(main())
