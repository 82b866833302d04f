"""The sortie loop of seed 000: a depot sends its skimmer out, takes it back in, and decides on the next sortie.

`decisions` is the depot's controller, `skimmer` the skimmer's; they share `messages` and no state. `world` is what both
act on (tanks, power, motion), `wire` carries the messages over MAVLink.
"""
