"""What differs: between two environments, and between the templates of two states of the project."""
