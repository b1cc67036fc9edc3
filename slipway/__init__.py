"""What people run: the command line, operations against what is deployed, the embedded AWS, and the model server."""
