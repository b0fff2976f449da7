"""Percentiles."""

from collections.abc import Sequence
from math import ceil


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` % of the values do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("expected values, got none")
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]
