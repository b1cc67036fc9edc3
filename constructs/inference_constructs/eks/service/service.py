"""A model served by pods behind a load balancer."""

from collections.abc import Mapping, Sequence

from aws_cdk import RemovalPolicy, aws_cloudwatch, aws_ec2, aws_eks_v2, aws_kms, aws_logs, aws_s3
from constructs import Construct

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.config import LoadBalancer, Objectives, Pods, Rollout
from inference_constructs.config.models.variant import CANDIDATE
from inference_constructs.eks.common.contract import NodeMode
from inference_constructs.eks.common.fleet import Fleet
from inference_constructs.eks.common.metrics import TargetGroupMetrics
from inference_constructs.eks.common.rollout_custom_resource import RolloutWait
from inference_constructs.eks.ingress.load_balancer import ServiceLoadBalancer
from inference_constructs.eks.service.alarms import ServiceAlarms
from inference_constructs.eks.service.pod_identity import PodIdentity
from inference_constructs.eks.service.workload import Workload
from inference_constructs.observability.alarm_settings import AlarmSettings

_HTTPS = aws_ec2.Port.tcp(443)


class EksService(Construct):
    """One service on one cluster: its load balancer, its pods, what they may read, and its alarms.

    CloudFormation creates it in this order, and deletes it in the reverse: the load balancer with the rules that attach
    its target groups; the namespace and, for each fleet, its Service; what binds their pods to the target groups; the
    pods; the rule that shares the traffic, once they have rolled out; the DNS record. So no request comes before
    its pod, and on the way out the name goes first, then the traffic, the pods, and the load balancer when nothing is
    registered with it. A rollout that fails rolls the stack back.

    Attributes:
        load_balancer: The load balancer and everything at it.
        workload: What runs in the cluster.
        url: Where callers find the service.
        dns_name: AWS's own name of the load balancer.
        target_group_arns: The targets of each fleet, by its name.
        alarms: Every alarm.
        bake_alarms: What is watched while a candidate gets traffic; nothing without one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        cluster_name: str,
        rollout_watch: str,
        service_name: str,
        fleets: Sequence[Fleet],
        pods: Pods,
        rollout: Rollout,
        objectives: Objectives,
        load_balancer: LoadBalancer,
        cell: int,
        drained: bool,
        nodes: NodeMode,
        spread_spot: bool,
        vpc: aws_ec2.IVpc,
        vpc_cidr: str,
        loader_image: ContainerImage,
        access_logs: aws_s3.IBucket,
        encryption_key: aws_kms.IKey,
        alarm_settings: AlarmSettings,
        log_retention: aws_logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        """Create the service.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: Where it runs.
            cluster_name: The cluster's name, in plain words.
            rollout_watch: The service token of the cluster's `RolloutWatch`.
            service_name: The service, its namespace, and the first label of its host name.
            fleets: What shares the traffic, up to 5.
            pods: What a pod gets, and how traffic reaches it.
            rollout: How a new version takes over.
            objectives: What is promised; alarms derive from it.
            load_balancer: What the environment's load balancers have in common.
            cell: The cell's number, from 1.
            drained: Whether the cell gets no new callers.
            nodes: Who adds nodes.
            spread_spot: Whether pods are to be spread over spot and on-demand nodes.
            vpc: The network of cluster and load balancer.
            vpc_cidr: Its IPv4 block, in plain words: who may call, unless the environment says who, and whose health
                checks reach the pods.
            loader_image: What fetches models from S3 into the pods.
            access_logs: Where access logs go.
            encryption_key: Encrypts what is logged to CloudWatch; CloudWatch Logs must be allowed to use it.
            alarm_settings: Who is notified of alarms, and how they are named.
            log_retention: How long logs are kept.
            removal_policy: What becomes of logs when their stack is deleted. With `DESTROY` the load balancer can be
                deleted too, unless the environment says otherwise.

        Raises:
            ValueError: The VPC has too few subnets, no fleet gets traffic, or a model cannot be checked.
        """
        super().__init__(scope, construct_id)
        protected = load_balancer.deletion_protection
        self.load_balancer = ServiceLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            allowed_cidrs=load_balancer.allowed_cidrs or (vpc_cidr,),
            settings=load_balancer,
            host_name=f"{service_name}.{load_balancer.domain_name}",
            cluster_name=cluster_name,
            cluster_security_group=cluster.cluster_security_group,
            fleets=fleets,
            pods=pods,
            access_logs=access_logs,
            access_log_prefix=f"{cluster_name}/{service_name}",
            deletion_protection=removal_policy != RemovalPolicy.DESTROY if protected is None else protected,
            cell=cell,
            drained=drained,
            encryption_key=encryption_key,
            log_retention=log_retention,
            removal_policy=removal_policy,
        )
        self.target_group_arns: Mapping[str, str] = {
            name: target_group.ref for name, target_group in self.load_balancer.target_groups.items()
        }
        identity = PodIdentity(self, "Identity", cluster_name=cluster_name, namespace=service_name, fleets=fleets)
        self.workload = Workload(
            self,
            "Workload",
            cluster=cluster,
            service_name=service_name,
            fleets=fleets,
            pods=pods,
            rollout=rollout,
            loader_image=loader_image,
            target_group_arns=self.target_group_arns,
            nodes=nodes,
            vpc_cidr=vpc_cidr,
            spread_spot=spread_spot,
        )
        self._put_in_order(identity, rollout_watch, fleets)
        alarms = ServiceAlarms(
            self,
            "Alarms",
            service_name=service_name,
            cluster_name=cluster_name,
            load_balancer=self.load_balancer.load_balancer,
            target_groups=self.load_balancer.target_groups,
            fleets=fleets,
            objectives=objectives,
            settings=alarm_settings,
        )
        self.url = self.load_balancer.url
        self.dns_name = self.load_balancer.dns_name
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = alarms.alarms
        self.bake_alarms: tuple[aws_cloudwatch.Alarm, ...] = alarms.promises.get(CANDIDATE, ())

    def allow_from(self, peer: aws_ec2.IPeer, description: str) -> None:
        """Let somebody besides the environment's blocks call this service: a security group, or a list of prefixes.

        There is nothing to grant in IAM: who reaches the load balancer may ask.

        Args:
            peer: Who.
            description: Why, for whoever reads the rule.
        """
        self.load_balancer.security_group.add_ingress_rule(peer, _HTTPS, description)

    def metrics(self, fleet_name: str) -> TargetGroupMetrics:
        """What the load balancer measures of a fleet.

        Raises:
            KeyError: There is no fleet of this name.
        """
        return TargetGroupMetrics(
            load_balancer=self.load_balancer.load_balancer.attr_load_balancer_full_name,
            target_group=self.load_balancer.target_groups[fleet_name].attr_target_group_full_name,
        )

    def _put_in_order(self, identity: PodIdentity, rollout_watch: str, fleets: Sequence[Fleet]) -> None:
        """A binding wants a target group that is attached to a load balancer; pods want their rights from the start.

        Traffic waits for pods, since a load balancer sends a target group its share whether it has targets or not, and
        answers 503 for it.
        """
        self.workload.bind_after(self.load_balancer.ready)
        if identity.association is not None:
            self.workload.start_after(identity.association)
        for fleet in fleets:
            rollout = RolloutWait(
                self,
                f"Rollout-{fleet.name}",
                service_token=rollout_watch,
                namespace=self.workload.namespace,
                deployment=self.workload.rollouts[fleet.name],
                minimum=fleet.scaling.min,
            )
            rollout.node.add_dependency(self.workload.deployments[fleet.name])
            self.load_balancer.traffic.node.add_dependency(rollout)
        if self.load_balancer.records is not None:
            self.load_balancer.records.node.add_dependency(self.load_balancer.traffic)
