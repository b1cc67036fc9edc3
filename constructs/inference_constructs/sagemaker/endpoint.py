"""A SageMaker real-time endpoint."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch, aws_ec2, aws_iam, aws_logs, aws_sagemaker
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.encryption_key import EncryptionKey
from inference_constructs.common.retention import Retention
from inference_constructs.config import DataCapture, EndpointMetrics, Objectives, Rollout
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.sagemaker.alarms import VariantAlarms
from inference_constructs.sagemaker.captured_data import CapturedData
from inference_constructs.sagemaker.configuration_version import version_of
from inference_constructs.sagemaker.deployment_config import update_properties
from inference_constructs.sagemaker.endpoint_base import MAIN_VARIANT, EndpointBase, endpoint_name_in
from inference_constructs.sagemaker.endpoint_config import metrics_config, variant_config
from inference_constructs.sagemaker.execution_role import ExecutionRole
from inference_constructs.sagemaker.metrics import VariantMetrics
from inference_constructs.sagemaker.model import HostedModel
from inference_constructs.sagemaker.network import Egress, EndpointNetwork
from inference_constructs.sagemaker.rollback_alarms import RollbackAlarms
from inference_constructs.sagemaker.scaling import VariantScaling
from inference_constructs.sagemaker.variant import Variant


class SageMakerEndpoint(EndpointBase):
    """Models, endpoint configuration and endpoint, with scaling, alarms and guarded updates.

    The endpoint's name is given: callers know it, and a literal name keeps alarms that name the endpoint free of a
    dependency cycle. Models and configurations are immutable, so they are never named: a change makes new ones. What
    SageMaker reads only with an update makes a new configuration too, since it rejects an update to the one in use.

    Attributes:
        endpoint_config_name: The configuration that this template deploys, to compare with what is live.
        execution_role: What SageMaker assumes.
        captured_data: Where requests and answers are kept, None if they are not. `grant_read` lets people read them.
        alarms: Every alarm that notifies somebody.
        rollback_alarms: The alarms that roll an update back.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        variants: Sequence[Variant],
        vpc: aws_ec2.IVpc,
        objectives: Objectives | None = None,
        rollout: Rollout | None = None,
        shadow: Variant | None = None,
        data_capture: DataCapture | None = None,
        egress: Egress = "none",
        metrics: EndpointMetrics | None = None,
        alarm_settings: AlarmSettings | None = None,
        retention: Retention | None = None,
    ) -> None:
        """Create the endpoint.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: 1 to 63 letters, digits and single hyphens, unique in the account and region.
            variants: What shares the traffic, up to 10.
            vpc: Its isolated subnets, or its private ones, in at least two zones hold the containers' interfaces.
            objectives: What is promised; alarms derive from it. Default: nothing.
            rollout: How a new version takes over. Default: all at once.
            shadow: What gets a copy of the traffic of the one production variant. Default: nothing.
            data_capture: Which requests and answers to keep. Default: none.
            egress: What containers reach: nothing; S3 and the endpoints of the VPC; or the internet too, by the private
                subnets' NAT gateways. Default: nothing.
            metrics: What is published besides the standard metrics, and how often. Default: nothing, every minute.
            alarm_settings: Who is notified of alarms, and how they are named. Default: nobody is notified, and
                CloudFormation names them.
            retention: How volumes, logs and captured data are encrypted, and how long logs and data are kept. Default:
                a new key with rotation, three months, and everything is retained when the stack is deleted.
        """
        main = next((variant.name for variant in variants), MAIN_VARIANT)
        super().__init__(scope, construct_id, endpoint_name=endpoint_name, variant_name=main)
        self._variants = tuple(variants)
        self._shadow = shadow
        self._fleet = (*self._variants, *([shadow] if shadow else []))
        retention = retention or Retention(
            encryption_key=EncryptionKey(self, "Key", alias=f"endpoint/{endpoint_name}").key
        )
        self._volume_key = retention.encryption_key if self._takes_a_volume_key() else None
        objectives = objectives or Objectives()
        rollout = rollout or Rollout()
        alarm_settings = alarm_settings or AlarmSettings()

        # Of serverless endpoints AWS documents no such configuration.
        self._metrics = None if self._serverless else metrics or EndpointMetrics()
        self._isolated = egress == "none"

        logs = self._create_log_group(retention)
        network = EndpointNetwork(self, "Network", endpoint_name=endpoint_name, vpc=vpc, internet=egress == "internet")
        capture = self._create_captured_data(data_capture, retention)
        self._version = self._configuration_version(network, capture, objectives, rollout)
        role = self._create_execution_role(network, logs, capture)
        models = [self._create_model(variant, role, network) for variant in self._fleet]
        config = self._create_config(models, capture)
        rollback = self._create_rollback_alarms(config.attr_endpoint_config_name, objectives, alarm_settings)
        endpoint = self._create_endpoint(config, rollout, rollback)
        endpoint.node.add_dependency(logs)
        self._create_scaling(endpoint)

        self.execution_role: aws_iam.IRole = role.role
        self.endpoint_config_name = config.attr_endpoint_config_name
        self.captured_data = capture
        self.rollback_alarms = rollback
        self.alarms = self._create_alarms(objectives, alarm_settings)

    @classmethod
    def from_endpoint_name(
        cls, scope: Construct, construct_id: str, *, endpoint_name: str, variant_name: str = MAIN_VARIANT
    ) -> EndpointBase:
        """Refer to an endpoint of the stack's account and region that is created elsewhere.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: Its name.
            variant_name: The variant whose metrics `metric_…` are. Default: `main`.
        """
        return EndpointBase(scope, construct_id, endpoint_name=endpoint_name, variant_name=variant_name)

    @classmethod
    def from_endpoint_arn(
        cls, scope: Construct, construct_id: str, *, endpoint_arn: str, variant_name: str = MAIN_VARIANT
    ) -> EndpointBase:
        """Refer to an endpoint that is created elsewhere, maybe in another account or region.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_arn: Its ARN.
            variant_name: The variant whose metrics `metric_…` are. Default: `main`.

        Raises:
            ValueError: It is no ARN of an endpoint.
        """
        name = endpoint_name_in(scope, endpoint_arn)
        return EndpointBase(
            scope, construct_id, endpoint_name=name, endpoint_arn=endpoint_arn, variant_name=variant_name
        )

    @property
    def _serverless(self) -> bool:
        return any(variant.compute.serverless is not None for variant in self._variants)

    def _takes_a_volume_key(self) -> bool:
        """Hardware encrypts local NVMe storage, and a configuration that names a key for it is refused as a whole."""
        kinds = [variant.compute.instances for variant in self._fleet]
        return all(kinds) and not any(each.family.local_nvme for instances in kinds for each in instances)

    def _configuration_version(
        self, network: EndpointNetwork, capture: CapturedData | None, objectives: Objectives, rollout: Rollout
    ) -> str:
        return version_of(
            self,
            variants=self._variants,
            shadow=self._shadow,
            subnet_ids=network.subnet_ids,
            volume_key_arn=self._volume_key.key_arn if self._volume_key else None,
            capture=capture,
            metrics=self._metrics,
            isolated=self._isolated,
            objectives=None if self._serverless else objectives,
            update=update_properties(self._variants, rollout),
        )

    def _create_log_group(self, retention: Retention) -> aws_logs.LogGroup:
        """SageMaker would make this very group, unencrypted and for ever."""
        return retention.named_log_group(self, "Logs", log_group_name=f"/aws/sagemaker/Endpoints/{self.endpoint_name}")

    def _create_captured_data(self, capture: DataCapture | None, retention: Retention) -> CapturedData | None:
        if capture is None:
            return None
        return CapturedData(self, "CapturedData", capture=capture, retention=retention)

    def _create_execution_role(
        self, network: EndpointNetwork, logs: aws_logs.ILogGroup, capture: CapturedData | None
    ) -> ExecutionRole:
        return ExecutionRole(
            self,
            "ExecutionRole",
            version=self._version,
            variants=self._fleet,
            network=network,
            log_group=logs,
            volume_key=self._volume_key,
            capture=capture,
        )

    def _create_model(self, variant: Variant, role: ExecutionRole, network: EndpointNetwork) -> HostedModel:
        return HostedModel(
            self, f"Model-{variant.name}", variant=variant, role=role, network=network, isolated=self._isolated
        )

    def _create_config(
        self, models: Sequence[HostedModel], capture: CapturedData | None
    ) -> aws_sagemaker.CfnEndpointConfig:
        described = [
            variant_config(variant, model.model_name) for variant, model in zip(self._fleet, models, strict=True)
        ]
        config = aws_sagemaker.CfnEndpointConfig(
            self,
            f"Config-{self._version}",
            kms_key_id=self._volume_key.key_arn if self._volume_key else None,
            production_variants=described[: len(self._variants)],
            shadow_production_variants=described[len(self._variants) :] or None,
            data_capture_config=capture.config() if capture else None,
            metrics_config=metrics_config(self._metrics) if self._metrics else None,
        )
        if self._volume_key is None:
            reason = "local NVMe storage is encrypted by the hardware, and serverless has no volume: a key is refused"
            acknowledge(
                config, {"NIST.800.53.R5::NIST.800.53.R5-SageMakerEndpointConfigurationKMSKeyConfigured": reason}
            )
        return config

    def _create_rollback_alarms(
        self, endpoint_config_name: str, objectives: Objectives, settings: AlarmSettings
    ) -> tuple[aws_cloudwatch.Alarm, ...]:
        metrics = [
            VariantMetrics(
                endpoint_name=self.endpoint_name,
                variant_name=variant.name,
                endpoint_config_name=endpoint_config_name,
            )
            for variant in self._variants
            if not self._serverless
        ]
        # New alarms for a new fleet: changed in place, they would start with the state that the old fleet left them in.
        return RollbackAlarms(
            self,
            f"RollbackAlarms-{self._version}",
            metrics=metrics,
            objectives=objectives,
            runbook_base_url=settings.runbook_base_url,
        ).alarms

    def _create_endpoint(
        self,
        config: aws_sagemaker.CfnEndpointConfig,
        rollout: Rollout,
        rollback_alarms: Sequence[aws_cloudwatch.Alarm],
    ) -> aws_sagemaker.CfnEndpoint:
        return aws_sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=self.endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
            **update_properties(self._variants, rollout, rollback_alarms),
        )

    def _create_scaling(self, endpoint: aws_sagemaker.CfnEndpoint) -> None:
        for variant in self._variants:
            if variant.scaling.registered and variant.instance is not None:
                VariantScaling(
                    self,
                    f"Scaling-{variant.name}",
                    endpoint_name=endpoint.attr_endpoint_name,
                    metrics=self.metrics(variant.name),
                    instance=variant.instance,
                    scaling=variant.scaling,
                )

    def _create_alarms(self, objectives: Objectives, settings: AlarmSettings) -> tuple[aws_cloudwatch.Alarm, ...]:
        return tuple(
            alarm
            for variant in self._variants
            for alarm in VariantAlarms(
                self,
                f"Alarms-{variant.name}",
                metrics=self.metrics(variant.name),
                objectives=objectives,
                instances=variant.compute.instances,
                settings=settings,
            ).alarms
        )
