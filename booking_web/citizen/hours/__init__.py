"""Day and hour: the calendar page, its month, and the zones of visitors who are elsewhere."""
