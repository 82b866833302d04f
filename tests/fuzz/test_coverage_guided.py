"""The fuzzer runs for some minutes on each kind of input and finds nothing; what it finds is written to the folder of
the test, for a regression test to be made of it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mavlink_bridge.testing.hostile import message_numbers, sequence
from mavlink_bridge.wire.codec import payload
from mavlink_bridge.wire.framing import FrameWriter
from tests.fakes.hostile_forms import SERVICES, forms, frames
from tests.fuzz.parsers import PARSERS

HARNESS = Path(__file__).with_name("harness.py")
SECONDS, PARSER_SECONDS = 120, 30

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this machine"),
]


def seeds(folder: Path) -> None:
    """Real frames to begin with: a fuzzer does not guess checksums."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    packer = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    numbers = message_numbers()
    for number, message in zip(numbers, sequence(range(len(numbers)), numbers), strict=True):
        (folder / f"{number}").write_bytes(bytes(message.pack(packer)))
    writer = FrameWriter(200, 1)
    for service in SERVICES:
        spoilt = [writer.frame(*payload(message)) for message in forms(service)]
        for at, frame in enumerate((*spoilt, *frames(service, writer))):
            (folder / f"{service}-{at}").write_bytes(frame)


@pytest.mark.parametrize("kind", ["bytes", "messages", *PARSERS])
def test_it_finds_nothing(kind: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    if kind == "bytes":
        seeds(corpus)
    elif kind in PARSERS:
        for at, whole in enumerate(PARSERS[kind].whole()):
            (corpus / str(at)).write_bytes(whole)
    done = subprocess.run(
        [
            sys.executable,
            str(HARNESS),
            kind,
            f"-max_total_time={PARSER_SECONDS if kind in PARSERS else SECONDS}",
            "-rss_limit_mb=1500",
            "-timeout=60",
            f"-artifact_prefix={tmp_path}/",
            f"-max_len={200_000 if kind in PARSERS else 1200}",
            str(corpus),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS + 300,
        errors="replace",
    )
    assert done.returncode == 0, done.stderr[-6000:]
    assert "Done " in done.stderr
