"""For all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# Tests start Sortie as a process some hundred times, and each would compile all its modules again: more than half of
# what such a process costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes depends on what else the machine does; speed is measured by scripts/bench.
settings.register_profile("sortie", deadline=None)
settings.load_profile("sortie")
