"""Every private name of ministack, moto and kmock that the embedded AWS touches, in one place.

All are pinned exactly. `verify` says which name an upgrade has moved, at every start and in a test, so
that nothing here can go wrong silently. The names that are public, or that moto's own users subclass, are imported
here too: whoever upgrades a package has these few files to read.
"""

from kmock import KubernetesScaffold
from kmock import resource as KubernetesResource  # noqa: N812  it is a class
from ministack.app import app as ministack_app
from moto.applicationautoscaling.exceptions import AWSValidationException as AutoScalingValidation
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.models import applicationautoscaling_backends as scaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ValidationError as SageMakerValidation
from moto.sagemaker.models import FakeEndpointConfig, Model, SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from slipway.emulator.vendor.alarms import evaluate_alarms, has_metric, hold_alarms, published
from slipway.emulator.vendor.clusters import eks_cluster, has_k3s, know_every_access_entry_type, leave_out_layers
from slipway.emulator.vendor.custom_resources import shorten_waits
from slipway.emulator.vendor.kubernetes_data import kubernetes_resources, kubernetes_schemas
from slipway.emulator.vendor.load_balancers import answer_target_health, describe_weights, load_balancer
from slipway.emulator.vendor.resource_types import (
    add_attributes,
    add_resource_type,
    before_creation,
    check_properties,
    follow,
    run_in_threads,
    type_names,
)
from slipway.emulator.vendor.sagemaker import model_store
from slipway.emulator.vendor.stacks import refuse_what_is_in_use
from slipway.emulator.vendor.verification import VERSIONS, verify

__all__ = [
    "VERSIONS",
    "ActionResult",
    "ApplicationAutoScalingResponse",
    "ApplicationAutoscalingBackend",
    "AutoScalingValidation",
    "BaseResponse",
    "EmptyResult",
    "FakeEndpointConfig",
    "JsonRESTError",
    "KubernetesResource",
    "KubernetesScaffold",
    "Model",
    "Request",
    "SageMakerModelBackend",
    "SageMakerResponse",
    "SageMakerValidation",
    "add_attributes",
    "add_resource_type",
    "answer_target_health",
    "before_creation",
    "check_properties",
    "describe_weights",
    "eks_cluster",
    "evaluate_alarms",
    "follow",
    "has_k3s",
    "has_metric",
    "hold_alarms",
    "know_every_access_entry_type",
    "kubernetes_resources",
    "kubernetes_schemas",
    "leave_out_layers",
    "load_balancer",
    "ministack_app",
    "model_store",
    "published",
    "refuse_what_is_in_use",
    "run_in_threads",
    "sagemaker_backends",
    "scaling_backends",
    "shorten_waits",
    "type_names",
    "verify",
]
