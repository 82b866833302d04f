"""Model of a depot and its skimmer: tanks, manifolds, buses, batteries, reactor and heat as small graphs in which mass
and energy are conserved, and `space`: both with a simulated orbital skimmer."""
