"""The settings of a site: one frozen value, read from the environment and `outhaul.toml`."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import marshmallow
from marshmallow import Schema, ValidationError

from outhaul_config import server_url
from outhaul_config.documents import Substitution, read_toml
from outhaul_config.durations import Duration, format_duration
from outhaul_config.fields import Expected, choice, flag, text, whole
from outhaul_config.problems import ConfigError, Problem, nearest
from outhaul_config.reader import Reader
from outhaul_config.redaction import mask_credentials
from outhaul_config.secret import Secret, SecretField
from outhaul_config.server_url import ServerAddress, is_server_url

CONFIG_VARIABLE = "OUTHAUL_CONFIG"
CONFIG_FILE = Path("outhaul.toml")
DESTINATIONS_FILE = Path("destinations.toml")
SOURCES_FILE = Path("sources.toml")

_PREFIX = "OUTHAUL_"
# Other programs may own variables with our prefix; only what is almost a name of ours is taken for a typing error.
_TYPING_ERROR = 0.85
_DAY = 86400.0
_BROKER = re.compile(r"[a-z][a-z0-9+.-]*://\S*")
# Celery's spellings of what `ledger_url` has one for: some of what they need would have to be told elsewhere.
_CELERYS_OWN = ("sentinel://", "redis+socket://")
_URI_REFERENCE = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,255}"
_BIND = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}|unix:/\S+"
_DSN = re.compile(r"https?://[^\s/@:]+@[^\s/@]+/(?:\S+/)?\d+")
_DSN_EXPECTED = "a Sentry DSN such as https://<key>@<host>/<project number>"


def _about(
    variable: str, make: Callable[..., marshmallow.fields.Field[Any]], description: str, shown: str = ""
) -> dict[str, Any]:
    """Describe a setting; `shown` words a default that depends on something else."""
    return {"env": variable, "make": make, "description": description, "shown": shown}


def _server_url(**kwargs: Any) -> Expected[str]:
    def parse(value: Any) -> str:
        ServerAddress.parse(value)
        return str(value)

    return Expected(parse, server_url.EXPECTED, **kwargs)


def _broker_url(**kwargs: Any) -> Expected[str]:
    def parse(value: Any) -> str:
        if not _BROKER.fullmatch(value) or value.startswith(_CELERYS_OWN):
            raise ValueError
        if is_server_url(value):
            ServerAddress.parse(value)
        return str(value)

    return Expected(parse, "an address as `ledger_url` takes, or a broker's such as amqp://user@host/", **kwargs)


def _namespace(**kwargs: Any) -> Expected[str]:
    return text(r"[a-z0-9][a-z0-9_-]{0,31}", "1 to 32 characters a-z, 0-9, _ and -", **kwargs)


def _source(**kwargs: Any) -> Expected[str]:
    return text(_URI_REFERENCE, "a URI reference of at most 255 characters, such as /shops/main", **kwargs)


def _path(**kwargs: Any) -> Expected[Path]:
    def parse(value: Any) -> Path:
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError
        return Path(value)

    return Expected(parse, "the path of a file", **kwargs)


def _dsn(**kwargs: Any) -> SecretField:
    def check(secret: Secret) -> None:
        if not _DSN.fullmatch(secret.reveal()):
            raise ValidationError(_DSN_EXPECTED)

    return SecretField(_DSN_EXPECTED, validate=check, **kwargs)


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything a site decides, destinations aside. Times are seconds.

    `broker_url` is never empty: without one it is `ledger_url`. `origins` tells where each value that is no default
    came from: the variable, or the file.
    """

    ledger_url: str = field(
        default="redis://127.0.0.1:6379/0",
        metadata=_about(
            "OUTHAUL_LEDGER_URL",
            _server_url,
            "The Redis or Valkey server that keeps every event and the state of every delivery.",
        ),
    )
    broker_url: str = field(
        default="",
        metadata=_about(
            "OUTHAUL_BROKER_URL",
            _broker_url,
            "The broker Celery wakes the workers through. It carries no state; any broker of Celery's will do.",
            shown="the server of `ledger_url`",
        ),
    )
    namespace: str = field(
        default="outhaul",
        metadata=_about(
            "OUTHAUL_NAMESPACE",
            _namespace,
            "Stands before every key, so that several installations can share a server.",
        ),
    )
    destinations: Path = field(
        default=DESTINATIONS_FILE,
        metadata=_about(
            "OUTHAUL_DESTINATIONS",
            _path,
            "The file with the destinations. In `outhaul.toml` a relative path starts from that file's folder.",
            shown="`destinations.toml` beside `outhaul.toml`, or in the current folder without one",
        ),
    )
    transport: Literal["auto", "requests", "curl"] = field(
        default="auto",
        metadata=_about(
            "OUTHAUL_TRANSPORT",
            lambda **kwargs: choice("auto", "requests", "curl", **kwargs),
            "How requests are sent; `auto` takes `curl` where its extra is installed, else `requests`.",
        ),
    )
    sentry_dsn: Secret = field(
        default=Secret(""),
        metadata=_about(
            "OUTHAUL_SENTRY_DSN",
            _dsn,
            "Where crashes and dead letters are reported, without payloads or personal data.",
            shown="empty: nothing is reported",
        ),
    )
    source: str = field(
        default="/",
        metadata=_about(
            "OUTHAUL_SOURCE",
            _source,
            "The source of events whose producer names none.",
        ),
    )
    ledger_timeout: float = field(
        default=2.0,
        metadata=_about(
            "OUTHAUL_LEDGER_TIMEOUT",
            lambda **kwargs: Duration(0.01, 60.0, **kwargs),
            "The longest a call to the ledger may take before it counts as unavailable.",
        ),
    )
    durability: Literal["server", "fsync"] = field(
        default="server",
        metadata=_about(
            "OUTHAUL_DURABILITY",
            lambda **kwargs: choice("server", "fsync", **kwargs),
            "When an event counts as accepted: `server`, once the server has it; `fsync`, once its disk has it.",
        ),
    )
    replicas: int = field(
        default=0,
        metadata=_about(
            "OUTHAUL_REPLICAS",
            lambda **kwargs: whole(0, 10, **kwargs),
            "How many of the server's replicas must have an event too before it counts as accepted.",
        ),
    )
    retention: float = field(
        default=7 * _DAY,
        metadata=_about(
            "OUTHAUL_RETENTION",
            lambda **kwargs: Duration(1.0, 365 * _DAY, **kwargs),
            "How long a finished event stays visible, and how long its id is remembered at least.",
        ),
    )
    window: int | None = field(
        default=None,
        metadata=_about(
            "OUTHAUL_WINDOW",
            lambda **kwargs: whole(1, 5_000, **kwargs),
            "The most requests one worker process has in flight to destinations that answer quickly; as many again may"
            " be under way to those that are slow, fail to answer, or are new.",
            shown="64 with `requests`, 1024 with `curl`",
        ),
    )
    log_level: Literal["debug", "info", "warning", "error", "critical"] = field(
        default="info",
        metadata=_about(
            "OUTHAUL_LOG_LEVEL",
            lambda **kwargs: choice("debug", "info", "warning", "error", "critical", **kwargs),
            "The least severe lines that are logged. Attempts are logged at `info`.",
        ),
    )
    log_format: Literal["json", "console"] = field(
        default="json",
        metadata=_about(
            "OUTHAUL_LOG_FORMAT",
            lambda **kwargs: choice("json", "console", **kwargs),
            "`json`: one object a line, for collecting; `console`: for reading.",
        ),
    )
    sources: Path = field(
        default=SOURCES_FILE,
        metadata=_about(
            "OUTHAUL_SOURCES",
            _path,
            "The file with the sources whose webhooks the API takes; it may be missing.",
            shown="`sources.toml` beside `outhaul.toml`, or in the current folder without one",
        ),
    )
    api_bind: str = field(
        default="127.0.0.1:8080",
        metadata=_about(
            "OUTHAUL_API_BIND",
            lambda **kwargs: text(_BIND, "host:port, [IPv6]:port or unix:/path", **kwargs),
            "Where the API listens. It speaks plain HTTP: beyond this machine, put a proxy with TLS in front of it.",
        ),
    )
    api_workers: int = field(
        default=2,
        metadata=_about(
            "OUTHAUL_API_WORKERS", lambda **kwargs: whole(1, 256, **kwargs), "Processes that answer API requests."
        ),
    )
    api_threads: int = field(
        default=8,
        metadata=_about(
            "OUTHAUL_API_THREADS",
            lambda **kwargs: whole(1, 512, **kwargs),
            "Requests that each of these processes answers at once.",
        ),
    )
    api_largest_body: int = field(
        default=4 * 1024 * 1024,
        metadata=_about(
            "OUTHAUL_API_LARGEST_BODY",
            lambda **kwargs: whole(1024, 256 * 1024 * 1024, **kwargs),
            "The most bytes of an API request's body.",
        ),
    )
    api_request_timeout: float = field(
        default=15.0,
        metadata=_about(
            "OUTHAUL_API_REQUEST_TIMEOUT",
            lambda **kwargs: Duration(0.1, 600.0, **kwargs),
            "How long an API request may take to arrive, head and body together.",
        ),
    )
    api_open_loopback: bool = field(
        default=False,
        metadata=_about(
            "OUTHAUL_API_OPEN_LOOPBACK",
            flag,
            "Whether API requests that programs on this machine make, straight from a loopback address, need no key.",
        ),
    )
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.broker_url:
            object.__setattr__(self, "broker_url", self.ledger_url)

    def __repr__(self) -> str:
        values = ", ".join(f"{each.name}={each.value}" for each in provenance(self))
        return f"Settings({values})"


