"""The name under which callers find a service, in whichever region and cell."""

from aws_cdk import Stack, aws_elasticloadbalancingv2, aws_route53
from constructs import Construct

from inference_constructs.config.models.names import regional_label

#: Of each cell that takes traffic, so that they share it equally; Route 53 takes 0 to 255.
_FULL_WEIGHT = 100


def regional_name(host_name: str, region: str) -> str:
    """The name of a service in one region: beside the other, so that one wildcard certificate covers both."""
    service, _, domain = host_name.partition(".")
    return f"{regional_label(service, region)}.{domain}"


class ServiceRecords(Construct):
    """The records of a service's load balancer, on two levels.

    A name per region, whose cells share the callers by weight; and the service's name, which leads each caller to the
    region that answers fastest. Both levels from the start: Route 53 turns neither a simple record into a weighted one
    nor a weighted one into one by latency in place, so that a second cell or region would cost an outage. Answers to
    queries for such aliases are free of charge.

    A cell whose load balancer is unhealthy gets no new callers while another is healthy, and neither does a region of
    such cells. A load balancer counts as unhealthy when one of its target groups has no healthy target, or none at all
    (Route 53 API, `EvaluateTargetHealth`). A candidate's does not count: it is empty until its first pods are there,
    and what is wrong with it is no reason to leave the main variant. A new variant's does, for as long as it is empty.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        hosted_zone_id: str,
        host_name: str,
        load_balancer: aws_elasticloadbalancingv2.CfnLoadBalancer,
        cell: int,
        drained: bool,
    ) -> None:
        """Create the records.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            hosted_zone_id: The zone they are in.
            host_name: The service's name.
            load_balancer: Where it leads.
            cell: The cell's number, from 1. The first one also has the service's name in this region.
            drained: Whether the cell gets no new callers. Those connected go within the load balancer's keep-alive.
        """
        super().__init__(scope, construct_id)
        region = Stack.of(self).region
        here = regional_name(host_name, region)
        in_cell = aws_route53.CfnRecordSet(
            self,
            "Cell",
            hosted_zone_id=hosted_zone_id,
            name=here,
            type="A",
            set_identifier=f"cell-{cell}",
            weight=0 if drained else _FULL_WEIGHT,
            alias_target=aws_route53.CfnRecordSet.AliasTargetProperty(
                dns_name=load_balancer.attr_dns_name,
                hosted_zone_id=load_balancer.attr_canonical_hosted_zone_id,
                evaluate_target_health=True,
            ),
        )
        if cell == 1:
            in_region = aws_route53.CfnRecordSet(
                self,
                "Region",
                hosted_zone_id=hosted_zone_id,
                name=host_name,
                type="A",
                set_identifier=region,
                region=region,
                alias_target=aws_route53.CfnRecordSet.AliasTargetProperty(
                    dns_name=here, hosted_zone_id=hosted_zone_id, evaluate_target_health=True
                ),
            )
            in_region.node.add_dependency(in_cell)
