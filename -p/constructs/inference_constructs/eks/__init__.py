"""Serves models as pods on Amazon EKS behind an application load balancer."""
