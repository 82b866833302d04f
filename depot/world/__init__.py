"""Resources of a depot and its skimmer: tanks, manifolds, buses, batteries, reactor, heat - as small graphs in which
mass and energy are only ever moved, never made. And `space`: both, with a kinematic skimmer between them."""
