"""A gimbal: its aim (`mount`), the interface to its hardware (`gimbal`), its mathematics (`rotation`)."""
