"""A new option of a run is a row and a field: planted in a copy of the packages, it reaches one vehicle and each of a
thousand, from the command line, the environment, a configuration file and a fleet file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fakes.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
PLANTED = {
    "sortie/config/settings.py": (
        "    firmware = Option(",
        '    livery = Option(\n        "livery", one_of("plain", "striped"), "plain", "How it is painted.",\n'
        "        Group.VEHICLE, RUNS, sources=EVERYWHERE,\n    )\n",
    ),
    "sortie/config/vehicle_spec.py": ("    firmware: str =", "    livery: str = Settings.livery.default\n"),
}
"""Two files: a line of each, and what is put before it."""
SCRIPT = """
from contextlib import ExitStack
from pathlib import Path
import sortie.config.settings
assert Path(sortie.config.settings.__file__).is_relative_to(Path.cwd())
from sortie import Session
from sortie.assembly.program import Program
from sortie.commands.cli import application
from sortie.config.given import Given, resolve
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import specs_of

def flags(*words):
    context = application().commands["serve"].make_context("serve", list(words))
    return {key: value for key, value in context.params.items() if value is not None and value != ()}

def painted(specs):
    return {spec.livery for spec in specs}

striped = ("--livery", "striped")
assert painted(specs_of(resolve({}, None, {}))) == {"plain"}
for said in (resolve(flags(*striped), None, {}), resolve({}, None, {"SORTIE_LIVERY": "striped"}),
             resolve({}, Path("run.toml"), {})):
    assert said.livery == "striped"
    (alone,) = specs_of(said)
    many = specs_of(said.replaced(count=1000, networks=4))
    assert (alone.livery, painted(many), len(many)) == ("striped", {"striped"}, 1000)
first, *others = specs_of(resolve({**flags("--fleet", "fleet.toml"), **flags(*striped)}, None, {}))
assert (first.livery, painted(others)) == ("plain", {"striped"})
folders = {"state_dir": Path("state"), "log_dir": Path("logs"), "link": ()}
for count in (None, 3):
    settings = resolve(flags(*striped), None, {}).replaced(count=count, **folders)
    with Program(settings, specs_of(settings)) as run:
        assert painted(run.vehicles.specs) == {"striped"}
with Session(many[1]) as session:
    assert (session.spec.livery, session.spec.alone) == ("striped", True)
"""


def test_a_run_option_is_two_files(tmp_path: Path) -> None:
    """For one vehicle and for a thousand; the assembled vehicles have it."""
    for package in ("sortie", "depot", "mavlink_bridge", "sitl", "autopilot"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, planted) in PLANTED.items():
        path = tmp_path / name
        text = path.read_text(encoding="utf-8")
        assert text.count(f"\n{line}") == 1, name
        path.write_text(text.replace(f"\n{line}", f"\n{planted}{line}"), encoding="utf-8")
    (tmp_path / "run.toml").write_text('livery = "striped"\n')
    (tmp_path / "fleet.toml").write_text("[[vehicle]]\nlivery = 'plain'\n[[vehicle]]\ncount = 3\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
