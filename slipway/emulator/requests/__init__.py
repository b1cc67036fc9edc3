"""Requests that AWS would refuse, found by AWS's own models of its services before anything answers them."""
