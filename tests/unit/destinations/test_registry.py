"""Finding the kinds, those of other packages included."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from outhaul_config.destinations import KindSpec
from outhaul_worker.destinations.registry import GROUP, BrokenKind, kind_specs, kinds

PAGES = Path(__file__).parents[3] / "docs" / "destinations"
KIND = """
from marshmallow import Schema
from outhaul_config.policy import Policy
from outhaul_worker.destinations.webhook import Webhook

class Acme(Webhook):
    name = "acme"

class Nameless(Webhook):
    name = "other"

class Optionless(Acme):
    options = None

class Lawless(Acme):
    policy = None

class Mute:
    name, options, policy = "acme", Schema, Policy()

    def classify(self, answer): ...

def function(): ...
"""

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a package `acme-outhaul` that announces one kind: its name and the object it points to."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_kind", raising=False)
    (tmp_path / "acme_kind.py").write_text(KIND)

    def announce(name: str, target: str) -> None:
        metadata = tmp_path / "acme_outhaul-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-outhaul\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {target}\n")

    return announce


def test_the_built_in_kinds_are_always_there() -> None:
    """A fresh installation can send to every vendor there is a page about, and to any webhook."""
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert set(kinds()) == pages


def test_the_configuration_learns_options_and_policy_of_every_kind() -> None:
    """Reading `destinations.toml` needs nothing else of a kind."""
    assert kind_specs() == {name: KindSpec(name, kind.options, kind.policy) for name, kind in kinds().items()}


def test_a_kind_of_another_package_is_found_by_its_entry_point(install: Install) -> None:
    """Adding a destination kind takes no change to Outhaul."""
    install("acme", "acme_kind:Acme")
    assert kinds()["acme"].name == "acme"
    assert set(kind_specs()) > {"acme", "remarkety", "webhook"}


@pytest.mark.parametrize(
    ("name", "target", "problem"),
    [
        ("acme", "acme_kind:Missing", "cannot be imported: AttributeError"),
        ("acme", "acme_nowhere:Acme", "cannot be imported: ModuleNotFoundError: No module named 'acme_nowhere'"),
        ("acme", "acme_kind:function", "expected a class, got function"),
        ("acme", "acme_kind:Nameless", "expected the class attribute name = 'acme', got 'other'"),
        ("acme", "acme_kind:Optionless", "options to be a marshmallow Schema class"),
        ("acme", "acme_kind:Lawless", "policy to be an outhaul_config.policy.Policy"),
        ("acme", "acme_kind:Mute", "expected the methods serialise, request"),
        ("webhook", "acme_kind:Acme", "this name is taken by another kind"),
    ],
)
def test_a_broken_kind_is_named_with_its_package_and_what_to_do(
    install: Install, name: str, target: str, problem: str
) -> None:
    """An operator learns which package to update or remove, not just that something failed."""
    install(name, target)
    with pytest.raises(BrokenKind) as broken:
        kinds()
    message = str(broken.value)
    assert message.startswith(f"destination kind {name!r} of acme-outhaul ({target}, entry point group {GROUP}): ")
    assert problem in message
    assert message.endswith("Update or uninstall acme-outhaul.")
    assert broken.value.kind == name
