"""A few seconds of each kind of vehicle with all that is computed on the way, to be compared between processes:
`python -m tests.fakes.short_flights` prints a digest of the files and frames of each kind, a line each."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from autopilot.vehicles.kinds import KINDS
from sortie import Session, mavlink
from sortie.api.sample import sample
from tests.golden.scenarios import HOME, SPEEDY, WINDY, logs_below

FLIGHT_S = 12.0


def digest_of(kind: str) -> str:
    """In gusts, from GO on: DataFlash log, telemetry, events, and what a ground station hears."""
    with (
        TemporaryDirectory() as folder,
        Session(
            f"sim:{kind}", home=(HOME, 30.0), seed=7, params=SPEEDY | WINDY, log_dir=Path(folder) / "logs"
        ) as session,
    ):
        link = session.connect()
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 10, 1))
        session.upload(sample(session.autopilot.facts.vehicle_class, HOME))
        session.wait_armable()
        session.go()
        session.run_for(FLIGHT_S)
        heard = link.read()
        session.close()
        files = logs_below(Path(folder))
    assert heard and files
    return hashlib.sha256(heard + b"".join(name.encode() + data for name, data in files.items())).hexdigest()


if __name__ == "__main__":
    for name in KINDS:
        print(name, digest_of(name))
