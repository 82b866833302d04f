"""Flights: an actor kernel, the flight manager, and the actors (seed 002).

- `lifecycle`: the state machine as a table; `diagram` draws it.
- `messages`, `bus`, `trace`, `actor`, `kernel`: what actors are made of; knows nothing of flying.
- `flags`: how the vehicle stands, as the edge between the core and the actors.
- `manager`, `state_machine`, `actors`, `noncritical_actors`: the twelve actors.
- `guards`, `flight_context`: what guards see of the vehicle, and what the actors share.
- `system`: all of it aboard one vehicle, in the core's arm and disarm path; `faults`: what can go wrong on order.
"""
