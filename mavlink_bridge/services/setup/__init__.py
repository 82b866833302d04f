"""Setup of a vehicle on the bench: calibrating with the vehicle in the hands, trying motors.

- `calibration`: accelerometer and compass, a sans-IO machine each.
- `service`: their commands and messages on the endpoint, and the test of motors. and the test of motors.
"""
