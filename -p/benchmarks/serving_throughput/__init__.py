"""Measures how many requests a second one process of the model server answers, and how fast."""
