"""Calendars behind one contract; imports nothing, so that a connector loads only when asked for."""
