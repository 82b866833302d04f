"""For all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes depends on what else the machine does; speed is measured by scripts/bench.
settings.register_profile("sortie", deadline=None)
settings.load_profile("sortie")
