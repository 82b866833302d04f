"""Conformance cases for the MAVLink of any vehicle: `sortie conform`.

`case` defines a case, `exchange` the steps that cases are made of, `cases` has a module for each family of services,
and `examination` runs them without I/O. `judge` connects it to a vehicle; `report` writes the results.
"""
