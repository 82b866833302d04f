"""Assembly of nodes from vehicle specs and their surroundings, and their end."""
