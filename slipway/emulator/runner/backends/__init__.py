"""What the embedded AWS does differently for each backend, a module per backend, registered in one place."""
