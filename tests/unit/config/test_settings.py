"""Reading the settings, where each came from, and every mistake in them."""

import re
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outhaul_config.problems import ConfigError, Problem
from outhaul_config.secret import Secret
from outhaul_config.settings import Settings, load_settings, provenance, setting_fields

DSN = "https://0123456789abcdef@o1.ingest.sentry.example/42"
EVERYTHING = {
    "OUTHAUL_LEDGER_URL": "rediss://:pw@redis.example:6380/3",
    "OUTHAUL_BROKER_URL": "amqp://guest:guest@mq.example//",
    "OUTHAUL_NAMESPACE": "shop-1",
    "OUTHAUL_DESTINATIONS": "/etc/d.toml",
    "OUTHAUL_TRANSPORT": "curl",
    "OUTHAUL_SENTRY_DSN": DSN,
    "OUTHAUL_SOURCE": "/shops/ro",
    "OUTHAUL_LEDGER_TIMEOUT": "500ms",
    "OUTHAUL_DURABILITY": "fsync",
    "OUTHAUL_REPLICAS": "1",
    "OUTHAUL_RETENTION": "30d",
    "OUTHAUL_WINDOW": "128",
    "OUTHAUL_LOG_LEVEL": "WARNING",
    "OUTHAUL_LOG_FORMAT": "console",
    "OUTHAUL_SOURCES": "/etc/s.toml",
    "OUTHAUL_API_BIND": "[::1]:9000",
    "OUTHAUL_API_WORKERS": "4",
    "OUTHAUL_API_THREADS": "16",
    "OUTHAUL_API_LARGEST_BODY": "1048576",
    "OUTHAUL_API_REQUEST_TIMEOUT": "5s",
    "OUTHAUL_API_OPEN_LOOPBACK": "true",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(environ: dict[str, str]) -> tuple[Problem, ...]:
    """Return the problems of settings that must have some."""
    with pytest.raises(ConfigError) as error:
        load_settings(environ)
    return error.value.problems


def test_without_file_and_variables_the_defaults_hold() -> None:
    """Nothing needs to be configured to start."""
    assert load_settings({}) == Settings()
    assert Settings().broker_url == Settings().ledger_url == "redis://127.0.0.1:6379/0"


def test_every_setting_can_come_from_its_variable() -> None:
    """All variables are read, as the types the program uses."""
    assert set(EVERYTHING) == {each.metadata["env"] for each in setting_fields()}
    assert load_settings(EVERYTHING) == Settings(
        ledger_url="rediss://:pw@redis.example:6380/3",
        broker_url="amqp://guest:guest@mq.example//",
        namespace="shop-1",
        destinations=Path("/etc/d.toml"),
        transport="curl",
        sentry_dsn=Secret(DSN),
        source="/shops/ro",
        ledger_timeout=0.5,
        durability="fsync",
        replicas=1,
        retention=30 * 86400.0,
        window=128,
        log_level="warning",
        log_format="console",
        sources=Path("/etc/s.toml"),
        api_bind="[::1]:9000",
        api_workers=4,
        api_threads=16,
        api_largest_body=1024 * 1024,
        api_request_timeout=5.0,
        api_open_loopback=True,
    )


def test_the_environment_goes_before_the_file_and_that_before_defaults(folder: Path) -> None:
    """Each value has one origin, and it is told."""
    (folder / "outhaul.toml").write_text('namespace = "filed"\nwindow = 5\n')
    settings = load_settings({"OUTHAUL_WINDOW": "7"})
    assert (settings.namespace, settings.window, settings.durability) == ("filed", 7, "server")
    origins = {each.name: each.origin for each in provenance(settings)}
    assert origins["window"] == "OUTHAUL_WINDOW"
    assert origins["namespace"] == "outhaul.toml"
    assert origins["durability"] == "default"


def test_the_variable_for_the_file_goes_before_the_current_folder(folder: Path) -> None:
    """`OUTHAUL_CONFIG` names the only file that is read."""
    (folder / "outhaul.toml").write_text("window = 5\n")
    (folder / "other.toml").write_text('namespace = "other"\n')
    settings = load_settings({"OUTHAUL_CONFIG": str(folder / "other.toml")})
    assert (settings.window, settings.namespace) == (None, "other")


def test_a_named_file_that_is_missing_is_a_problem(folder: Path) -> None:
    """A wrong path does not silently mean defaults; what the environment holds is checked all the same."""
    found = problems({"OUTHAUL_CONFIG": "none.toml", "OUTHAUL_WINDOW": "0"})
    assert [(each.file, each.key) for each in found] == [("none.toml", ""), ("environment", "OUTHAUL_WINDOW")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "etc/destinations.toml"),
        ('destinations = "d/x.toml"', "etc/d/x.toml"),
        ('destinations = "/d.toml"', "/d.toml"),
    ],
)
def test_destinations_are_found_beside_the_file(folder: Path, line: str, expected: str) -> None:
    """A relative path in the file starts from the file, wherever the process runs."""
    (folder / "etc").mkdir()
    (folder / "etc/outhaul.toml").write_text(line)
    assert load_settings({"OUTHAUL_CONFIG": "etc/outhaul.toml"}).destinations == Path(expected)


