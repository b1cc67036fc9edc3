"""Serves models as pods on Amazon EKS behind an application load balancer. Needs the extra `eks` of the library.

The stub beside this file lists the names of most use and where they come from; they are imported when they are used.
"""

import importlib.machinery
import importlib.util

import lazy_loader


def _missing() -> list[str]:
    """Return which packages of the extra are not installed, without importing the CDK to find out."""
    cdk = importlib.util.find_spec("aws_cdk")
    beside = cdk.submodule_search_locations if cdk else None
    specs = {
        "cdk8s": importlib.util.find_spec("cdk8s"),
        "cdk8s-plus-33": importlib.util.find_spec("cdk8s_plus_33"),
        "aws-cdk-lambda-layer-kubectl-v35": importlib.machinery.PathFinder.find_spec(
            "aws_cdk.lambda_layer_kubectl_v35", beside
        ),
    }
    return [name for name, spec in specs.items() if spec is None]


if missing := ", ".join(_missing()):
    raise ImportError(f"inference_constructs.eks needs {missing}: pip install 'inference-constructs[eks]'")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
