"""A real flight controller behind a MAVLink link, as an `autopilot.interface.vehicle.Vehicle`, without I/O.

`controller` combines the parts: `firmware` (differences between firmwares), `link_state` (loss and restart), `readings`
(messages as report vector), `streams` (requested messages), `orders` (commands and answers), `questions` (home, pre-arm
texts), `mode_control` (who has the vehicle), `motors` (armed or not), `steering` (targets as setpoints and their
arrival). Sources: docs/reference/real-vehicles.md, 2, 3, 4.
"""
