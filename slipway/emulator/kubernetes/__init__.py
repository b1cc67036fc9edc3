"""A rehearsal of what a cluster does with our container: no Kubernetes.

It has a Kubernetes API that kubectl and every client can use, strict about manifests; it runs the pods of a Deployment
as processes of `serving/`, probes them, replaces them in a rolling update, and ends them as a kubelet does; and it puts
an Application Load Balancer in front of them that takes note of pods as late as the real one. What the API takes beyond
that (network policies, disruption budgets, node pools, roles) is kept and told back, and nothing acts on it.

Everything runs in one event loop in a thread of its own, so that nothing here needs a lock.
"""
