"""What people run against a deployed service, over boto3. `python -m operations --help` lists the commands."""
