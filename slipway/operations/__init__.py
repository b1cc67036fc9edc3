"""What people run against a deployed service, over boto3. `slipway --help` lists the commands."""
