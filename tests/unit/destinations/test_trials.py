"""Trying a destination without harm: what each kind sends for it, judged by simulated vendors."""

from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from outhaul_ops.simulators.exchange import Call, Judgement
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.registry import simulated
from outhaul_worker.destinations.contract import Meaning, Moment, NotApplicable, Triable, Trial
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.exchange import Answer
from unit.destinations.configured import OTHER_SECRET, SHARED_SECRET, built, destination

NOW = 1_763_600_000.25
ACCOUNTS: dict[str, dict[str, Any]] = {
    "cloudevents": {"secrets": (SHARED_SECRET,)},
    "datareshape": {"script_id": "AB12CD34", "access_token": "dre-secret-token"},
    "okanjo": {},
    "simon": {"partner_id": "p-acme", "partner_secret": "simon-secret-word"},
    "webhook": {"secrets": (SHARED_SECRET,)},
}
"""Of the kinds that can be tried, the simulated account that fits the example destination."""

RECEIVERS = {"cloudevents", "webhook"}
"""Kinds whose endpoint is anybody's program: it takes the event, and knows by its type that nothing is to be done."""


def trial(kind: str, **options: Any) -> Trial:
    """The trial of a destination of a kind that can be tried."""
    made = trial_or_reason(kind, **options)
    assert isinstance(made, Trial)
    return made


def trial_or_reason(kind: str, **options: Any) -> Trial | NotApplicable:
    """What a kind says when it is to be tried."""
    made = built(kind, **options)
    assert isinstance(made, Triable)
    return made.trial(Moment(NOW, 1))


def judged(kind: str, made: Trial) -> Judgement:
    """What the simulated vendor of the kind makes of a trial."""
    target = urlsplit(made.request.url)._replace(scheme="", netloc="").geturl()
    call = Call("POST", target, dict(made.request.headers), made.request.body, NOW)
    return simulated(kind).build(ACCOUNTS[kind]).judge(call)


def read(made: Trial, judgement: Judgement) -> Meaning:
    """How the trial reads the vendor's answer."""
    return made.read(Answer(status=judgement.reply.status, body=judgement.reply.body)).meaning


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_can_be_tried_or_says_why_not(kind: str) -> None:
    """Nobody is left without an answer, and a kind that is added has to decide."""
    made = trial_or_reason(kind)
    if isinstance(made, NotApplicable):
        assert made.reason
    assert isinstance(made, Trial) is (kind in ACCOUNTS)


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_the_vendor_accepts_the_trial_and_nothing_comes_of_it(kind: str) -> None:
    """A vendor answers yes and keeps nothing; a receiver of anybody gets an event that says it is a test."""
    made = trial(kind)
    judgement = judged(kind, made)
    assert read(made, judgement) is Meaning.DELIVERED, judgement.reason
    assert judgement.fate is (Fate.STORED if kind in RECEIVERS else Fate.NOT_STORED), judgement.reason


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_a_trial_is_about_nobody_and_reads_as_a_test(kind: str) -> None:
    """Whoever finds it among his data sees what it was."""
    made = trial(kind)
    assert b"email" not in made.request.body
    assert b"test" in made.request.body
    assert made.request.url.startswith("https://")


@pytest.mark.parametrize(
    ("kind", "option"), [("datareshape", "access_token"), ("simon", "partner_secret"), ("webhook", "secret")]
)
def test_a_wrong_credential_is_found_by_a_trial(kind: str, option: str) -> None:
    """The trial authenticates itself like every other request, so it fails like them."""
    made = trial(kind, **{option: OTHER_SECRET})
    judgement = judged(kind, made)
    assert judgement.reply.status == 401
    assert read(made, judgement) is not Meaning.DELIVERED


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_no_credential_is_in_the_words_of_a_trial(kind: str) -> None:
    """What was sent is told to people, and may end in a ticket."""
    made = trial(kind)
    assert not any(secret in f"{made.sends} {made.caveat}" for secret in destination(kind).secrets())


def test_datareshape_is_tried_at_its_test_address_whatever_is_configured() -> None:
    """Both the address and the environment say so, and the answer "not processed" is the right one."""
    for test in ("off", "path", "environment"):
        made = trial("datareshape", test=test)
        assert urlsplit(made.request.url).path == "/webhooks/reshape/event/test"
        assert orjson.loads(made.request.body)["context"]["environment"] == "dev"
        assert read(made, judged("datareshape", made)) is Meaning.DELIVERED


def test_datareshape_is_tried_with_a_name_that_the_account_has() -> None:
    """A name that is not set up would be refused, though nothing else is wrong."""
    assert orjson.loads(trial("datareshape").request.body)["event"]["name"] == "product_viewed"
    few = trial("datareshape", events=["lead_created", "login"])
    assert orjson.loads(few.request.body)["event"]["name"] == "lead_created"
    assert read(few, judged("datareshape", few)) is Meaning.DELIVERED


@pytest.mark.parametrize(
    ("environment", "host", "caveat"),
    [
        ("production", "staging.simonsignal.com", True),
        ("staging", "staging.simonsignal.com", False),
        ("dev", "dev.simonsignal.com", False),
    ],
)
def test_simon_is_never_tried_in_production(environment: str, host: str, caveat: bool) -> None:
    """Where production is configured staging is tried, and the trial says what that leaves open."""
    made = trial("simon", environment=environment, debug=False)
    assert urlsplit(made.request.url).hostname == host
    assert orjson.loads(made.request.body)["context"]["debug"] is True
    assert bool(made.caveat) is caveat


def test_what_simon_refuses_in_a_trial_is_told() -> None:
    """Debug mode makes Simon say 412 where it would otherwise drop the event in silence."""
    made = trial("simon", requires_identity=False)
    body = orjson.loads(made.request.body)
    assert "requiresIdentity" not in body["properties"]
    refused = made.read(Answer(status=412, body=b'{"error":"Unknown event type: collect.track"}'))
    assert (refused.meaning, "Unknown event type" in refused.reason) == (Meaning.DEAD, True)


def test_each_trial_has_an_id_of_its_own() -> None:
    """A receiver that knows repeats by their id answers for this trial, not for an earlier one."""
    kind = built("webhook")
    assert isinstance(kind, Triable)
    ids = set()
    for attempt in range(3):
        made = kind.trial(Moment(NOW + attempt, 1))
        assert isinstance(made, Trial)
        ids.add(made.request.headers["webhook-id"])
    assert len(ids) == 3
