"""What Lambda runs to look whether a Deployment has rolled out: the standard library, and botocore of its runtime."""
