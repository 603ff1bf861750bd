"""Words that people read: translations, and days and times written out in Greek and English."""
