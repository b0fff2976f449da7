"""`outhaul destinations test` against simulated vendors, and against endpoints that are not there or not right."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from outhaul_config.destinations import Destination
from outhaul_ops.cli import outhaul
from outhaul_ops.embedded import free_port
from outhaul_ops.simulators import Fate, Simulator
from outhaul_worker.destinations import registry
from outhaul_worker.destinations.webhook import Webhook
from receiver import Authority, Hang, Receiver, Redirect, Status

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
CREDENTIALS = ("simon-secret-word", "dre-secret-token", SECRET, SECRET.removeprefix("whsec_"), "rm-secret-key")
VENDORS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "cloudevents": ("url", 'secret = "${CREDENTIAL}"', {"secrets": (SECRET,)}),
    "datareshape": (
        "base_url",
        'script_id = "AB12CD34"\naccess_token = "${CREDENTIAL}"\ncurrency = "EUR"',
        {"script_id": "AB12CD34", "access_token": "dre-secret-token"},
    ),
    "okanjo": ("url", "", {}),
    "simon": (
        "base_url",
        'partner_id = "p-acme"\npartner_secret = "${CREDENTIAL}"',
        {"partner_id": "p-acme", "partner_secret": "simon-secret-word"},
    ),
    "webhook": ("url", 'secret = "${CREDENTIAL}"', {"secrets": (SECRET,)}),
}
"""Per kind that can be tried: the option that holds the address, further lines of its table, the simulated account."""

RIGHT = {"datareshape": "dre-secret-token", "simon": "simon-secret-word"}
OTHER = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty, with nothing of the outside in the environment but a credential."""
    for name in ("CONFIG", "LEDGER_URL", "BROKER_URL", "DESTINATIONS", "TRANSPORT"):
        monkeypatch.delenv(f"OUTHAUL_{name}", raising=False)
    monkeypatch.setenv("CREDENTIAL", SECRET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A scripted endpoint; ok unless told otherwise."""
    with Receiver() as running:
        yield running


def configure(kind: str, url: str, lines: str = "allow_private_addresses = true") -> None:
    """Write a destination called `tried` of the kind, beside one that is wrong."""
    address, more, _ = VENDORS[kind]
    Path("destinations.toml").write_text(
        f'[destinations.tried]\nkind = "{kind}"\n{address} = "{url}"\nsubscribe = ["*"]\n{more}\n{lines}\n'
        '[destinations.other]\nkind = "webhook"\nsecret = "${NO_SUCH_VARIABLE}"\n'
    )


def run(*arguments: str, status: int = 0) -> Result:
    """Run the command; no credential is ever in what it says."""
    result = CliRunner().invoke(outhaul, ["destinations", "test", "tried", *arguments])
    assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
    assert not any(secret in result.output for secret in CREDENTIALS)
    return result


def as_json(status: int = 0) -> dict[str, Any]:
    """Run the command with --json and return what it printed."""
    told: dict[str, Any] = orjson.loads(run("--json", status=status).stdout)
    return told


@pytest.mark.parametrize("kind", VENDORS)
def test_a_vendor_that_accepts_is_told_as_such(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor has seen one request with the right credentials and keeps nothing that counts."""
    monkeypatch.setenv("CREDENTIAL", RIGHT.get(kind, SECRET))
    with Simulator.start(kind, **VENDORS[kind][2]) as vendor:
        configure(kind, vendor.url)
        told = as_json()
        assert (told["outcome"], told["status"], told["fault"], told["warnings"]) == ("accepted", 200, None, [])
        assert told["explanation"].startswith("The endpoint was reached and accepts the request")
        assert vendor.url in told["sent"]
        (entry,) = vendor.record.entries()
        assert entry.fate in (Fate.NOT_STORED, Fate.STORED)
        assert "accepted" in run().stdout


@pytest.mark.parametrize("kind", ["datareshape", "simon", "webhook"])
def test_refused_credentials_are_named_with_the_variable_to_look_at(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """401 is explained with the options that hold the credentials, whatever the kind's own reading of it is."""
    monkeypatch.setenv("CREDENTIAL", OTHER)
    with Simulator.start(kind, **VENDORS[kind][2]) as vendor:
        configure(kind, vendor.url)
        told = as_json(status=1)
        assert (told["outcome"], told["status"]) == ("refused", 401)
        assert "refuses the credentials" in told["explanation"]
        assert "(from CREDENTIAL)" in told["explanation"]
        assert OTHER not in run(status=1).output


def test_what_the_vendor_says_of_a_refused_request_is_shown() -> None:
    """DATA Reshape's own words say what to mend: here the name of an event that the account does not have."""
    kind, account = "datareshape", VENDORS["datareshape"][2]
    with Simulator.start(kind, **{**account, "access_token": SECRET, "names": ("login",)}) as vendor:
        configure(kind, vendor.url)
        told = as_json(status=1)
        assert (told["outcome"], told["status"]) == ("refused", 400)
        assert "product_viewed" in told["answer"]
        assert "product_viewed" in run(status=1).stdout


def test_an_endpoint_that_is_not_there_is_unreachable() -> None:
    """Nothing was sent, and what to look at is said."""
    configure("webhook", f"http://127.0.0.1:{free_port()}")
    told = as_json(status=1)
    assert (told["outcome"], told["fault"], told["status"]) == ("unanswered", "connect", None)
    assert "nobody takes connections there" in told["explanation"]


def test_a_host_nobody_knows_is_told_by_its_name() -> None:
    """The name server's answer is the reason; the spelling is what to look at."""
    configure("webhook", "https://hooks.invalid/in")
    told = as_json(status=1)
    assert (told["outcome"], told["fault"]) == ("unanswered", "dns")
    assert "hooks.invalid" in told["reason"]


def test_a_certificate_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """The transport is the workers', so it trusts whom they trust."""
    with Receiver(tls=Authority(tmp_path).server_context("127.0.0.1")) as receiver:
        configure("webhook", receiver.url)
        told = as_json(status=1)
        assert (told["outcome"], told["fault"], receiver.count) == ("unanswered", "tls", 0)
        assert "certificate" in told["reason"]
        assert "cannot be switched off" in told["explanation"]


def test_an_address_that_is_not_public_is_told_with_the_option_that_allows_it(receiver: Receiver) -> None:
    """Nothing is sent there; the same destination with the option works."""
    configure("webhook", receiver.url, lines="")
    told = as_json(status=1)
    assert (told["outcome"], told["fault"], receiver.count) == ("unanswered", "blocked_address", 0)
    assert "allow_private_addresses = true" in told["explanation"]
    configure("webhook", receiver.url)
    assert as_json()["outcome"] == "accepted"


def test_an_endpoint_that_is_too_slow_is_told_with_the_limit(receiver: Receiver) -> None:
    """The limit is the destination's own."""
    receiver.always(Hang())
    configure(
        "webhook", receiver.url, 'allow_private_addresses = true\ntimeout = { connect = "200ms", total = "300ms" }'
    )
    told = as_json(status=1)
    assert (told["outcome"], told["fault"]) == ("unanswered", "read_timeout")
    assert "0.3 s (timeout.total)" in told["explanation"]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Redirect("https://new.example/in?key=opensesame"), "at https://new.example"),
        (Status(404), "knows nothing at this address"),
        (Status(410), "gone for good"),
        (Status(503), "fault of its own"),
        (Status(400, b"unknown type"), "What it says tells why"),
    ],
)
def test_other_answers_are_explained(receiver: Receiver, behaviour: Status, words: str) -> None:
    """Also those that a delivery would be tried again after: here they are a refusal."""
    receiver.always(behaviour)
    configure("webhook", receiver.url)
    told = as_json(status=1)
    assert (told["outcome"], told["status"]) == ("refused", behaviour.code)
    assert words in told["explanation"]
    assert "opensesame" not in run(status=1).output


