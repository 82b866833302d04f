"""MAVFTP, vehicle side."""
