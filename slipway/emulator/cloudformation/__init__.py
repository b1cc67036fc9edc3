"""CloudFormation handlers for the types that ministack lacks, each calling the service it stands for."""
