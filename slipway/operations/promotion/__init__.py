"""Moves a service to another model, by editing the pin in its YAML."""
