"""The application load balancer of one service, with everything that CloudFormation owns of its traffic."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_elasticloadbalancingv2, aws_s3
from constructs import Construct, DependencyGroup

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.retention import Retention
from inference_constructs.config import CANDIDATE, Pods
from inference_constructs.eks.common.cluster_handle import ClusterHandle
from inference_constructs.eks.common.timeouts import idle_timeout_s
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.ingress.certificate import certificate_arn_of
from inference_constructs.eks.ingress.dns import ServiceRecords
from inference_constructs.eks.ingress.listener import INVOCATIONS_PATH, ServiceListener
from inference_constructs.eks.ingress.network import LoadBalancerNetwork
from inference_constructs.eks.ingress.settings import Ingress
from inference_constructs.eks.ingress.target_group import create_target_group
from inference_constructs.eks.ingress.web_acl import WebAcl

#: After this long a client has to connect again, and asks the DNS where: a drained cell is empty then.
_CLIENT_KEEP_ALIVE_S = 300
_Resource = aws_elasticloadbalancingv2.CfnLoadBalancer


class ServiceLoadBalancer(Construct):
    """Load balancer, listener, target groups, security group, certificate, firewall and DNS record of a service.

    Pods are bound to the target groups from within the cluster. Nothing here is made by a controller, so that it stands
    in the template and goes with its stack.

    Attributes:
        load_balancer: The load balancer.
        target_groups: The targets of each variant, by its name.
        security_group: Who may reach the load balancer, and that it reaches pods only.
        records: The DNS records; None without a hosted zone.
        dns_name: AWS's own name of the load balancer.
        url: Where callers find the service.
        ready: What has to be there before pods are bound: the rules that attach the target groups to the load balancer,
            and the way from it into the cluster.
        traffic: The rule that shares the traffic: it has to wait until every variant has pods.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ClusterHandle,
        service_name: str,
        variants: Sequence[PodVariant],
        pods: Pods,
        ingress: Ingress,
        retention: Retention,
    ) -> None:
        """Create the load balancer.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster whose pods are the targets; its security group is opened for this load balancer. The
                public subnets of its VPC hold an internet-facing load balancer; the private subnets, or else the
                isolated ones, an internal one. In at least two zones.
            service_name: The service, and the first label of its host name.
            variants: What shares the traffic.
            pods: How requests are spread, and how long they take.
            ingress: How traffic comes in. Callers may come from the VPC unless the environment names other blocks.
            retention: How the firewall's log is encrypted and kept. Unless the environment says whether the load
                balancer is protected from deletion, it is with any other removal policy than `DESTROY`.

        Raises:
            ValueError: The VPC has subnets of the wanted kind in fewer than two zones, or no variant gets traffic.
        """
        super().__init__(scope, construct_id)
        settings = ingress.load_balancer
        self._settings = settings
        name = f"{cluster.cluster_name}-{service_name}"
        host_name = f"{service_name}.{settings.domain_name}"
        protected = settings.deletion_protection
        deletion_protection = not retention.is_destroyed if protected is None else protected

        network = LoadBalancerNetwork(
            self,
            "Network",
            name=name,
            vpc=cluster.vpc,
            public=self._public,
            fetches_keys=settings.authentication is not None and settings.authentication.jwt is not None,
            allowed_cidrs=settings.allowed_cidrs or (cluster.vpc_cidr,),
            cluster_security_group=cluster.cluster.cluster_security_group,
        )
        attributes = self._attributes(
            pods,
            access_logs=ingress.access_logs,
            prefix=f"{cluster.cluster_name}/{service_name}",
            deletion_protection=deletion_protection,
        )
        self.load_balancer = self._create_load_balancer(network, attributes, pods.reserved_capacity_units)
        self.load_balancer.node.add_dependency(
            ingress.access_logs
        )  # with its policy: the first test file is written at once
        self.target_groups: Mapping[str, aws_elasticloadbalancingv2.CfnTargetGroup] = {
            variant.name: create_target_group(
                self,
                f"TargetGroup-{variant.name}",
                vpc=cluster.vpc,
                cluster_name=cluster.cluster_name,
                pods=pods,
                counts_in_dns=variant.name != CANDIDATE,
            )
            for variant in variants
        }
        listener = ServiceListener(
            self,
            "Listener",
            load_balancer=self.load_balancer,
            certificate_arn=certificate_arn_of(self, "Certificate", settings=settings, host_name=host_name),
            variants=variants,
            target_groups=self.target_groups,
            paths=(INVOCATIONS_PATH, pods.container.ping_path, *pods.container.paths),
            authentication=settings.authentication,
        )
        if self._public:
            firewall = WebAcl(
                self,
                "WebAcl",
                name=name,
                load_balancer=self.load_balancer,
                requests_per_ip=settings.requests_per_ip,
                retention=retention,
            )
            listener.traffic_rule.node.add_dependency(firewall)  # no request before it, nor after it in a deletion
        self.records = self._create_records(host_name, ingress)

        self.security_group = network.security_group
        self.ready = DependencyGroup(network.to_pods, *listener.rules_by_header)
        self.traffic = listener.traffic_rule
        self.dns_name = self.load_balancer.attr_dns_name
        self.url = f"https://{host_name}"
        self._acknowledge_what_is_wanted(deletion_protection=deletion_protection)

    @property
    def _public(self) -> bool:
        return self._settings.scheme == "internet_facing"

    def _attributes(
        self, pods: Pods, *, access_logs: aws_s3.IBucket, prefix: str, deletion_protection: bool
    ) -> dict[str, str]:
        """Attributes of a load balancer.

        `strictest` would refuse what lenient clients send; `defensive` lets what is ambiguous but known through, and
        closes the connection behind it ("Application Load Balancers", "Desync mitigation mode").
        """
        return {
            "deletion_protection.enabled": _flag(deletion_protection),
            "access_logs.s3.enabled": _flag(self._settings.access_logs),
            **(
                {"access_logs.s3.bucket": access_logs.bucket_name, "access_logs.s3.prefix": prefix}
                if self._settings.access_logs
                else {}
            ),
            # Why a pod was taken out, which no metric shows.
            "health_check_logs.s3.enabled": "true",
            "health_check_logs.s3.bucket": access_logs.bucket_name,
            "health_check_logs.s3.prefix": prefix,
            "idle_timeout.timeout_seconds": str(idle_timeout_s(pods)),
            "client_keep_alive.seconds": str(_CLIENT_KEEP_ALIVE_S),
            "routing.http.desync_mitigation_mode": "defensive",
            "routing.http.drop_invalid_header_fields.enabled": "true",
            "routing.http.xff_header_processing.mode": "append",
            "routing.http2.enabled": "true",
            # Lets on-call take a zone out of the DNS, by hand.
            "zonal_shift.config.enabled": "true",
        }

    def _create_load_balancer(
        self, network: LoadBalancerNetwork, attributes: Mapping[str, str], reserved_units: int | None
    ) -> aws_elasticloadbalancingv2.CfnLoadBalancer:
        reservation = (
            _Resource.MinimumLoadBalancerCapacityProperty(capacity_units=reserved_units) if reserved_units else None
        )
        return _Resource(
            self,
            "Resource",
            type="application",
            scheme="internet-facing" if self._public else "internal",
            ip_address_type="ipv4",
            subnets=network.subnet_ids,
            security_groups=[network.security_group_id],
            minimum_load_balancer_capacity=reservation,
            # Without it a deployment succeeds while the reservation is still pending, or has failed.
            enable_capacity_reservation_provision_stabilize=True if reserved_units else None,
            load_balancer_attributes=[
                _Resource.LoadBalancerAttributeProperty(key=key, value=value) for key, value in attributes.items()
            ],
        )

    def _create_records(self, host_name: str, ingress: Ingress) -> ServiceRecords | None:
        if self._settings.hosted_zone_id is None:
            return None
        return ServiceRecords(
            self,
            "Records",
            hosted_zone_id=self._settings.hosted_zone_id,
            host_name=host_name,
            load_balancer=self.load_balancer,
            cell=ingress.cell,
            drained=ingress.drained,
        )

    def _acknowledge_what_is_wanted(self, *, deletion_protection: bool) -> None:
        reasons = {}
        if not deletion_protection:
            finding = "NIST.800.53.R5::NIST.800.53.R5-ELBDeletionProtectionEnabled"
            reasons[finding] = "the environment says that its load balancers go with their stacks"
        if not self._public:
            finding = "NIST.800.53.R5::NIST.800.53.R5-ALBWAFEnabled"
            reasons[finding] = "internal: only the blocks that the environment names reach it, nobody on the internet"
        if not self._settings.access_logs:
            because = "the environment says that its load balancers log no requests (access_logs: false)"
            reasons["AwsSolutions::AwsSolutions-ELB2"] = because
            reasons["NIST.800.53.R5::NIST.800.53.R5-ELBLoggingEnabled"] = because
        acknowledge(self.load_balancer, reasons)


def _flag(value: bool) -> str:  # noqa: FBT001 - a conversion
    return "true" if value else "false"
