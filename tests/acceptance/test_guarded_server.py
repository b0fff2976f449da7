"""Servers that let in only who has the right certificate, password and account. They need a server that speaks TLS."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from acceptance.site import Site
from eventually import eventually
from outhaul_config.connections import open_client
from outhaul_config.settings import Settings
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.model import Acceptance, Submission
from outhaul_ops.checks import check_broker
from outhaul_ops.embedded import EmbeddedServer, free_port
from outhaul_ops.findings import Level
from outhaul_ops.replicated import SERVICE, Sentinel
from receiver import Authority, Receiver

BINARY = Path(shutil.which("redis-server") or "redis-server")
PASSWORD = "p@ss/word"
# The rule that docs/how-to/run-on-several-machines.md gives.
RULE = (
    "resetchannels ~outhaul:* &outhaul:celery:/0.celery.pidbox -@all"
    " +@read +@write +@connection +@transaction +@pubsub +@scripting -@dangerous +time +info +config|get +wait"
)
EVENT = Submission("ev_1", "digest", "/", "custom.ping", b"{}")


@dataclass(frozen=True)
class Guarded:
    """A server with TLS for clients that have a certificate, and how to be let in."""

    server: EmbeddedServer
    port: int
    folder: Path
    ca_file: Path
    certificate: Path

    @property
    def options(self) -> str:
        """The parameters that let a client in."""
        return f"ssl_ca_certs={self.ca_file}&ssl_certfile={self.certificate}&ssl_keyfile={self.certificate}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What turns TLS on in a configuration, port aside."""
        pem = self.certificate
        return (f"tls-cert-file {pem}", f"tls-key-file {pem}", f"tls-ca-cert-file {self.ca_file}")

    def url(self, account: str, options: str) -> str:
        """The server's address for an account with the common password."""
        return f"rediss://{account}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/0?{options}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server that wants certificates, with an account limited to what Outhaul needs."""
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder)
    server = EmbeddedServer(folder / "server", binary=BINARY)
    made = Guarded(server, free_port(), folder, authority.ca_file, authority.certificate("127.0.0.1"))
    arguments = [part for line in made.lines for part in f"--{line}".split()]
    server.settings = ("--tls-port", str(made.port), *arguments)
    with server, server.client() as client:
        client.execute_command("ACL", "SETUSER", "outhaul", "on", f">{PASSWORD}", *RULE.split())
        yield made


def test_a_worker_delivers_over_tls_with_an_account_that_may_do_no_more_than_it_needs(
    guarded: Guarded, tmp_path: Path, receiver: Receiver
) -> None:
    """Producers, workers, broker, operators' and Celery's commands need nothing beyond the documented rule."""
    with guarded.server.client() as client:
        client.execute_command("ACL", "LOG", "RESET")
    site = Site(tmp_path, guarded.server, {"OUTHAUL_LEDGER_URL": guarded.url("outhaul", guarded.options)})
    site.use()
    site.destination("hooks", receiver.url)
    site.start_worker()
    site.enqueue(20)
    eventually(lambda: site.finished("hooks", 20), within=15)
    assert b"takes connections" in site.outhaul("doctor")
    assert b"broker_transport_options" in site.celery("inspect", "conf")
    with guarded.server.client() as client:
        assert client.execute_command("ACL", "LOG") == []
    site.close()


def test_without_the_right_certificates_or_password_the_server_is_unavailable(guarded: Guarded, tmp_path: Path) -> None:
    """Another authority, no certificate of one's own, a wrong account: none gets through, and each is told as such."""
    other = f"ssl_ca_certs={Authority(tmp_path).ca_file}"
    for account, options in (
        ("outhaul", guarded.options.replace(f"ssl_ca_certs={guarded.ca_file}", other)),
        ("outhaul", f"ssl_ca_certs={guarded.ca_file}"),
        ("nobody", guarded.options),
    ):
        with pytest.raises(LedgerUnavailable) as caught:
            Ledger(open_client(guarded.url(account, options), 2.0)).accept([EVENT])
        assert PASSWORD not in str(caught.value)


def test_ledger_and_broker_are_found_through_sentinels_that_want_certificates_and_a_password(guarded: Guarded) -> None:
    """TLS goes for Sentinels as for servers; their password is another than the server's, and is not shown."""
    sentinel = Sentinel(guarded.folder / "sentinel", binary=BINARY)
    port = free_port()
    trusting = (*guarded.lines, f"tls-port {port}", "tls-replication yes")
    accounts = ("requirepass sesame", f"sentinel auth-user {SERVICE} default", f"sentinel auth-pass {SERVICE} any")
    sentinel.start(guarded.port, quorum=1, lines=(*trusting, *accounts))
    login = f"outhaul:{quote(PASSWORD, safe='')}"
    url = f"rediss+sentinel://{login}@127.0.0.1:{port}/{SERVICE}/0?sentinel_password=sesame&{guarded.options}"
    try:
        settings = Settings(ledger_url=url)
        ledger = connect(settings)
        eventually(lambda: accepted(ledger), within=5)
        (finding,) = check_broker(settings)
        assert finding.level is Level.OK, finding
        assert [word for word in ("sesame", PASSWORD, quote(PASSWORD, safe="")) if word in str(finding)] == []
    finally:
        sentinel.stop()


def accepted(ledger: Ledger) -> bool:
    """True once the ledger takes the event."""
    try:
        return ledger.accept([EVENT])[0].result is not Acceptance.CONFLICT
    except LedgerUnavailable:
        return False
