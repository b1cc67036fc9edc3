"""Which variants get more of the traffic than before, by the weights of a listener's rule."""

from fractions import Fraction


def gained(before: str | None, after: str) -> list[str]:
    """The variants with a larger share, but for the first, which has what the others leave.

    Taking traffic back to the first variant waits for nothing.

    Args:
        before: The weights before the change, such as `main=90,candidate=10`; None if there was no other variant.
        after: Those after it.
    """
    shares = _shares(after)
    stable = next(iter(shares))
    old = _shares(before) if before else {stable: Fraction(1)}
    return [name for name, share in shares.items() if name != stable and share > old.get(name, 0)]


def _shares(weights: str) -> dict[str, Fraction]:
    numbers = {name: int(weight) for name, _, weight in (each.partition("=") for each in weights.split(","))}
    whole = sum(numbers.values())
    return {name: Fraction(weight, whole) for name, weight in numbers.items()}
