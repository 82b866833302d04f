"""Every data file of the packages is in a wheel: in a folder that is a package, by a pattern of setup.cfg."""

from __future__ import annotations

from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("autopilot", "sitl", "mavlink_bridge", "depot", "sortie")
MADE = {"__pycache__", "compiled"}


def test_data_files_are_named_in_setup_cfg() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    patterns = [pattern.strip() for pattern in config["options.package_data"]["*"].split(",")]
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix != ".py" and not MADE & set(path.parts)]
    assert len(data) > 40
    assert not [path for path in data if not any(fnmatch(path.name, pattern) for pattern in patterns)]
    assert not [path for path in data if not (path.parent / "__init__.py").is_file()]
