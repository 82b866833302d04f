"""Invariants of every storm; docs/invariants.md is made from these."""

from tests.storm.invariants import bounds, depots, flights, journals, kept, losses, plans, relays, safety, signed, wires

__all__ = ["bounds", "depots", "flights", "journals", "kept", "losses", "plans", "relays", "safety", "signed", "wires"]
