"""From 1..n vehicle specs and what surrounds them to nodes, and their end."""
