"""Prices on demand in us-east-1, in US dollars, each with where and when it was read.

They change; the pages named are what counts.
"""

from dataclasses import dataclass
from typing import Final

HOURS_PER_MONTH: Final = 730


@dataclass(frozen=True, kw_only=True)
class NodeType:
    """An EC2 instance type for nodes.

    Attributes:
        name: Its name.
        vcpus: How many it has.
        threads_per_core: vCPUs that share a core: 2 on c7i, 1 on AMD's c7a and on Graviton. Two that share one do not
            do twice the work of one, so figures measured on whole cores do not hold for them.
        usd_per_hour: Linux, on demand.
    """

    name: str
    vcpus: int
    threads_per_core: int
    usd_per_hour: float


#: Prices: Karpenter's table of AWS's Price List API, made 2026-01-19
#: (aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go).
#: Threads: DescribeInstanceTypes, DefaultThreadsPerCore.
NODE_TYPES: Final = {
    kind.name: kind
    for kind in (
        NodeType(name="c7a.2xlarge", vcpus=8, threads_per_core=1, usd_per_hour=0.41056),
        NodeType(name="c7a.4xlarge", vcpus=16, threads_per_core=1, usd_per_hour=0.82112),
        NodeType(name="c7a.8xlarge", vcpus=32, threads_per_core=1, usd_per_hour=1.64224),
        NodeType(name="c7i.2xlarge", vcpus=8, threads_per_core=2, usd_per_hour=0.357),
        NodeType(name="c7i.4xlarge", vcpus=16, threads_per_core=2, usd_per_hour=0.714),
        NodeType(name="c7g.4xlarge", vcpus=16, threads_per_core=1, usd_per_hour=0.58),
        NodeType(name="c8g.4xlarge", vcpus=16, threads_per_core=1, usd_per_hour=0.63808),
    )
}


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What is billed beside the nodes. All in US dollars.

    Attributes:
        auto_mode_share: EKS Auto Mode's fee, as a share of a node's price on demand; also on spot and reserved ones.
            The Price List API (2026-09-28) has 0.0121 for m7i.large (0.1008) and 0.00979 for m7g.large (0.0816):
            12 % in both. The fee of each type stands on https://aws.amazon.com/eks/pricing/.
        cluster_hour: A cluster in standard support, standard control plane (same list).
        load_balancer_hour: An application load balancer (https://aws.amazon.com/elasticloadbalancing/pricing/,
            2026-09-20).
        capacity_unit_hour: Its capacity unit, used or reserved (same page).
        nat_gateway_hour: A NAT gateway, without what it carries (https://aws.amazon.com/vpc/pricing/).
        log_gigabyte: CloudWatch Logs, ingestion, standard class (https://aws.amazon.com/cloudwatch/pricing/).
        storage_gigabyte: S3 Standard, a month, the first 50 TB (https://aws.amazon.com/s3/pricing/).
        firewall_million: AWS WAF, a million requests inspected, without the web ACL and its rules
            (https://aws.amazon.com/waf/pricing/, 2026-08-29).
        endpoint_instance_hour: SageMaker ml.c7i.large hosting a model (Price List API, 2026-09-27).
    """

    auto_mode_share: float = 0.12
    cluster_hour: float = 0.10
    load_balancer_hour: float = 0.0225
    capacity_unit_hour: float = 0.008
    nat_gateway_hour: float = 0.045
    log_gigabyte: float = 0.50
    storage_gigabyte: float = 0.023
    firewall_million: float = 0.60
    endpoint_instance_hour: float = 0.107


PRICES: Final = Prices()
