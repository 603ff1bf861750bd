"""Reading staff calendars into the replica: when, by whom, and what a refusal means."""
