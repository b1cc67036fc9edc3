"""Stacks wire constructs; the stage wires stacks."""
