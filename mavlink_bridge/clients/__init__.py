"""The protocols from the other side: what a ground station, the depot, or a Vehicle behind MAVLink asks of a vehicle.

Each request is a sans-IO machine of its own that ends in one enumerated outcome; see `base.Client`.
"""
