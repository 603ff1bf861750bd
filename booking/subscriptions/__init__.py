"""Calendars that call us when they change: asking for it, keeping it up, and being called."""
