"""What a municipality offers, and which mailboxes deliver it."""
