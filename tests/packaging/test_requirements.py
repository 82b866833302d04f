"""The package needs what it says: a vehicle flies, is served and read with what `pip install` brings without extras."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import pytest

from autopilot.control.kernels import fingerprint
from autopilot.control.library import FOLDER, fits, this_target
from tests.fakes.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys, tempfile
from pathlib import Path

sys.modules.update(dict.fromkeys(sys.argv[1].split()))  # None: importing them fails
from sortie import Session
from sortie.api.testing.server import serve
from sortie.commands.cli import run
from sortie.config.errors import UserError
from sortie.reading.logs import read_log
from sortie.reading.trace import read_trace

with tempfile.TemporaryDirectory() as place:
    status = run(["demo", "--once", "--speedup", "0", "--link", "tcpin:127.0.0.1:0", "--log-dir", place])
    assert status == 0, status
    folder = Path(place) / "flights" / "0001"
    for log in ("flight.bin", "flight.tlog"):
        facts = read_log(folder / log)
        assert facts.samples and facts.modes and not facts.cut, log
        assert read_trace(folder / log).time_s.size, log
with serve(lambda: Session(seed=1)) as (server,):
    assert server.vehicle.state.height == 0.0
    try:
        server.connect()
    except UserError as error:
        print(error)
"""


def _brought() -> set[str]:
    """Distributions that `install_requires` brings, with what these need."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    left = [re.split(r"[^\w.-]", line)[0] for line in config["options"]["install_requires"].split()]
    brought: set[str] = set()
    while left:
        name = left.pop().lower()
        if name not in brought:
            brought.add(name)
            needed = [line for line in metadata.requires(name) or () if "extra ==" not in line]
            left += [re.split(r"[^\w.-]", line)[0] for line in needed]
    return brought


@pytest.mark.skipif(
    not fits(this_target() or "", fingerprint(), FOLDER),
    reason="this checkout has no library of its sources: `python -m sortie.kernels`",
)
def test_a_vehicle_flies_is_served_and_read_without_extras() -> None:
    """No pymavlink, lxml, numba, pytest; whoever asks for a connection of pymavlink's is told what brings it."""
    brought = _brought()
    assert {"numpy", "pyserial"} <= brought and not brought & {"pymavlink", "lxml", "numba", "pytest"}
    withheld = {
        module
        for module, distributions in metadata.packages_distributions().items()
        if not {"sortie-mavlink", *brought} & {name.lower() for name in distributions}
    }
    assert {"pymavlink", "lxml", "numba", "pytest"} <= withheld
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, " ".join(withheld)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1].startswith("connect() needs pymavlink: ")
    assert done.stdout.splitlines()[-1].endswith(" install 'sortie-mavlink[pymavlink]'")
