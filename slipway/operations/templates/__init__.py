"""What the steps of the pipeline run besides the deploy check."""
