"""What a person does with a vehicle on the bench: calibrating with the vehicle in the hands, trying motors.

- `accelerometer`, `compass`, `motors`: a sans-IO machine each.
- `service`: their commands and messages on the endpoint.
"""
