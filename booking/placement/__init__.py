"""Bringing bookings into calendars: placing, moving and removing events, step by step."""
