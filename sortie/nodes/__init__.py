"""Nodes that a runtime runs: a vehicle with its services, one of its flights, a client of a running service."""
