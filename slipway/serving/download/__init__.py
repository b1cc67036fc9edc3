"""Models from S3: fetched, compared with their checksum, unpacked."""
