"""What the figures in the docs are measured and calculated with."""
