"""What answers `InvokeEndpoint`: real model servers, started from the artifacts that were deployed."""
