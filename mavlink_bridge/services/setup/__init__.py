"""Setup of a vehicle on the bench: calibration by hand and motor test.

- `calibration`: accelerometer and compass, a sans-IO machine each.
- `service`: commands and messages of calibration and motor test on the endpoint.
"""
