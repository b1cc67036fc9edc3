"""What a configuration may say, and what it costs on a bad day: reported at synthesis, and accepted."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One thing that may be meant, and is worth to know.

    Attributes:
        key: The key of the environment that it is about.
        sentence: What happens, and what would be otherwise.
    """

    key: str
    sentence: str

    def __str__(self) -> str:
        """As it is reported, behind the file's name."""
        return f"{self.key}: {self.sentence}."
