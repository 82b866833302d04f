"""Python API: a vehicle, or a fleet, in the process of a Python program."""
