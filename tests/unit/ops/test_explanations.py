"""What an answer to a trial is said to mean."""

import pytest

from outhaul_config.policy import Timeout
from outhaul_ops.credentials import Credential
from outhaul_ops.explanations import explain
from outhaul_ops.trial import Tried
from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer, Fault, Request

KEY = Credential("api_key", "sent with every request", given=True, variables=("ACME_KEY",))
HEADERS = Credential("headers", "for the proxy", given=False)


def tried(answer: Answer, meaning: Meaning = Meaning.DEAD) -> Tried:
    """A trial with this answer."""
    request = Request("https://hooks.example/in", {}, b"{}", Timeout(connect=3, total=11))
    verdict = Verdict(meaning, "reason")
    return Tried(request, answer, "an event", "https://hooks.example", verdict, caveat="", said="")


def explained(answer: Answer, meaning: Meaning = Meaning.DEAD) -> str:
    """What is said of this answer to a destination with a key."""
    return explain(tried(answer, meaning), [KEY, HEADERS])


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_explained(fault: Fault) -> None:
    """Whatever kept the answer away has words that say what to look at."""
    said = explained(Answer(fault=fault, sent=False))
    assert len(said) > 60
    assert "{" not in said


def test_a_blocked_address_is_explained_with_the_option_that_allows_it() -> None:
    """And with the reason not to set it without thought."""
    said = explained(Answer(fault=Fault.BLOCKED_ADDRESS, sent=False))
    assert "allow_private_addresses = true" in said
    assert "your network" in said


def test_time_limits_are_told_with_the_key_that_sets_them() -> None:
    """The limits are the destination's own."""
    assert "3 s (timeout.connect)" in explained(Answer(fault=Fault.CONNECT_TIMEOUT, sent=False))
    assert "11 s (timeout.total)" in explained(Answer(fault=Fault.READ_TIMEOUT))


def test_a_request_that_never_left_is_told_apart_from_an_answer_that_is_none() -> None:
    """Both are faults of the protocol, and the one is ours."""
    assert "Nothing was sent" in explained(Answer(fault=Fault.PROTOCOL, sent=False))
    assert "does not speak HTTP" in explained(Answer(fault=Fault.PROTOCOL))


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_named_with_their_variables(status: int) -> None:
    """Only those that are configured can be wrong."""
    said = explained(Answer(status=status))
    assert "api_key (from ACME_KEY)" in said
    assert "headers" not in said


def test_where_no_credential_is_configured_the_options_for_them_are_named() -> None:
    """An endpoint that wants one says 401 as well."""
    assert "none are configured. Options for them: headers." in explain(tried(Answer(status=401)), [HEADERS])
    assert "none are configured." in explain(tried(Answer(status=401)), [])


@pytest.mark.parametrize("meaning", list(Meaning))
def test_every_status_is_explained(meaning: Meaning) -> None:
    """Whatever an endpoint answers, accepted or not, has words."""
    for status in range(100, 600):
        said = explained(Answer(status=status), meaning)
        assert said.endswith(".")
        assert said.startswith("The endpoint was reached and accepts") is (meaning is Meaning.DELIVERED)


def test_a_redirect_tells_the_host_it_leads_to_and_not_the_path() -> None:
    """Paths may hold credentials; a relative address says nothing new."""
    elsewhere = Answer(status=301, headers={"location": "https://new.example/in/secret?key=1"})
    assert ", at https://new.example, and" in explained(elsewhere)
    assert "elsewhere, and" in explained(Answer(status=301, headers={"location": "/in/secret"}))
