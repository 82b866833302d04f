"""Laws that depot, skimmer and world all know: relative motion on an orbit, turning, thrust, shadow and windows, and
the geometry of zone and corridor. Pure functions of numbers; none of them knows what is really the case."""
