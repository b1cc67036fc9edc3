"""Alarm thresholds, derived from a service's objectives, in the units of AWS's metrics."""

#: An error rate that uses up 2 % of a 30-day error budget within an hour (SRE Workbook, "Alerting on SLOs").
PAGING_BURN_RATE = 14.4

#: However low the objective, half of the requests failing is an incident.
_HIGHEST_ERROR_RATE = 0.5

#: Share of a resource above which queues build up faster than scaling answers.
SATURATION_PERCENT = 90


def latency_microseconds(latency_ms: int) -> int:
    """A latency objective in the unit of SageMaker's latency metrics."""
    return latency_ms * 1000


def latency_seconds(latency_ms: int) -> float:
    """A latency objective in the unit of Elastic Load Balancing's latency metrics."""
    return latency_ms / 1000


def error_rate(availability_percent: float) -> float:
    """The share of failed requests, from 0 to 1, at which the error budget of an availability objective burns too fast.

    Args:
        availability_percent: The objective, such as 99.9.
    """
    budget = 1 - availability_percent / 100
    return round(min(PAGING_BURN_RATE * budget, _HIGHEST_ERROR_RATE), 6)


def burn_rate_sentence(availability_percent: float) -> str:
    """Return what `error_rate` means, as a sentence for an alarm's description.

    Args:
        availability_percent: The objective, such as 99.9.
    """
    burn_rate = error_rate(availability_percent) / (1 - availability_percent / 100)
    return f"That burns the error budget of {availability_percent:g} % availability {burn_rate:.3g} times too fast."


def saturation_percent(parts: int) -> int:
    """Saturation in the unit of SageMaker's utilisation metrics, which sum over an instance's vCPUs or GPUs.

    Args:
        parts: How many vCPUs or GPUs there are; 1 for what is not summed.
    """
    return SATURATION_PERCENT * parts
