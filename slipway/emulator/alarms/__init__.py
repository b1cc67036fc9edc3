"""CloudWatch alarms: what state they are in for what was measured. Used for every alarm, those of rollouts too."""
