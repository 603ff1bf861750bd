"""What is asked before the calendar: municipality, service, channel, declaration; and help."""
