"""A real flight controller behind a MAVLink link, as an `autopilot.vehicle.Vehicle`. Sans I/O.

`controller` puts the parts together: `firmware` how this kind of controller names its modes, `readings` its messages as
report vector, `streams` what it is asked to send, `orders` commands with their answers, `mode_keeper` who has the
vehicle, `steering` targets as setpoints, `arrival` when they are reached. Source of all facts:
docs/reference/real-vehicles.md, 2, 3, 4.
"""
