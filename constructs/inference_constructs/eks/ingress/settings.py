"""How traffic comes into a service."""

from dataclasses import dataclass

from aws_cdk import aws_s3

from inference_constructs.config import LoadBalancer


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """The load balancer of one service in one cell.

    Attributes:
        load_balancer: What the environment's load balancers have in common.
        access_logs: The bucket for access logs and health check logs. It must let load balancers write, as the bucket
            of an `AccessLogBucket` does.
        cell: The cell's number, from 1. Default: 1.
        drained: Whether the cell gets no new callers. Default: it gets its share.
    """

    load_balancer: LoadBalancer
    access_logs: aws_s3.IBucket
    cell: int = 1
    drained: bool = False
