"""Template snapshots as files: what a stack has of its own, and what it shares with its sibling."""