def test_destinations_from_the_environment_start_from_the_current_folder() -> None:
    """A variable's path means what the shell would mean."""
    assert load_settings({"OUTHAUL_DESTINATIONS": "x.toml"}).destinations == Path("x.toml")


def test_an_empty_variable_counts_as_not_set() -> None:
    """Deployment tools that pass every variable on can leave some empty."""
    assert load_settings(dict.fromkeys(EVERYTHING, "")) == Settings()


@pytest.mark.parametrize("ledger", ["rediss://h:1/2?ssl_ca_certs=/ca.pem", "redis+sentinel://h/shop", "unix:///s.sock"])
def test_without_a_broker_it_is_the_ledgers_server(ledger: str) -> None:
    """One address is enough."""
    assert load_settings({"OUTHAUL_LEDGER_URL": ledger}).broker_url == ledger


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OUTHAUL_LEDGER_URL", "http://h"),
        ("OUTHAUL_LEDGER_URL", "redis://"),
        ("OUTHAUL_LEDGER_URL", "redis://h:70000"),
        ("OUTHAUL_LEDGER_URL", "redis://h\n:1"),
        ("OUTHAUL_LEDGER_URL", "unix://"),
        ("OUTHAUL_BROKER_URL", "127.0.0.1"),
        ("OUTHAUL_BROKER_URL", "sentinel://h:1/0"),
        ("OUTHAUL_BROKER_URL", "redis+sentinel://h:1"),
        ("OUTHAUL_REPLICAS", "11"),
        ("OUTHAUL_NAMESPACE", "a:b"),
        ("OUTHAUL_NAMESPACE", "{0}"),
        ("OUTHAUL_DESTINATIONS", "a\0b"),
        ("OUTHAUL_TRANSPORT", "curlie"),
        ("OUTHAUL_SENTRY_DSN", "https://sentry.example/1"),
        ("OUTHAUL_SOURCE", "my shop"),
        ("OUTHAUL_LEDGER_TIMEOUT", "0s"),
        ("OUTHAUL_LEDGER_TIMEOUT", "2m"),
        ("OUTHAUL_DURABILITY", "disk"),
        ("OUTHAUL_RETENTION", "366d"),
        ("OUTHAUL_WINDOW", "10001"),
        ("OUTHAUL_WINDOW", "many"),
        ("OUTHAUL_LOG_LEVEL", "loud"),
        ("OUTHAUL_LOG_FORMAT", "xml"),
        ("OUTHAUL_API_BIND", "8080"),
        ("OUTHAUL_API_WORKERS", "0"),
        ("OUTHAUL_API_THREADS", "513"),
        ("OUTHAUL_API_LARGEST_BODY", "1"),
        ("OUTHAUL_API_REQUEST_TIMEOUT", "0s"),
        ("OUTHAUL_API_OPEN_LOOPBACK", "yes"),
    ],
)
def test_a_variable_out_of_range_is_a_problem_that_names_it(variable: str, value: str) -> None:
    """A mistake in the environment names the variable to change."""
    (problem,) = problems({variable: value})
    assert (problem.file, problem.table, problem.key) == ("environment", "", variable)


@pytest.mark.parametrize("value", ["5", "true", "[]", "{}", "2026-01-01", "1.5"])
@pytest.mark.parametrize("name", [each.name for each in setting_fields()])
def test_a_wrong_type_in_the_file_is_a_problem_or_a_number(folder: Path, name: str, value: str) -> None:
    """No TOML value ends in a traceback."""
    (folder / "outhaul.toml").write_text(f"{name} = {value}\n")
    try:
        assert getattr(load_settings({}), name) in (5, 1.5, True)
    except ConfigError as error:
        (key,) = [each.key for each in error.problems]
        assert key == name


