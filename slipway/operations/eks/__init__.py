"""What the commands do where EKS serves: clusters, pods, targets, and requests through the load balancer."""
