"""The embedded AWS: `cdk deploy` and real predictions on this machine, with no account and no Docker."""
