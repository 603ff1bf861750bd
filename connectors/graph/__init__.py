"""Calendars of Microsoft 365 through Microsoft Graph; importing a module here loads the SDK."""
