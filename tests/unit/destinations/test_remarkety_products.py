"""Products as Remarkety gets them: what is derived and what is refused."""

from typing import Any

import orjson
import pytest

from unit.destinations.canonical import (
    PLAIN_PRODUCT,
    PRODUCT,
    SAMPLES,
    event,
    without,
)
from unit.destinations.to_remarkety import body_of, payload_of, refused_field


def test_a_deleted_product_is_one_that_is_no_longer_for_sale() -> None:
    """Remarkety cannot delete; it stops recommending what does not exist."""
    payload = payload_of(SAMPLES["product.deleted"])
    body = orjson.loads(payload.body)
    assert payload.headers["x-event-type"] == "products/update"
    assert body["product_exists"] is False
    assert body["variants"][0]["inventory_quantity"] == 0


@pytest.mark.parametrize(("published", "exists"), [(None, True), (True, True), (False, False)])
def test_an_unpublished_product_is_not_for_sale(published: bool | None, exists: bool) -> None:
    """What the shop hides is not recommended."""
    product = PLAIN_PRODUCT if published is None else {**PLAIN_PRODUCT, "published": published}
    assert body_of(event("product.updated", product=product))["product_exists"] is exists


def test_a_product_without_variants_is_its_own_only_variant() -> None:
    """At least one variant is mandatory; it repeats the product."""
    [only] = body_of(event("product.updated", product=PLAIN_PRODUCT, currency="EUR"))["variants"]
    assert (only["id"], only["product_id"], only["sku"], only["title"]) == ("P-12", "P-12", "P-12", "Bowl")
    assert (only["barcode"], only["currency"]) == ("4006381333948", "EUR")


def test_variants_inherit_what_is_common_and_nothing_that_identifies_one() -> None:
    """Two variants never share a stock number or barcode that was the product's."""
    red, blue = body_of(event("product.updated", product=PRODUCT))["variants"]
    assert (red["sku"], blue["sku"]) == ("MUG-R", "P-9-B")
    assert (red["title"], blue["title"]) == ("red", "Mug, blue")
    assert (red["price"], blue["price"]) == (8.5, 8.5)
    assert blue["image"] == "https://cdn.shop.example/mug-blue.jpg"
    assert "barcode" not in red
    assert "barcode" not in blue


@pytest.mark.parametrize(
    ("product", "path"),
    [
        (without(PRODUCT, "created_at"), "product.created_at"),
        (without(PRODUCT, "brand"), "product.brand"),
        ({**PRODUCT, "brand": ""}, "product.brand"),
        (without(PRODUCT, "url"), "product.url"),
        (without(PRODUCT, "image", "images"), "product.image"),
        (without(PRODUCT, "variants", "inventory_quantity"), "product.inventory_quantity"),
        (
            {**without(PRODUCT, "inventory_quantity"), "variants": [PRODUCT["variants"][0], {"variant_id": "b"}]},
            "product.variants[1].inventory_quantity",
        ),
    ],
)
def test_a_product_that_lacks_something_mandatory_is_refused_by_path(product: dict[str, Any], path: str) -> None:
    """The catalogue at Remarkety never gets guessed values."""
    assert refused_field(event("product.updated", product=product)) == path
