"""What the steps of the pipeline do besides deploying: they protect stacks, and watch alarms."""
