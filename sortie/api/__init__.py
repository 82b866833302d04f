"""The Python API: a vehicle in this process."""
