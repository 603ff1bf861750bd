"""What is free: starts as bit masks, the picture of a pool, and who of it serves."""
