"""Launchers of SITLs, by the word before the colon of `--vehicle`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sitl.ardupilot import launcher as ardupilot
from sitl.child import SitlChild
from sitl.px4 import launcher as px4

Launch = Callable[[str, str, tuple[float, float, float, float], float, Path, Mapping[str, float]], SitlChild]

LAUNCHERS: Final[dict[str, Launch]] = {"ardupilot": ardupilot.launch, "px4": px4.launch}
