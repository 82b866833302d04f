"""Sortie: a MAVLink vehicle that installs with pip.

The running program: command line, settings, run loop, state store, logs, Python API. Everything that can be decided
without I/O lives below, in `autopilot`, `sitl` and `mavlink_bridge`; this package composes them.
"""
