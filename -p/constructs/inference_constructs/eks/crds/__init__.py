"""Kubernetes' custom resources that Slipway uses, as typed values: cdk8s has no classes for them."""
