"""`python -m sitl.precompile`: compile the kernels for this machine now, so that no flight has to wait for it.

numba keeps the result beside the sources, or in the user's cache where these cannot be written.
"""

from __future__ import annotations

from autopilot.geo import GeoPoint
from sitl.vehicles.kinds import SIMULATED


def main() -> None:
    """Load every kernel once and fly one tick with it."""
    for simulated in SIMULATED.values():
        vehicle = simulated(GeoPoint(0.0, 0.0), 0.0, 0)
        vehicle.load()
        vehicle.advance(20)


if __name__ == "__main__":
    main()
