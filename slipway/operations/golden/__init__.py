"""Golden samples: requests with the answers expected, and what came instead."""
