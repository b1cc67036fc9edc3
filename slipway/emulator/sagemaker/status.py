"""What runs behind the endpoints, beyond what SageMaker's API tells: processes, ports, checksums."""

from typing import Any

from slipway.emulator.sagemaker.endpoints import Endpoints


def describe(endpoints: Endpoints) -> dict[str, Any]:
    """Every endpoint's servers, as JSON tells it."""
    return {
        "endpoints": {
            endpoint.endpoint_name: [
                {
                    "variant": instance.variant,
                    "configuration": fleet.config_name,
                    "port": instance.server.port,
                    "pid": instance.server.pid,
                    "restarts": instance.server.restarts,
                    "artifact": instance.artifact.url if instance.artifact else None,
                    "sha256": instance.artifact.sha256 if instance.artifact else None,
                    "log": str(instance.server.launch.log),
                }
                for fleet in endpoint.fleets
                for instance in fleet.instances
            ]
            for endpoint in endpoints.all()
        }
    }
