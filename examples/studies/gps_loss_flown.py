"""Flies the plan of gps-loss-flown.toml, and loses GPS some seconds after liftoff."""

from collections.abc import Mapping

from sortie import Session
from sortie.api.simulation import inject


def fly(session: Session, inputs: Mapping[str, float]) -> None:
    session.start()
    session.run_until(lambda flown: -flown.truth.position[2] > 0.3, 120.0, 0.02)
    session.run_for(inputs["gps_at"])
    inject(session.service, "gps.loss")