@dataclass(frozen=True, slots=True)
class Provenance:
    """One setting as it may be shown: its name, its variable, its value (secrets masked), where that came from."""

    name: str
    variable: str
    value: str
    origin: str


def provenance(settings: Settings) -> tuple[Provenance, ...]:
    """Tell of every setting what it is and where it came from: a variable's name, a file's path, or `default`."""
    return tuple(
        Provenance(
            each.name,
            each.metadata["env"],
            shown(each, getattr(settings, each.name)),
            settings.origins.get(each.name, "default"),
        )
        for each in setting_fields()
    )


def setting_fields() -> tuple[Field[Any], ...]:
    """Return the fields of `Settings` that a site can set; each has `env` and `description` in its metadata."""
    return tuple(each for each in fields(Settings) if each.metadata)


def shown(setting: Field[Any], value: Any) -> str:
    """Write a setting's value as a person would, passwords in addresses and secrets masked."""
    if isinstance(setting.metadata["make"](), Duration):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    return mask_credentials(str(value)) if value else ""


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings: the environment goes before `outhaul.toml`, and that before the defaults.

    The file is the one `OUTHAUL_CONFIG` names, or `outhaul.toml` in the current folder if there is one. A variable
    that is empty counts as not set.

    Raises:
        ConfigError: with every mistake in both.
    """
    path = _config_path(environ)
    layers = [_from_file(path, environ)] if path else []
    layers.append(_from_environment(environ))
    problems = [problem for layer in layers for problem in layer.problems]
    if problems:
        raise ConfigError(problems)
    values: dict[str, Any] = {}
    if path:
        values = {"destinations": path.parent / DESTINATIONS_FILE, "sources": path.parent / SOURCES_FILE}
    origins: dict[str, str] = {}
    for layer in layers:
        values |= layer.values
        origins |= layer.origins
    return Settings(**values, origins=MappingProxyType(origins))


@dataclass(frozen=True, slots=True)
class _Layer:
    values: Mapping[str, Any]
    origins: Mapping[str, str]
    problems: list[Problem]


def _config_path(environ: Mapping[str, str]) -> Path | None:
    named = environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return CONFIG_FILE if CONFIG_FILE.is_file() else None


def _from_file(path: Path, environ: Mapping[str, str]) -> _Layer:
    try:
        document = read_toml(path)
    except ConfigError as error:
        return _Layer({}, {}, list(error.problems))
    substitution = Substitution(environ)
    filled = substitution.apply(document)
    reader = Reader(str(path), substitution)
    values = reader.load(_schema(), filled)
    values |= {name: path.parent / values[name] for name in ("destinations", "sources") if name in values}
    return _Layer(values, dict.fromkeys(values, str(path)), reader.problems)


def _from_environment(environ: Mapping[str, str]) -> _Layer:
    variables = {each.metadata["env"]: each.name for each in setting_fields()}
    given = {variable: environ[variable] for variable in variables if environ.get(variable)}
    reader = Reader("environment", Substitution({}))
    values = reader.load(_schema(by_variable=True), given)
    _report_misspelt(environ, (CONFIG_VARIABLE, *variables), reader)
    return _Layer(values, {variables[variable]: variable for variable in given}, reader.problems)


def _report_misspelt(environ: Mapping[str, str], known: tuple[str, ...], reader: Reader) -> None:
    stems = [variable.removeprefix(_PREFIX) for variable in known]
    for variable in environ:
        if variable.startswith(_PREFIX) and variable not in known:
            near = nearest(variable.removeprefix(_PREFIX), stems, _TYPING_ERROR)
            if near:
                reader.report((variable,), "a variable Outhaul knows", "an unknown one", _PREFIX + near)


def _schema(*, by_variable: bool = False) -> Schema:
    """Make the schema of a source of settings; in the environment each goes by its variable."""
    made = {
        each.name: each.metadata["make"](data_key=each.metadata["env"] if by_variable else None)
        for each in setting_fields()
    }
    return Schema.from_dict(made, name="SettingsSchema")()
