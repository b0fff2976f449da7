"""Looking after subscriptions with the command."""

from integration.ops.console import Console
from integration.subscriptions.stories import draft, subscribe
from outhaul_ledger.ledger import Ledger


def test_subscriptions_are_listed_shown_and_removed(console: Console, ledger: Ledger) -> None:
    """With all that a person needs to know, and without a secret."""
    one, other = subscribe(ledger, draft("order.*", "custom.*"), draft("*", owner="okanjo:erp"))
    listed = console.json("subscriptions", "list")
    assert {each["subscription"]: each["types"] for each in listed} == {one: ["order.*", "custom.*"], other: ["*"]}
    assert [each["subscription"] for each in console.json("subscriptions", "list", "--owner", "okanjo:erp")] == [other]
    console.run("destinations", "pause", one, "--reason", "moving house")
    assert console.json("subscriptions", "show", one)["disabled"] == "moving house"
    shown = console.run("subscriptions", "show", one).stdout + console.run("subscriptions", "list").stdout
    assert "disabled: moving house" in shown
    assert "whsec_" not in shown
    assert console.json("subscriptions", "remove", one) == {"subscription": one, "removed": True}
    for command in ("show", "remove"):
        assert "outhaul subscriptions list" in console.run("subscriptions", command, one, status=1).stderr


def test_a_subscription_is_listed_among_the_destinations(console: Console, ledger: Ledger) -> None:
    """It is one, known like those of the file."""
    (name,) = subscribe(ledger, draft("order.*"))
    listed = {each["destination"]: each for each in console.json("destinations", "list")}
    assert (listed[name]["kind"], listed[name]["configured"], listed[name]["subscribe"]) == (
        "webhook",
        True,
        ["order.*"],
    )


def test_mistakes_in_the_table_of_subscriptions_are_found_with_the_others(console: Console) -> None:
    """By the command that checks the configuration."""
    path = console.folder / "destinations.toml"
    path.write_text(path.read_text() + '\n[subscriptions]\ndisable_afterr = "5d"\n')
    result = console.run("config", "check", status=1)
    assert "disable_after" in result.stdout + result.stderr
