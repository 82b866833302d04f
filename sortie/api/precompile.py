"""`python -m sortie.api.precompile`: compile all kernels for this machine now, those of the streams and of fleets too,
so that no flight has to wait for them.

numba keeps the result beside the sources, or in the user's cache where these cannot be written.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory

from mavlink_bridge.services.telemetry.encoder import pool_writer
from sitl.vehicles.kinds import SIMULATED
from sortie.api.session import Session


def main() -> None:
    """Load what each kind of vehicle and its logs are made of, and let a moment pass with it."""
    for kind in SIMULATED:
        with TemporaryDirectory() as logs, Session(vehicle=f"sim:{kind}", log_dir=logs) as session:
            session.service.load()
            session.run_for(0.02)
    pool_writer()


if __name__ == "__main__":
    main()
