"""Flights: an actor kernel, the flight manager, and the actors (seed 002).

- `lifecycle`: the state machine as a table, and its walker.
- `messages`, `flight_context`, `trace`, `kernel`: the base of actors, without knowledge of flying.
- `flags`: the vehicle's state for the actors.
- `manager`, `actors`, `noncritical_actors`: the twelve actors.
- `guards`: the vehicle's state for guards of the table.
- `system`: all of it in one vehicle, in the core's arm and disarm path; `faults`: injected faults.
"""
