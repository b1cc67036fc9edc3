"""What a service answers to a request that it does not take."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Refusal:
    """An error of a service.

    Attributes:
        code: Its name for it, such as `ValidationException`.
        message: Its sentence.
    """

    code: str
    message: str
