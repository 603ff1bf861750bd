"""The appointment once it is booked: shown, changed, cancelled, found again, and joined."""
