"""Who is behind a clientId: what identify calls said, for as long as Simon Data remembers it."""

from dataclasses import dataclass, field

REMEMBERED_SECONDS = 7 * 24 * 3600


@dataclass(slots=True)
class Identities:
    """A map from clientId to an e-mail, each entry for seven days after it was last said."""

    _known: dict[str, tuple[str, float]] = field(default_factory=dict)

    def learn(self, client_id: str, email: str, now: float) -> None:
        """Remember an e-mail from `now` on, in Unix seconds."""
        self._known[client_id] = (email, now + REMEMBERED_SECONDS)

    def email(self, client_id: str, now: float) -> str:
        """The e-mail known at `now`, empty where there is none or it is forgotten."""
        email, until = self._known.get(client_id, ("", now))
        return email if now < until else ""

    def as_json(self) -> dict[str, object]:
        """Each clientId with its e-mail and until when, in Unix seconds, it is remembered."""
        return {client_id: {"email": email, "until": until} for client_id, (email, until) in self._known.items()}
