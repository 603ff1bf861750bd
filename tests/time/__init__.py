"""One instant, said the same way everywhere, over every change of the clocks."""
