"""Holds CloudFormation up while pods roll out or traffic moves, and fails when an alarm goes off meanwhile."""
