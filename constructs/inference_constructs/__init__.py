"""CDK constructs that put a trained model in front of live traffic."""