def test_every_mistake_in_file_and_environment_is_reported_at_once(folder: Path) -> None:
    """One run shows all there is to mend."""
    (folder / "outhaul.toml").write_text('ledger_ur = "x"\nwindow = 0\nsource = "${NOWHERE}"\n')
    found = problems({"OUTHAUL_TRANSPORT": "crul", "OUTHAUL_LEGDER_URL": "redis://h"})
    assert {(each.file, each.key, each.nearest) for each in found} == {
        ("outhaul.toml", "ledger_ur", "ledger_url"),
        ("outhaul.toml", "window", ""),
        ("outhaul.toml", "source", ""),
        ("environment", "OUTHAUL_TRANSPORT", "curl"),
        ("environment", "OUTHAUL_LEGDER_URL", "OUTHAUL_LEDGER_URL"),
    }


def test_variables_of_others_with_the_same_prefix_are_left_alone() -> None:
    """Only what is almost a name of ours is taken for a typing error."""
    assert load_settings({"OUTHAUL_PORT": "1", "OUTHAUL_SHOP_SECRET": "x", "OUTHAUL_SERVICE_HOST": "y"}) == Settings()


def test_the_file_takes_values_from_variables(folder: Path) -> None:
    """Secrets need not stand in the file."""
    (folder / "outhaul.toml").write_text('sentry_dsn = "${DSN}"\nledger_url = "redis://:${PW}@h/0"\n')
    settings = load_settings({"DSN": DSN, "PW": "pw"})
    assert settings.sentry_dsn.reveal() == DSN
    assert settings.ledger_url == "redis://:pw@h/0"


@pytest.mark.parametrize("password", ["pw12", "p@w12", "p%2Fw12"])
def test_neither_settings_nor_their_provenance_show_a_secret(password: str) -> None:
    """Printing settings, whole or one by one, masks passwords and the DSN."""
    url = f"redis://user:{password}@redis.example:1/0"
    settings = load_settings({"OUTHAUL_LEDGER_URL": url, "OUTHAUL_SENTRY_DSN": DSN})
    shown = f"{settings!r} {settings} {provenance(settings)}"
    assert password not in shown
    assert "w12" not in shown
    assert "0123456789abcdef" not in shown
    values = {each.name: each.value for each in provenance(settings)}
    assert values["ledger_url"] == values["broker_url"] == "redis://***@redis.example:1/0"
    assert (values["sentry_dsn"], values["retention"], values["window"]) == ("***", "7d", "")


def test_passwords_behind_an_address_are_not_shown_either() -> None:
    """Those of the Sentinels, and those of a Unix socket, stand in parameters."""
    sentinel = "redis+sentinel://u:outer@h:1,i:2/shop/0?sentinel_username=guard&sentinel_password=inner"
    settings = load_settings({"OUTHAUL_LEDGER_URL": sentinel, "OUTHAUL_BROKER_URL": "unix:///s?password=word&db=1"})
    shown = f"{settings!r} {provenance(settings)}"
    assert [secret for secret in ("outer", "inner", "guard", "word&", "=word") if secret in shown] == []
    values = {each.name: each.value for each in provenance(settings)}
    assert values["ledger_url"] == "redis+sentinel://***@h:1,i:2/shop/0?sentinel_username=***&sentinel_password=***"
    assert values["broker_url"] == "unix:///s?password=***&db=1"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OUTHAUL_SENTRY_DSN", "hunter2hunter2"),
        ("OUTHAUL_LEDGER_URL", "redis+sentinel://h/shop?sentinel_pasword=hunter2"),
        ("OUTHAUL_LEDGER_URL", "redis:/user:hunter2@host"),
        ("OUTHAUL_LEDGER_URL", "user:hunter2@"),
        ("OUTHAUL_BROKER_URL", "amqp//u:hun@ter/hunter2@host"),
    ],
)
def test_a_problem_does_not_show_a_secret(variable: str, value: str) -> None:
    """A secret mistyped is still a secret."""
    with pytest.raises(ConfigError) as error:
        load_settings({variable: value})
    assert re.search("hun|ter|2h", str(error.value)) is None


def test_settings_are_frozen_and_replaceable() -> None:
    """Settings are one value that does not change under its users."""
    with pytest.raises(FrozenInstanceError):
        Settings().window = 5  # type: ignore[misc] # that it fails is the point
    assert replace(Settings(), window=5).window == 5


def test_every_setting_is_described() -> None:
    """Each setting has a variable, a default and a description to be listed with."""
    for each in setting_fields():
        assert each.metadata["env"] == f"OUTHAUL_{each.name.upper()}"
        assert each.metadata["description"].endswith(".")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING)), st.text(min_size=1)))
def test_any_environment_is_either_loaded_or_refused_with_problems(environ: dict[str, str]) -> None:
    """No text in a variable ends in a traceback."""
    try:
        assert isinstance(load_settings(environ), Settings)
    except ConfigError as error:
        assert {each.key for each in error.problems} <= set(environ)  # noqa: PT017 - both ends are right
