"""What every calendar system must keep, one promise a function: for tests and live mailboxes."""
