"""Limits of AWS and Kubernetes that a plan runs into, each with where it is written. Defaults; many can be raised.

Read in November 2026. The codes find a quota in the Service Quotas console.
"""

from dataclasses import dataclass
from typing import Final

_ALB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
_EKS = "https://docs.aws.amazon.com/eks/latest/best-practices/known_limits_and_service_quotas.html"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota of an AWS account, by Region.

    Attributes:
        name: What Service Quotas calls it.
        code: Its code there.
        default: What an account has unless raised. New accounts may have less.
        source: The page that says so.
    """

    name: str
    code: str
    default: int
    source: str


TARGETS_PER_LOAD_BALANCER: Final = Quota(
    name="Targets per Application Load Balancer", code="L-7E6692B2", default=1000, source=_ALB
)
TARGETS_PER_GROUP: Final = Quota(
    name="Targets per Target Group per Region", code="L-A0D0B863", default=1000, source=_ALB
)
LOAD_BALANCERS: Final = Quota(name="Application Load Balancers per Region", code="L-53DA6B97", default=50, source=_ALB)
RESERVED_UNITS_PER_LOAD_BALANCER: Final = Quota(
    name="Reserved Application Load Balancer Capacity Units per Application Load Balancer",
    code="L-0BB7B635",
    default=15_000,
    source=_ALB,
)
RESERVED_UNITS: Final = Quota(
    name="Reserved Application Load Balancer Capacity Units (LCU) per Region",
    code="L-8A66D0E6",
    default=0,
    source=_ALB,
)
STANDARD_VCPUS: Final = Quota(
    name="Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances, in vCPUs",
    code="L-1216C47A",
    default=5,
    source=_EKS,
)
NETWORK_INTERFACES: Final = Quota(name="Network interfaces per Region", code="L-DF5E4CA3", default=5000, source=_EKS)

#: Past these AWS asks for a plan: https://docs.aws.amazon.com/eks/latest/best-practices/scalability.html
PLANNED_NODES: Final = 300
PLANNED_PODS: Final = 5000

#: RegisterTargets and DeregisterTargets together, in calls of an account and Region: capacity and refill per second.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
REGISTRATION_BURST: Final = 20
REGISTRATION_PER_SECOND: Final = 4
#: Targets that one call of the AWS Load Balancer Controller registers at most (`defaultRegisterTargetsChunkSize` in its
#: pkg/targetgroupbinding/targets_manager.go). What Auto Mode's own controller does is not documented.
TARGETS_PER_CALL: Final = 200

#: One load balancer capacity unit (LCU): https://aws.amazon.com/elasticloadbalancing/pricing/
UNIT_NEW_CONNECTIONS_PER_SECOND: Final = 25
UNIT_ACTIVE_CONNECTIONS: Final = 3000
UNIT_BYTES_PER_HOUR: Final = 1_000_000_000
UNIT_RULE_EVALUATIONS_PER_SECOND: Final = 1000
#: Rules of a request that are not counted.
FREE_RULES: Final = 10

#: AWS keeps the first four addresses of a subnet and the last.
#: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
RESERVED_ADDRESSES: Final = 5
#: Addresses in the /28 prefixes that Auto Mode gives to nodes.
#: https://docs.aws.amazon.com/eks/latest/userguide/auto-networking.html
PREFIX_ADDRESSES: Final = 16

#: Slipway's defaults: at most double, or 4 more (`eks.scale_out`), every 30 s (`scaling.scale_out_cooldown_s`).
#: Kubernetes' own period is 15 s.
SCALE_OUT_FACTOR: Final = 2
SCALE_OUT_PODS: Final = 4
SCALE_OUT_PERIOD_S: Final = 30
