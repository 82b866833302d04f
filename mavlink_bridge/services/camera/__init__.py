"""MAVLink's camera protocol v2, camera side (component 100)."""
