"""What runs on AWS, read and called through boto3."""
