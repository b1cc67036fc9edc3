"""Scale on paper: from requests per second to pods, nodes, load balancers, quotas and cost."""
