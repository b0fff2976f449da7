"""The notation of misbehaviour and the order in which rules apply."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_ops.simulators.misbehaviour import Action, Manner, Mend, Misbehaviour, MisbehaviourError, Rule, parse

ACTIONS = st.one_of(
    st.builds(Action, st.just(Manner.STATUS), st.integers(200, 599), st.integers(0, 99999).map(str)),
    st.builds(Action, st.just(Manner.STATUS), st.integers(200, 599)),
    st.builds(Action, st.sampled_from([Manner.HANG, Manner.RESET, Manner.LOSE])),
    st.builds(
        Action,
        st.sampled_from([Manner.SLOW, Manner.DRIP]),
        seconds=st.sampled_from([0.001, 0.25, 1.0, 1.5, 90.0]),
    ),
)
NAMES = st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_/@.-]{1,40}", fullmatch=True))
RULES = st.builds(Rule, ACTIONS, NAMES, st.none() | st.integers(1, 9_999_999))


@given(st.lists(RULES, min_size=1, max_size=5))
def test_a_written_rule_reads_back_as_itself(rules: list[Rule]) -> None:
    """Whatever a rule is, its text form means the same rule."""
    assert parse("\n".join(map(str, rules))) == rules


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("all: hang", Rule(Action(Manner.HANG))),
        ("  next  2:   500 ;", Rule(Action(Manner.STATUS, 500), count=2)),
        ("event ev_demo_refused: 400", Rule(Action(Manner.STATUS, 400), "ev_demo_refused")),
        ("event ev_1 next 3: reset", Rule(Action(Manner.RESET), "ev_1", 3)),
        ("all: drip", Rule(Action(Manner.DRIP, seconds=1.0))),
        ("all: slow 1.5s", Rule(Action(Manner.SLOW, seconds=1.5))),
        ("all: 429 retry-after 120", Rule(Action(Manner.STATUS, 429, "120"))),
        ("mend", Mend()),
        ("mend event ev_1", Mend("ev_1")),
    ],
)
def test_each_form_of_a_line_is_understood(text: str, rule: Rule | Mend) -> None:
    """All forms of the notation, with spaces wherever they like."""
    assert parse(text) == [rule]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "got nothing"),
        (" ;\n; ", "got nothing"),
        ("500", "expected WHO: ACTION"),
        ("next: 500", "before the colon"),
        ("next 0: 500", "before the colon"),
        ("next -1: 500", "before the colon"),
        ("next two: 500", "before the colon"),
        ("event: 500", "before the colon"),
        ("event a b: 500", "before the colon"),
        ("all next 2: 500", "before the colon"),
        ("All: 500", "before the colon"),
        ("all: 199", "expected a status 200-599"),
        ("all: 600", "expected a status 200-599"),
        ("all: 5000", "expected a status 200-599"),
        ("all: 500 later", "expected a status 200-599"),
        ("all: 429 retry-after soon", "whole seconds or an HTTP date"),
        ("all: hang 5s", "expected a status 200-599"),
        ("all: hagn", "nearest known: hang"),
        ("all: slow", "a duration above zero"),
        ("all: slow 0s", "a duration above zero"),
        ("all: drip fast", "a duration above zero"),
        ("mend all", "expected WHO: ACTION"),
        ("mend event", "expected WHO: ACTION"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(text: str, hint: str) -> None:
    """The notation is strict, and its errors teach it."""
    with pytest.raises(MisbehaviourError, match=hint):
        parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is either understood or refused."""
    with suppress(MisbehaviourError):
        assert parse(text)


def taken(rules: str, *names: str, times: int = 1) -> list[str]:
    """What happens to so many requests in a row, as text."""
    misbehaviour = Misbehaviour()
    misbehaviour.apply(rules)
    return [str(misbehaviour.take(*names)) for _ in range(times)]


def test_a_rule_about_the_event_goes_before_one_about_all() -> None:
    """The more particular rule wins, and does not use up the general one."""
    assert taken("next 1: 500; event ev_1 next 1: 400", "ev_1", times=3) == ["400", "500", "None"]


def test_a_standing_rule_replaces_the_one_before() -> None:
    """Of two standing rules about the same requests the later holds."""
    assert taken("all: 500; all: 503", times=2) == ["503", "503"]


def test_a_request_is_known_by_any_of_its_names() -> None:
    """An event may be named by its id or by the vendor's key."""
    assert taken("event orders/O-1: 500", "O-1", "orders/O-1") == ["500"]
    assert taken("event ev_1: 500", "", "") == ["None"]


def test_mending_one_event_leaves_the_rest() -> None:
    """`mend event` takes back what was said about that event only."""
    assert taken("all: 500; event ev_1: 400; mend event ev_1", "ev_1") == ["500"]
    assert taken("all: 500; event ev_1: 400; mend", "ev_1") == ["None"]


def test_rules_are_listed_with_what_is_left_of_them() -> None:
    """A used rule shows its remaining count, a used-up one is gone."""
    misbehaviour = Misbehaviour()
    misbehaviour.apply("next 3: 500; all: hang; event ev_1 next 1: 400")
    misbehaviour.take("ev_1")
    misbehaviour.take("ev_2")
    assert [str(rule) for rule in misbehaviour.rules()] == ["next 2: 500", "all: hang"]
