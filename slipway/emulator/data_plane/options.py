"""What an invocation may ask for: what is out of bounds, or needs what no endpoint here has, is refused by name."""

from collections.abc import Mapping
from typing import Final

CUSTOM_ATTRIBUTES: Final = "x-amzn-sagemaker-custom-attributes"
INFERENCE_ID: Final = "x-amzn-sagemaker-inference-id"
#: Lengths in https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_LONGEST: Final = {CUSTOM_ATTRIBUTES: ("customAttributes", 1024), INFERENCE_ID: ("inferenceId", 64)}
_NOT_HERE: Final = {
    "x-amzn-sagemaker-target-model": "TargetModel: the endpoint is not a multi-model endpoint",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname: the endpoint runs one container",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName: the endpoint has no inference components",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations: the endpoint has no explainer",
    "x-amzn-sagemaker-session-id": "SessionId: the endpoint has no stateful sessions",
}
_OTHER_CALLS: Final = {
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
    "invocations-bidirectional-stream": "InvokeEndpointWithBidirectionalStream",
}


def refusal(headers: Mapping[str, str]) -> str | None:
    """Why a request is refused for its headers, None if it is not.

    Args:
        headers: Those of the request, with names in lower case.
    """
    for header, (name, longest) in _LONGEST.items():
        value = headers.get(header, "")
        constraint = f"1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must"
        if len(value) > longest:
            return f"{constraint} have length less than or equal to {longest}"
        if not value.isascii():
            return f"{constraint} satisfy regular expression pattern: \\p{{ASCII}}*"
    for header, why in _NOT_HERE.items():
        if header in headers:
            return f"{why}."
    return None


def other_call(path: str) -> str | None:
    """Why a call of the runtime API is refused that is no `InvokeEndpoint`, None for every other path."""
    match path.split("/"):
        case ["", "endpoints", endpoint, call] if call in _OTHER_CALLS:
            return (
                f"{_OTHER_CALLS[call]} is not supported by the embedded AWS; InvokeEndpoint is (endpoint {endpoint})."
            )
    return None
