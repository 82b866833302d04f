"""Invariants of every storm; docs/invariants.md is made from these."""

from tests.storm.invariants import (
    bounds,
    depots,
    effects,
    flights,
    journals,
    kept,
    losses,
    plans,
    progress,
    relays,
    safety,
    signed,
    whole,
    wires,
)

__all__ = [
    "bounds",
    "depots",
    "effects",
    "flights",
    "journals",
    "kept",
    "losses",
    "plans",
    "progress",
    "relays",
    "safety",
    "signed",
    "whole",
    "wires",
]
