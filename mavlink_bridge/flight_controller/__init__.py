"""A real flight controller behind a MAVLink link, as an `autopilot.interface.vehicle.Vehicle`. Sans I/O.

`controller` puts the parts together: `firmware` how this kind of controller names its modes, `link_state` whether it is
heard or has restarted, `readings` its messages as report vector, `streams` what it is asked to send, `orders` commands
with their answers, `questions` what it has to be asked, `mode_control` who has the vehicle, `motors` whether they run,
`steering` targets as setpoints, and when they are reached. Source of all facts: docs/reference/real-vehicles.md, 2, 3,
4.
"""
