"""Runs ArduPilot's own flight tests (Tools/autotest) with Sortie's vehicle in the place of the binary.

`python -m scripts.autotest TREE --out results.json [--vehicle Copter] [--jobs 2] [TEST ...]`: TREE is a copy of an
ArduPilot source tree that was not built, `--python` an interpreter that has what its tests import. Each test runs in a
network and with a folder `logs` of its own (util-linux's `unshare`), so that several run at once on the ports and the
names of logs that they all want. What a failed test printed is kept beside the results, in NAME.txt.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from argparse import ArgumentParser, Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from autopilot.parameters.parameters import Parameters
from scripts.autotest.vehicle import FAST
from sortie.config.installed import parameter_set

BINARIES = {"Copter": "arducopter", "Rover": "ardurover", "Plane": "arduplane", "QuadPlane": "arduplane"}
LEFT_OUT = Path(__file__).with_name("left_out.toml")
LIMIT_S = 900
"""Seconds on the wall after which a test is given up."""

HILLY = frozenset({
    "AltTypes", "SurfaceTracking", "DO_CHANGE_ALTITUDE", "DO_REPOSITION", "MAV_CMD_GUIDED_CHANGE_ALTITUDE",
    "LoiterAltQLand",
})  # fmt: skip
"""Tests over the hills of their place: SITL's ground is what they answer to TERRAIN_REQUEST, ours the tile that they
have it from."""
UPRIGHT = frozenset({"Landing"})
"""Tests that climb so fast that the drag of SITL's copter along its axis tells how high."""
_TILE = "Tools/autotest/tilecache/srtm/S36E149.hgt"

_ELF = b"\x7fELF"

_ALONE = 'ip link set lo up && mount --bind "$BUILDLOGS/own" logs && exec "$@"'


def main() -> int:
    given = _arguments()
    _put_in_place(given.tree)
    _leave_out_defaults(given.tree, given.vehicle.lower())
    tests = [name for name in given.tests or _tests(given) if name not in left_out(given.vehicle)]
    results = json.loads(given.out.read_text()) if given.out.exists() else {}
    with ThreadPoolExecutor(given.jobs) as pool:
        for name, why in pool.map(lambda name: (name, _run(given, name)), tests):
            print(f"{given.vehicle}.{name}: {why or 'passed'}", flush=True)
            results.setdefault(given.vehicle, {})[name] = why
            given.out.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    return int(any(results[given.vehicle][name] for name in tests))


def _arguments() -> Namespace:
    parser = ArgumentParser(
        prog="python -m scripts.autotest", description="ArduPilot's flight tests on Sortie's vehicle."
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("tests", nargs="*")
    parser.add_argument("--vehicle", choices=BINARIES, default="Copter")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--python", default="python3", help="interpreter of the tests")
    parser.add_argument("--speedup", type=int, default=10)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_intermixed_args()


def left_out(vehicle: str) -> dict[str, str]:
    """Names of the tests that do not apply to VEHICLE, with the reason of each."""
    rows = tomllib.loads(LEFT_OUT.read_text()).items()
    return {name: reason for reason, names in rows for name in names.get(vehicle.lower(), "").split()}


def _put_in_place(tree: Path) -> None:
    """Write a program of the name of each binary that starts our vehicle; never over a real one."""
    folder = tree / "build" / "sitl" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for binary in set(BINARIES.values()):
        file = folder / binary
        if file.exists() and file.read_bytes()[:4] == _ELF:
            raise SystemExit(f"{file} is a real binary: give a copy of the tree without it")
        root = Path(__file__).parents[2]
        call = f'exec "{sys.executable}" -m scripts.autotest.vehicle {binary.removeprefix("ardu")} "$@"'
        file.write_text(f'#!/bin/sh\nexport PYTHONPATH="{root}"\n{call}\n')
        file.chmod(0o755)


def _leave_out_defaults(tree: Path, kind: str) -> None:
    """Take lines out of the tree's file of defaults that set what our vehicle does not have: each test begins with
    setting them all."""
    file = tree / "Tools" / "autotest" / "default_params" / f"{kind}.parm"
    ours = Parameters(parameter_set(kind))
    lines = file.read_text().splitlines() if file.exists() else []
    known = [line for line in lines if not line.strip() or line.startswith("#") or re.split(r"[\s,]+", line)[0] in ours]
    if known != lines:
        print(f"{file.name}: {len(lines) - len(known)} defaults of what this vehicle does not have left out")
        file.write_text("\n".join(known) + "\n")


def _tests(given: Namespace) -> list[str]:
    """Names of all tests of the vehicle, as the tree lists them."""
    words = [given.python, "Tools/autotest/autotest.py", f"--list-subtests-for-vehicle={given.vehicle}"]
    listed = subprocess.run(words, cwd=given.tree, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()[-1].split()


def _run(given: Namespace, name: str) -> str:
    """Why the test failed, in its own words; empty: it passed."""
    words = [given.python, "Tools/autotest/autotest.py", "--no-configure", "--no-clean", f"--speedup={given.speedup}"]
    words += [f"test.{given.vehicle}.{name}"]
    alone = ["unshare", "-rnm", "sh", "-c", _ALONE, "sh"]
    (given.tree / "logs").mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="autotest-") as logs:
        Path(logs, "own").mkdir()
        environment = os.environ | {"BUILDLOGS": logs}
        if name in UPRIGHT:
            environment[FAST] = "1"
        if name in HILLY:
            with ZipFile(given.tree / f"{_TILE}.zip") as tile:
                environment["SORTIE_TERRAIN"] = tile.extract(Path(_TILE).name, logs)
        try:
            ended = subprocess.run(
                alone + words,
                cwd=given.tree,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return f"not done after {LIMIT_S} s"
    if ended.returncode == 0:
        return ""
    given.out.with_name(f"{given.vehicle}-{name}.txt").write_text(ended.stdout + ended.stderr)
    said = re.findall(r'FAILED: "[^"]*": (.*)|Exception caught: (.*)|(\w*Exception: .*)', ended.stdout + ended.stderr)
    texts = [" ".join(filter(None, row)).strip() for row in said]
    return texts[0][:300] if texts else (ended.stdout.splitlines() or ["no output"])[-1][:300]


if __name__ == "__main__":
    raise SystemExit(main())
