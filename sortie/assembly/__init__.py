"""Assembly of nodes from 1..n vehicle specs and their surroundings, and their end."""
