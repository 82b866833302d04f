"""Vehicles put together as every program does, in virtual time, with nothing around them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from mavlink_bridge.routing.endpoint import raise_error
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US, Surroundings, stand
from sortie.assembly.vehicles import Vehicles
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.fleet import FleetNode
from sortie.runtime.runtime import Runtime
from sortie.storage.signing_keys import open_keys


def assembled(specs: Sequence[VehicleSpec]) -> tuple[Vehicles, Runtime]:
    """The vehicles, and the runtime that they are in. What is wrong or warned of is raised."""
    runtime = Runtime()
    standing, ground = stand(specs, _refuse)
    around = Surroundings(runtime, ExitStack(), None, open_keys(None, None), VIRTUAL_EPOCH_US, raise_error, ground)
    return Vehicles(standing, around), runtime


def fleet_node(specs: Sequence[VehicleSpec]) -> FleetNode:
    """The node of a fleet, for a test that has time in its own hands."""
    fleet = assembled(specs)[0].fleet
    assert fleet is not None
    fleet.between = lambda: None
    fleet.has_time = lambda: True
    return fleet


def _refuse(warning: str) -> None:
    raise AssertionError(warning)