def test_what_an_endpoint_says_is_shown_redacted_and_harmless(receiver: Receiver) -> None:
    """It may repeat the request, name people, and try to write to the terminal."""
    receiver.always(Status(400, f"mara@shop.example \x1b[31m {SECRET}".encode()))
    configure("webhook", receiver.url)
    told = run(status=1).stdout
    assert "mara@shop.example" not in told
    assert "\x1b" not in told


def test_the_path_of_an_address_is_not_shown(receiver: Receiver) -> None:
    """Some endpoints take the credential there."""
    configure("webhook", f"{receiver.url}/hooks/opensesame")
    assert "opensesame" not in run().output
    assert receiver.requests[0].path == "/hooks/opensesame"


def test_a_vendor_without_a_harmless_request_is_not_tried(folder: Path) -> None:
    """Nothing is sent and the exit status is no success; what to do in its place is said."""
    (folder / "destinations.toml").write_text(
        '[destinations.tried]\nkind = "remarkety"\nstore_id = "A"\napi_key = "rm-secret-key"\nsubscribe = ["*"]\n'
    )
    told = as_json(status=1)
    assert (told["outcome"], told["sent"]) == ("not_applicable", None)
    assert 'destinations=["tried"]' in told["explanation"]
    assert "not applicable" in run(status=1).stdout


def test_a_kind_that_breaks_is_a_message(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind may be anybody's code; its bug is told without a traceback and without its secrets."""

    def broken(*_: object) -> None:
        raise LookupError(f"no such key {SECRET}")

    monkeypatch.setattr(Webhook, "trial", broken)
    configure("webhook", receiver.url)
    assert "the kind webhook broke while tried was tried: LookupError: " in run(status=1).stderr


class Plain:
    """A kind without the optional part."""

    name = "webhook"
    options = Webhook.options
    policy = Webhook.policy
    serialise = request = classify = None

    def __init__(self, destination: Destination) -> None:
        pass


def test_a_kind_that_cannot_be_tried_is_told(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is optional for a kind."""
    monkeypatch.setattr(registry, "_BUILT_IN", (Plain,))
    configure("webhook", receiver.url)
    assert as_json(status=1)["reason"] == "the kind webhook has no request for it"


def test_a_destination_nobody_knows_is_refused_with_the_nearest(receiver: Receiver) -> None:
    """And a mistake in the destination's own table is told like everywhere."""
    configure("webhook", receiver.url)
    unknown = CliRunner().invoke(outhaul, ["destinations", "test", "tryed"])
    assert (unknown.exit_code, 'did you mean "tried"?' in unknown.stderr) == (1, True)
    wrong = CliRunner().invoke(outhaul, ["destinations", "test", "other"])
    assert (wrong.exit_code, "NO_SUCH_VARIABLE" in wrong.stderr) == (1, True)
