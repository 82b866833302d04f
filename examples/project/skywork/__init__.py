"""Mission code of a small project: each module flies one job on the library that its author likes."""
