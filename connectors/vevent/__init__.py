"""iCalendar in and out: the only room that knows icalendar, recurring_ical_events and dateutil."""
