"""Which formats a request comes in and its answer goes out in: Content-Type and Accept (RFC 9110, section 12.5.1)."""

from .errors import RequestError

JSON = "application/json"
CSV = "text/csv"
SUPPORTED = (JSON, CSV)
_CHARSETS = {"utf-8", "utf8", "us-ascii", "ascii"}


def request_type(content_type: str | None, content_encoding: str | None) -> str:
    """Return the body's media type, without parameters.

    Raises:
        RequestError: 415 for a type, character set or compression that is not served.
    """
    encoding = (content_encoding or "identity").strip().lower()
    if encoding != "identity":
        raise _unsupported(f"Content-Encoding is {encoding[:40]}; send the body uncompressed.")
    if content_type is None:
        raise _unsupported(f"Content-Type is missing; {JSON} or {CSV} is expected.")
    media_type, parameters = _split(content_type)
    if media_type not in SUPPORTED:
        raise _unsupported(f'Content-Type is "{media_type[:80]}"; {JSON} or {CSV} is expected.')
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in _CHARSETS:
        raise _unsupported(f'The charset is "{charset[:40]}"; utf-8 is expected.')
    return media_type


def response_type(accept: str | None, requested: str) -> str:
    """Return the answer's media type: the one the caller likes best, the request's own among equals.

    Args:
        accept: The `Accept` header, `None` if there is none.
        requested: The request's own media type.

    Raises:
        RequestError: 406 if the caller accepts neither JSON nor CSV.
    """
    if accept is None or not accept.strip():
        return requested
    ranges = [_split(part) for part in accept.split(",") if part.strip()]
    offered = sorted(SUPPORTED, key=lambda media_type: media_type != requested)
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))
    if _quality(best, ranges) <= 0:
        raise RequestError(406, "not_acceptable", f'Accept is "{accept[:80]}"; {JSON} or {CSV} can be answered.')
    return best


def _unsupported(message: str) -> RequestError:
    return RequestError(415, "unsupported_media_type", message)


def _split(header: str) -> tuple[str, dict[str, str]]:
    media_type, *rest = header.split(";")
    parameters = {}
    for parameter in rest:
        name, _, value = parameter.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    return media_type.strip().lower(), parameters


def _quality(media_type: str, ranges: list[tuple[str, dict[str, str]]]) -> float:
    """Return how much a caller likes a type, 0 to 1: the most specific range that covers it decides."""
    family = media_type.partition("/")[0] + "/*"
    for covering in (media_type, family, "*/*"):
        for accepted, parameters in ranges:
            if accepted == covering:
                return _weight(parameters.get("q", "1"))
    return 0.0


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
