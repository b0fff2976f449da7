"""A subscription: what is sent to whom, as it is kept in the ledger."""

import secrets
from base64 import b32encode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from outhaul_config.secret import Secret
from outhaul_ledger.subscribing import Entry
from outhaul_producers.subscriptions.conditions import Condition, compile_filter

PREFIX = "sub."
"""What every name begins with. No configured destination's can, for it has no dot."""

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signing:
    """A signing secret, and until when it is used (Unix seconds); 0 for always."""

    secret: Secret
    until: float = 0.0

    def current(self, now: float) -> bool:
        """Say whether it is still used."""
        return not self.until or now < self.until


@dataclass(frozen=True, slots=True)
class Draft:
    """What a subscription is, before it has a name.

    Args:
        kind: the destination kind that its deliveries are made by.
        owner: whose it is: `okanjo:<account>`, or `api`.
        types: event types and patterns that are sent.
        options: further keys of the destination's table, such as `url` and `headers`.
        signing: the secrets that sign, the newest first.
        filter: conditions on the event, as JSON; None for all.
        description: what it is for.
        patience: seconds for which all deliveries may fail until it is disabled.
    """

    kind: str
    owner: str
    types: tuple[str, ...]
    options: Mapping[str, Any] = field(repr=False)
    signing: tuple[Signing, ...] = field(default=(), repr=False)
    filter: Mapping[str, Any] | None = None
    description: str = ""
    patience: float = 5 * 86400.0

    @property
    def url(self) -> str:
        """Where it is sent to."""
        return str(self.options["url"])

    def document(self) -> bytes:
        """Return it as the ledger keeps it, secrets included."""
        return orjson.dumps(
            {
                "kind": self.kind,
                "owner": self.owner,
                "types": self.types,
                "options": self.options,
                "signing": [{"secret": each.secret.reveal(), "until": each.until} for each in self.signing],
                "filter": self.filter,
                "description": self.description,
                "patience": self.patience,
            }
        )

    @classmethod
    def read(cls, document: bytes) -> "Draft":
        """Read what the ledger keeps."""
        found = orjson.loads(document)
        signing = tuple(Signing(Secret(each["secret"]), each["until"]) for each in found["signing"])
        return cls(
            kind=found["kind"],
            owner=found["owner"],
            types=tuple(found["types"]),
            options=found["options"],
            signing=signing,
            filter=found["filter"],
            description=found["description"],
            patience=found["patience"],
        )

    def rotated(self, secret: Secret, now: float, overlap: float) -> "Draft":
        """Return it with a new secret, beside which those until now sign for `overlap` seconds more."""
        ends = now + overlap
        kept = [
            replace(each, until=min(each.until, ends) if each.until else ends)
            for each in self.signing
            if each.current(now)
        ]
        return replace(self, signing=(Signing(secret), *(kept if overlap > 0 else ())))

    def table(self, now: float) -> dict[str, Any]:
        """Return the destination's table that it stands for at this time (Unix seconds)."""
        current = [each.secret.reveal() for each in self.signing if each.current(now)]
        return {
            **self.options,
            "kind": self.kind,
            "subscribe": list(self.types),
            **({"secret": current} if current else {}),
        }

    def lapses(self, now: float) -> float:
        """Return when the next secret falls away (Unix seconds); infinity where none will."""
        return min((each.until for each in self.signing if each.until > now), default=float("inf"))


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription with its place in the ledger. `condition` is its filter, ready for use."""

    entry: Entry
    draft: Draft
    condition: Condition | None

    @classmethod
    def read(cls, entry: Entry) -> "Subscription":
        """Read what the ledger keeps."""
        draft = Draft.read(entry.document)
        return cls(entry, draft, compile_filter(draft.filter) if draft.filter else None)

    @property
    def name(self) -> str:
        """The destination's name."""
        return self.entry.name

    def wants(self, body: Mapping[str, Any], accepted_at: int) -> bool:
        """Say whether an event of one of its types is for it: accepted since it was made, and within its filter."""
        return self.entry.created_at <= accepted_at and (self.condition is None or self.condition(body))


def new_name() -> str:
    """Make a name of 80 random bits; short, as it is kept with every delivery."""
    return PREFIX + b32encode(secrets.token_bytes(10)).decode().lower()


def new_secret() -> Secret:
    """Make a signing secret of the Standard Webhooks form."""
    return Secret("whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode())
