"""What carries a commit through several accounts, and what lets it look at what it deployed."""

from inference_constructs.pipeline.artifact_store import ArtifactStore
from inference_constructs.pipeline.model_approval_trigger import ApprovedModelPromotion
from inference_constructs.pipeline.model_approval_triggers import Promotions
from inference_constructs.pipeline.notifications import PipelineTopic
from inference_constructs.pipeline.operations_role import OperationsRole
from inference_constructs.pipeline.protection_role import ProtectionRole
from inference_constructs.pipeline.source import PipelineSource
from inference_constructs.pipeline.steps import OperationsSteps

__all__ = [
    "ApprovedModelPromotion",
    "ArtifactStore",
    "OperationsRole",
    "OperationsSteps",
    "PipelineSource",
    "PipelineTopic",
    "Promotions",
    "ProtectionRole",
]
