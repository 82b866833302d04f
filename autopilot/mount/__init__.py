"""A gimbal: what it points at (`mount`), the seam to its hardware (`gimbal`), its mathematics (`rotation`)."""
