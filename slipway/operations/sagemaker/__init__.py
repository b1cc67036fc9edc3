"""Compares synthesised templates with what is live, before a deployment."""
