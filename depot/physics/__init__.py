"""Physics that depot, skimmer and world share: relative orbital motion, attitude, engines, eclipses and comms windows,
harvest zone and corridor. Pure functions of numbers, without any state of the simulated world."""
