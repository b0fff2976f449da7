"""How a simulator is told to misbehave: a small notation, and the rules waiting to be applied.

A line is `all: ACTION`, `next N: ACTION`, `event ID: ACTION`, `event ID next N: ACTION`, `mend` or `mend event ID`; it
ends at a newline or a semicolon. An action is a status (`500`, `429 retry-after 2`), `hang`, `reset`, `lose`,
`slow 2s`, `drip` or `drip 50ms`.
"""

import re
from collections import deque
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from enum import StrEnum
from threading import Lock

from outhaul_config.durations import format_duration, parse_duration

EXAMPLES = "`next 2: 500`, `all: 429 retry-after 5`, `event ev_1: hang`, `event ev_1 next 2: reset`, `mend`"
DRIP_SECONDS = 1.0

_ACTIONS = "a status 200-599 (with `retry-after SECONDS|DATE`), hang, reset, lose, slow DURATION or drip [DURATION]"

_WHO = re.compile(r"all|next (?P<any>[1-9]\d{0,6})|event (?P<event>\S+)(?: next (?P<own>[1-9]\d{0,6}))?")
_MEND = re.compile(r"mend(?: event (?P<event>\S+))?")
_STATUS = re.compile(r"(?P<status>[2-5]\d\d)(?: retry-after (?P<wait>\S.*))?")
_EVERYTHING = ""


class MisbehaviourError(ValueError):
    """A line that is not in the notation; the message says what was expected."""


class Manner(StrEnum):
    """The ways to misbehave."""

    STATUS = "status"
    """Answer with a given status; the vendor never sees the request."""
    HANG = "hang"
    """Never answer; the vendor never sees the request."""
    RESET = "reset"
    """Reset the connection; the vendor never sees the request."""
    LOSE = "lose"
    """Let the vendor take the request, then reset the connection: the answer is lost."""
    SLOW = "slow"
    """Let the vendor take the request, then wait before answering."""
    DRIP = "drip"
    """Let the vendor take the request, then send its answer byte by byte."""


@dataclass(frozen=True, slots=True)
class Action:
    """What is done to a request. `seconds` is the wait of `slow`, or between two bytes of `drip`."""

    manner: Manner
    status: int = 0
    retry_after: str = ""
    seconds: float = 0.0

    @property
    def reaches_vendor(self) -> bool:
        """Whether the vendor takes the request before anything goes wrong."""
        return self.manner in (Manner.LOSE, Manner.SLOW, Manner.DRIP)

    def __str__(self) -> str:
        if self.manner is Manner.STATUS:
            return f"{self.status} retry-after {self.retry_after}" if self.retry_after else str(self.status)
        return f"{self.manner} {format_duration(self.seconds)}" if self.seconds else str(self.manner)


@dataclass(frozen=True, slots=True)
class Rule:
    """An action with the requests it is for: all or those about one event, for the next `count` or until mended."""

    action: Action
    event_id: str = ""
    count: int | None = None

    def __str__(self) -> str:
        words = [f"event {self.event_id}"] if self.event_id else []
        words += [f"next {self.count}"] if self.count else []
        return f"{' '.join(words) or 'all'}: {self.action}"


@dataclass(frozen=True, slots=True)
class Mend:
    """Take back every rule, or with `event_id` those about one event."""

    event_id: str = ""


def parse(text: str) -> list[Rule | Mend]:
    """Read lines of the notation.

    Raises:
        MisbehaviourError: a line is not in the notation, or there is no line at all.
    """
    lines = [" ".join(line.split()) for line in re.split(r"[;\n]", text)]
    if not any(lines):
        raise MisbehaviourError(f"expected a line such as {EXAMPLES}; got nothing")
    return [_parse_line(line) for line in lines if line]


def _parse_line(line: str) -> Rule | Mend:
    if mend := _MEND.fullmatch(line):
        return Mend(mend["event"] or "")
    who, colon, action = line.partition(": ")
    if not colon:
        raise MisbehaviourError(f"expected WHO: ACTION, such as {EXAMPLES}; got {line!r}")
    matched = _WHO.fullmatch(who)
    if matched is None:
        raise MisbehaviourError(
            f"expected `all`, `next N`, `event ID` or `event ID next N` before the colon; got {who!r}"
        )
    count = matched["any"] or matched["own"]
    return Rule(_parse_action(action), matched["event"] or "", int(count) if count else None)


def _parse_action(text: str) -> Action:
    if status := _STATUS.fullmatch(text):
        return Action(Manner.STATUS, int(status["status"]), _retry_after(status["wait"] or ""))
    word, _, duration = text.partition(" ")
    if word in (Manner.SLOW, Manner.DRIP):
        return Action(Manner(word), seconds=_seconds(duration, word))
    if word in (Manner.HANG, Manner.RESET, Manner.LOSE) and not duration:
        return Action(Manner(word))
    near = get_close_matches(word, [*Manner][1:], n=1)
    hint = f"; nearest known: {near[0]}" if near else ""
    raise MisbehaviourError(f"expected {_ACTIONS}; got {text!r}{hint}")


def _retry_after(text: str) -> str:
    if text and not text.isdecimal():
        try:
            parsedate_to_datetime(text)
        except ValueError:
            raise MisbehaviourError(
                f"expected whole seconds or an HTTP date after `retry-after`; got {text!r}"
            ) from None
    return text


def _seconds(text: str, manner: str) -> float:
    if not text and manner == Manner.DRIP:
        return DRIP_SECONDS
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if not seconds:
        raise MisbehaviourError(
            f"expected a duration above zero such as 250ms, 2s or 1m after `{manner}`; got {text!r}"
        )
    return seconds


@dataclass(slots=True)
class _Script:
    """The rules for one event, or for all requests: counted ones are used up in order, then the standing one holds."""

    counted: deque[Rule] = field(default_factory=deque)
    standing: Rule | None = None

    def add(self, rule: Rule) -> None:
        if rule.count is None:
            self.standing = rule
        else:
            self.counted.append(rule)

    def take(self) -> Rule | None:
        if not self.counted:
            return self.standing
        rule = self.counted.popleft()
        if rule.count is not None and rule.count > 1:
            self.counted.appendleft(replace(rule, count=rule.count - 1))
        return rule

    def rules(self) -> list[Rule]:
        return [*self.counted, *([self.standing] if self.standing else [])]


class Misbehaviour:
    """The rules of one simulator; usable from any thread. A rule about an event goes before one about all."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._scripts: dict[str, _Script] = {}

    def apply(self, text: str) -> None:
        """Add the rules of `text`, or take rules back. A standing rule replaces the one before it.

        Raises:
            MisbehaviourError: `text` is not in the notation; then nothing of it is applied.
        """
        for line in parse(text):
            if isinstance(line, Mend):
                self.mend(line.event_id)
            else:
                with self._lock:
                    self._scripts.setdefault(line.event_id, _Script()).add(line)

    def mend(self, event_id: str = "") -> None:
        """Take back every rule, or those about one event."""
        with self._lock:
            if event_id:
                self._scripts.pop(event_id, None)
            else:
                self._scripts.clear()

    def rules(self) -> tuple[Rule, ...]:
        """The rules still waiting, with what is left of their counts."""
        with self._lock:
            return tuple(rule for script in self._scripts.values() for rule in script.rules())

    def take(self, *names: str) -> Action | None:
        """What to do to a request whose event goes by these names, None to behave; uses up one of a rule's count."""
        if not self._scripts:
            return None
        with self._lock:
            for name in (*filter(None, names), _EVERYTHING):
                script = self._scripts.get(name)
                if script and (rule := script.take()):
                    return rule.action
        return None
