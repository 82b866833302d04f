"""`sortie loop`: the depot and its skimmer in one process, joined by a MAVLink link in memory and in vehicle time."""
