"""Policies of identities and resources: what they permit, to whom, and under which conditions."""
