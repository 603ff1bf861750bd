"""Real servers for the tests, which one can also start by hand."""
