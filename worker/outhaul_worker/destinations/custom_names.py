"""How a `custom.<name>` type is called at vendors that like names in snake case."""

import re

from outhaul_producers.types import CUSTOM_PREFIX

_SEPARATORS = re.compile(r"[._]+")


def snake_name(event_type: str) -> str:
    """The type in snake case: `custom.loyalty.tier_up` is `loyalty_tier_up`, `order.shipped` is `order_shipped`.

    Of a custom type without a letter or digit nothing is left.
    """
    return _SEPARATORS.sub("_", event_type.removeprefix(CUSTOM_PREFIX)).strip("_")
