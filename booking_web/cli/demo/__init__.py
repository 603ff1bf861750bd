"""The embedded run: a supervisor that starts the whole product and its servers on one machine."""
