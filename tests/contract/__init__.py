"""One suite of promises for every connector; tests ask capabilities, never a provider's name."""
