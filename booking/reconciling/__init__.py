"""What staff do to our events in their calendars reaches bookings and citizens."""
