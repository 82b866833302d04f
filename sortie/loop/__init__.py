"""`sortie loop`: a depot and its skimmer in one process, connected by a MAVLink wire in memory, in vehicle time."""
