"""Nodes of a runtime: a vehicle with its services, a fleet, a followed flight, a client of a running vehicle."""
