"""Calendars behind one contract; nothing is imported here so that a connector loads only when asked for."""
