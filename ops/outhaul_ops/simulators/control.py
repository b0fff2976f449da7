"""The control interface: paths under `/_simulator/` on the simulator's own port, for tests and people elsewhere."""

from collections.abc import Callable
from difflib import get_close_matches

import orjson

from outhaul_ops.simulators.desk import Desk
from outhaul_ops.simulators.exchange import Call, Reply
from outhaul_ops.simulators.misbehaviour import MisbehaviourError
from outhaul_ops.simulators.record import Fate

PREFIX = "/_simulator/"

_Route = Callable[[Call], Reply]


class Control:
    """Answers control requests about one desk. Whoever reaches the port may use it; it asks for no credential."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._routes: dict[tuple[str, str], _Route] = {
            ("GET", ""): self._overview,
            ("GET", "record"): self._record,
            ("GET", "state"): self._state,
            ("POST", "misbehave"): self._misbehave,
            ("POST", "mend"): self._mend,
            ("POST", "reset"): self._reset,
        }

    def answer(self, call: Call) -> Reply:
        """Do what a control request asks; mistakes are answered with 400, 404 or 405 and what was expected."""
        name = call.path.removeprefix(PREFIX)
        if route := self._routes.get((call.method, name)):
            return route(call)
        methods = [method for method, known in self._routes if known == name]
        if methods:
            return _mistake(405, f"expected {methods[0]} {call.path}, got {call.method}", {"Allow": methods[0]})
        known = [path for _, path in self._routes if path]
        near = get_close_matches(name, known, n=1)
        hint = f"; nearest known: {near[0]}" if near else ""
        return _mistake(404, f"expected one of {', '.join(known)} under {PREFIX}, got {name!r}{hint}")

    def _overview(self, _call: Call) -> Reply:
        return Reply.of(200, self._summary())

    def _summary(self) -> dict[str, object]:
        rules = [str(rule) for rule in self._desk.misbehaviour.rules()]
        return {
            "kind": self._desk.vendor.kind,
            "requests": len(self._desk.record),
            "counts": self._desk.record.counts(),
            "rules": rules,
        }

    def _record(self, call: Call) -> Reply:
        try:
            fate = Fate(call.query["fate"]) if "fate" in call.query else None
            since, limit = (int(call.query.get(name, "0")) for name in ("since", "limit"))
        except ValueError as error:
            return _mistake(400, f"expected fate=FATE, event_id=ID, since=NUMBER, limit=NUMBER: {error}")
        entries = self._desk.record.entries(fate=fate, event_id=call.query.get("event_id", ""), since=since)
        shown = entries[-limit:] if limit > 0 else entries
        return Reply.of(200, {**self._summary(), "entries": [entry.as_json() for entry in shown]})

    def _state(self, _call: Call) -> Reply:
        return Reply.of(200, self._desk.state())

    def _misbehave(self, call: Call) -> Reply:
        try:
            self._desk.misbehaviour.apply(_lines(call))
        except MisbehaviourError as error:
            return _mistake(400, str(error))
        return self._overview(call)

    def _mend(self, call: Call) -> Reply:
        self._desk.misbehaviour.mend(call.query.get("event", ""))
        return self._overview(call)

    def _reset(self, call: Call) -> Reply:
        self._desk.reset()
        return self._overview(call)


def _lines(call: Call) -> str:
    """The notation in a body: plain text, or as JSON one string or a list of them."""
    if call.media_type != "application/json":
        return call.body.decode(errors="replace")
    document = call.document
    given = document if isinstance(document, list) else [document]
    lines = [line for line in given if isinstance(line, str)]
    if len(lines) < len(given):
        raise MisbehaviourError("expected a JSON string or a list of strings, each a line such as `next 2: 500`")
    return "\n".join(lines)


def _mistake(status: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, orjson.dumps({"error": message}), headers or {})
