"""Reading destinations and reporting every mistake in them."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from outhaul_config.destinations import Destination, KindSpec, load_destinations, written_tables
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_config.problems import ConfigError, Problem
from outhaul_config.secret import Secret, SecretField

SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ"


class HookOptions(Schema):
    """Options with marshmallow's own fields, as a kind of another package would have."""

    url = fields.Url(required=True)
    secret = SecretField(required=True)
    headers = fields.Dict(fields.String(validate=validate.Length(max=10)), SecretField(), load_default=dict)
    mode = fields.String(validate=validate.OneOf(["fast", "slow"]))
    level = fields.Integer(validate=validate.Range(1, 3), data_key="log-level")
    keys = fields.List(SecretField())
    region = fields.String()

    @validates_schema
    def no_moon(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse with a sentence that quotes the value, as careless schemas do."""
        if data.get("region", "").startswith("moon"):
            raise ValidationError(f"cannot deliver to {data['region']}.", "region")


KINDS = {
    "webhook": KindSpec("webhook", HookOptions, Policy(Timeout(4.0, 10.0), Retry(max_attempts=7))),
    "remarkety": KindSpec("remarkety", Schema, Policy()),
}
VALID = f"""
[destinations.hooks]
kind = "webhook"
url = "https://hooks.example/in"
secret = "{SECRET}"
subscribe = ["order.*", "custom.*"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tests write their destinations."""
    return tmp_path / "destinations.toml"


def load(file: Path, text: str, **environ: str) -> dict[str, Destination]:
    """Load destinations from a text."""
    file.write_text(text, encoding="utf-8")
    return load_destinations(file, environ, KINDS)


def problems(file: Path, text: str, **environ: str) -> tuple[Problem, ...]:
    """Return the problems of a text that must have some; none of them shows the secret."""
    with pytest.raises(ConfigError) as error:
        load(file, text, **environ)
    assert SECRET not in str(error.value)
    return error.value.problems


def the_problem(file: Path, text: str, **environ: str) -> Problem:
    """Return the one problem of a text that must have exactly one."""
    (problem,) = problems(file, text, **environ)
    return problem


def test_a_valid_table_becomes_a_destination(file: Path) -> None:
    """Common keys, policy and options arrive where they belong, deserialised."""
    more = 'timeout = { total = "20s" }\nallow_private_addresses = true\nlog-level = 2'
    assert load(file, VALID + more) == {
        "hooks": Destination(
            name="hooks",
            kind="webhook",
            subscribe=("order.*", "custom.*"),
            policy=Policy(Timeout(4.0, 20.0), Retry(max_attempts=7)),
            allow_private_addresses=True,
            options={"url": "https://hooks.example/in", "secret": Secret(SECRET), "headers": {}, "level": 2},
        )
    }


def test_destinations_keep_the_order_of_the_file(file: Path) -> None:
    """What is listed first is reported and shown first."""
    more = '[destinations.a]\nkind = "remarkety"\nsubscribe = ["*"]'
    assert list(load(file, VALID + more)) == ["hooks", "a"]


def test_a_file_without_destinations_is_valid(file: Path) -> None:
    """A site may start without any destination."""
    assert load(file, "") == {}


def test_variables_are_put_into_strings_at_any_depth(file: Path) -> None:
    """`${NAME}` is replaced in whole values, inside text, in lists and in tables."""
    text = VALID.replace(SECRET, "${KEY}").replace("custom.*", "${TYPE}.*") + 'headers = { a = "Bearer ${KEY}" }'
    hooks = load(file, text, KEY=SECRET, TYPE="cart")["hooks"]
    assert hooks.options["secret"].reveal() == SECRET
    assert hooks.options["headers"]["a"].reveal() == f"Bearer {SECRET}"
    assert hooks.wants("cart.updated")


def test_a_value_from_a_variable_is_not_filled_again(file: Path) -> None:
    """A secret that happens to hold `${...}` is taken as it is."""
    hooks = load(file, VALID.replace(SECRET, "${KEY}"), KEY="${HOME}")["hooks"]
    assert hooks.options["secret"].reveal() == "${HOME}"


def test_a_missing_variable_is_a_problem_that_names_it_and_the_nearest(file: Path) -> None:
    """The problem says which variable to set, and which similar one is set; nothing else is said of that key."""
    problem = the_problem(file, VALID.replace(SECRET, "${HOOKS_SECRET}"), HOOK_SECRET="x")
    assert problem == Problem(
        str(file), "destinations.hooks", "secret", "the environment variable HOOKS_SECRET to be set",
        "no such variable", "HOOK_SECRET",
    )  # fmt: skip


@pytest.mark.parametrize("reference", ["${", "${}", "${A-B}", "${A", "${A}${"])
def test_a_malformed_reference_is_a_problem(file: Path, reference: str) -> None:
    """Text that looks like a reference but is none is never sent as a credential."""
    assert "letters, digits and _" in the_problem(file, VALID.replace(SECRET, reference), A="x").expected


@pytest.mark.parametrize(
    ("extra", "table", "key", "near"),
    [
        ("conurrency = 5", "destinations.hooks", "conurrency", "concurrency"),
        ('headrs = { a = "b" }', "destinations.hooks", "headrs", "headers"),
        ("log-levl = 2", "destinations.hooks", "log-levl", "log-level"),
        ('timeout = { conect = "1s" }', "destinations.hooks.timeout", "conect", "connect"),
        ("retry = { max_attempt = 1 }", "destinations.hooks.retry", "max_attempt", "max_attempts"),
        ("zzz = 1", "destinations.hooks", "zzz", ""),
        ('[destination.x]\nkind = "webhook"', "", "destination", "destinations"),
    ],
)
def test_an_unknown_key_leads_to_the_nearest_known_one(file: Path, extra: str, table: str, key: str, near: str) -> None:
    """At every depth an unknown key is refused with its place, the known names and the one that was meant."""
    problem = the_problem(file, VALID + extra)
    assert (problem.table, problem.key, problem.nearest) == (table, key, near)


def test_an_unknown_kind_leads_to_the_nearest_and_its_options_are_checked(file: Path) -> None:
    """A misspelt kind does not hide the mistakes in its options."""
    kind, url = problems(file, VALID.replace('"webhook"', '"webhok"').replace("https://hooks.example/in", "x"))
    assert (kind.key, kind.got, kind.nearest) == ("kind", '"webhok"', "webhook")
    assert url.key == "url"


@pytest.mark.parametrize("kind", ["", 'kind = "zzzzz"', "kind = 3"])
def test_a_missing_or_unlike_kind_is_refused_with_the_kinds_there_are(file: Path, kind: str) -> None:
    """The problem lists the kinds."""
    problem = the_problem(file, VALID.replace('kind = "webhook"', kind))
    assert (problem.key, problem.expected) == ("kind", 'one of "remarkety", "webhook"')


def test_every_mistake_is_reported_at_once(file: Path) -> None:
    """One run shows all there is to mend, over all tables."""
    found = problems(
        file,
        """
        [destinations.a]
        kind = "webhook"
        url = "nowhere"
        mode = "fats"
        log-level = 9
        subscribe = ["order.*", "Order", 5]
        timeout = { connect = "20s" }
        retry = { base = "soon", factor = 0 }
        headers = { much-too-long = "x" }
        [destinations."Bad Name"]
        kind = "remarkety"
        """,
    )
    assert {(each.table, each.key, each.nearest) for each in found} == {
        ("destinations.a", "url", ""),
        ("destinations.a", "secret", ""),
        ("destinations.a", "mode", "fast"),
        ("destinations.a", "log-level", ""),
        ("destinations.a", "subscribe[1]", ""),
        ("destinations.a", "subscribe[2]", ""),
        ("destinations.a.timeout", "connect", ""),
        ("destinations.a.retry", "base", ""),
        ("destinations.a.retry", "factor", ""),
        ("destinations.a.headers", "much-too-long", ""),
        ("destinations", '"Bad Name"', ""),
        ('destinations."Bad Name"', "subscribe", ""),
    }


@pytest.mark.parametrize("name", ["A", "-a", "a b", "a.b", "ä", "x" * 65])
def test_a_name_that_would_not_fit_keys_and_commands_is_refused(file: Path, name: str) -> None:
    """Only names that can stand in keys, logs and commands are taken."""
    assert the_problem(file, VALID.replace("hooks]", f'"{name}"]')).expected.startswith("a name of 1 to 64")


@pytest.mark.parametrize(
    "value", ['["order"]', '["order.**"]', '["*.created"]', '["ORDER.*"]', "[]", '"order.*"', "[1]"]
)
def test_a_subscription_of_another_form_is_refused(file: Path, value: str) -> None:
    """A subscription that could never match is a mistake."""
    assert the_problem(file, VALID.replace('["order.*", "custom.*"]', value)).key.startswith("subscribe")


def test_a_pattern_that_no_known_type_matches_leads_to_the_nearest(file: Path) -> None:
    """With the event types known, a misspelt pattern is found; custom types are free."""
    file.write_text(VALID.replace("order.*", "ordr.*"))
    with pytest.raises(ConfigError) as error:
        load_destinations(file, {}, KINDS, ["order.created", "cart.updated"])
    (problem,) = error.value.problems
    assert (problem.key, problem.nearest) == ("subscribe[0]", "order.*")


def test_secrets_in_wrong_places_do_not_show(file: Path) -> None:
    """Whatever stands where a secret belongs is masked, also within lists and tables."""
    found = problems(
        file,
        VALID.replace(f'"{SECRET}"', f'["{SECRET}"]') + f'headers = {{ a = ["{SECRET}"] }}\nkeys = [["{SECRET}"]]',
    )
    assert [each.got for each in found] == ["***"] * 3


def test_a_secret_under_a_key_that_tells_is_masked_whatever_its_field(file: Path) -> None:
    """A name that speaks of a secret is enough to mask its value."""

    class Careless(Schema):
        api_token = fields.Integer()

    file.write_text(f'[destinations.a]\nkind = "careless"\nsubscribe = ["*"]\napi_token = "{SECRET}"')
    with pytest.raises(ConfigError) as error:
        load_destinations(file, {}, {"careless": KindSpec("careless", Careless, Policy())})
    assert error.value.problems[0].got == "***"


def test_a_value_from_a_variable_does_not_show(file: Path) -> None:
    """What came from the environment is masked in any option, also where a schema's own words quote it."""
    text = VALID.replace("https://hooks.example/in", "${PLACE}") + 'region = "${REGION}"'
    assert {each.got for each in problems(file, text, PLACE="nowhere", REGION="moonbase")} == {"***"}
    text = VALID + 'region = "${REGION}"'
    problem = the_problem(file, text, REGION="moonbase")
    assert (problem.expected, problem.got) == ("cannot deliver to ***", "***")


def test_a_password_in_an_address_does_not_show(file: Path) -> None:
    """The part of an address before the host is masked."""
    problem = the_problem(file, VALID.replace("https://hooks.example/in", "htp:/user:pass@word@host/x"))
    assert problem.got == '"***@host/x"'


def test_the_words_of_foreign_fields_become_expectations(file: Path) -> None:
    """Marshmallow's own sentences read as the rest does."""
    found = problems(file, VALID.replace("https://hooks.example/in", "x") + "log-level = 9\nmode = 5")
    assert [each.expected for each in found] == [
        "a valid URL",
        "a valid string",
        "a value that is greater than or equal to 1 and less than or equal to 3",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[destinations", "valid TOML"),
        (b"a = 1\na = 2", "valid TOML"),
        (b"a = \xff", "TOML, which is always UTF-8"),
        (b"a = " + b"[" * 100_000, "valid TOML"),
        (b"a = " + b"9" * 10_000, "valid TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_one_problem(file: Path, content: bytes, expected: str) -> None:
    """A damaged or hostile file is refused with the reason, never with a traceback."""
    file.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load_destinations(file, {}, KINDS)
    assert [each.expected for each in error.value.problems] == [expected]


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    """The problem says which file could not be read."""
    with pytest.raises(ConfigError, match=r"none\.toml: expected a file that can be read; got No such file"):
        load_destinations(tmp_path / "none.toml", {}, KINDS)


@pytest.mark.parametrize("text", ["destinations = 3", "[[destinations]]", "destinations.a = 3"])
def test_destinations_that_are_no_tables_are_refused(file: Path, text: str) -> None:
    """A wrong shape of the file is a problem like any other."""
    assert "[destinations." in the_problem(file, text).expected


@pytest.mark.parametrize(
    ("pattern", "event_type", "wanted"),
    [
        ("order.created", "order.created", True),
        ("order.created", "order.created.late", False),
        ("order.*", "order.created", True),
        ("order.*", "order.item.updated", True),
        ("order.*", "order", False),
        ("order.*", "orders.created", False),
        ("order.item.*", "order.created", False),
        ("*", "anything.at_all", True),
    ],
)
def test_a_pattern_wants_what_it_says(pattern: str, event_type: str, wanted: bool) -> None:
    """Exact types, stems at any depth, and everything."""
    assert Destination("a", "webhook", ("cart.x", pattern)).wants(event_type) is wanted


def test_a_destination_shows_no_options_but_hands_out_its_secrets() -> None:
    """Options stay out of the repr; every secret among them can be had for masking."""
    options = {"url": "https://x/t0ken", "keys": (Secret("a1"), Secret("b2")), "headers": {"x": Secret("c3")}}
    destination = Destination("a", "webhook", ("*",), options=options)
    assert "t0ken" not in repr(destination)
    assert sorted(destination.secrets()) == ["a1", "b2", "c3"]


TOML_VALUES = st.sampled_from(
    ['"x"', "5", "-1.5", "true", "[]", "{}", "[[1]]", "{ a = { b = 1 } }", "2026-01-01", '""', "nan"]
)
KEYS = [
    "kind",
    "url",
    "secret",
    "subscribe",
    "timeout",
    "retry",
    "headers",
    "keys",
    "mode",
    "concurrency",
    "rate",
    "burst",
    "breaker",
    "breaker.window",
    "allow_private_addresses",
    "on_ambiguous",
    "retry.schedule",
    "timeout.total",
    "log-level",
    "unknown",
]


@given(st.dictionaries(st.sampled_from(KEYS), TOML_VALUES))
def test_any_table_is_either_loaded_or_refused_with_problems(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, str]
) -> None:
    """Nothing that can be written in TOML ends in a traceback."""
    stems = {key.split(".")[0] for key in table if "." in key}
    lines = [f"{key} = {value}" for key, value in table.items() if key not in stems]
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text("[destinations.a]\n" + "\n".join(lines))
    with contextlib.suppress(ConfigError):
        assert list(load_destinations(file, {}, KINDS)) == ["a"]


def test_one_destination_can_be_read_whatever_is_wrong_with_the_rest(file: Path) -> None:
    """Neither another table's mistakes nor a key beside the tables keep it from being read; its own do."""
    file.write_text(f'stray = 1\n{VALID}[destinations.other]\nkind = "webhook"\nsecret = "${{UNSET}}"\n')
    assert set(load_destinations(file, {}, KINDS, only="hooks")) == {"hooks"}
    assert load_destinations(file, {}, KINDS, only="nobody") == {}
    with pytest.raises(ConfigError) as error:
        load_destinations(file, {}, KINDS, only="other")
    assert {problem.table for problem in error.value.problems} == {"destinations.other"}


def test_tables_can_be_read_as_they_are_written(file: Path) -> None:
    """References to variables are kept, and what is no table counts as an empty one."""
    file.write_text('[destinations]\nodd = 3\n[destinations.hooks]\nsecret = "${UNSET}"\n')
    assert written_tables(file) == {"odd": {}, "hooks": {"secret": "${UNSET}"}}
    file.write_text("destinations = 3\n")
    assert written_tables(file) == {}
