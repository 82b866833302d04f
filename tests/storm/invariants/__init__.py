"""What must hold in every storm, at every instant; docs/invariants.md is made from these."""

from tests.storm.invariants import bounds, flights, journals, plans, safety, wires

__all__ = ["bounds", "flights", "journals", "plans", "safety", "wires"]
