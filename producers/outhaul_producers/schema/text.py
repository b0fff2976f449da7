"""Fields that hold text: clean, bounded, and where the model says so of a certain form."""

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from outhaul_producers.problems import hostile_character, refusal
from outhaul_producers.schema.codes import COUNTRIES, CURRENCIES
from outhaul_producers.schema.compiled import Plain
from outhaul_producers.schema.section import Value

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
).fullmatch
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch
_PHONE_SEPARATORS = str.maketrans("", "", " -.()/")
_WEB = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#\\][^\s\\]*").fullmatch
_ANY_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\\]+").fullmatch
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*").fullmatch
_MULTILINE = "\t\n\r"
_ONE_OF = "type(value) is str and value in {known}"
_LOWER_EMAIL = re.compile(
    r"(?=.{3,254}\Z)[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
).fullmatch


class Text(Value):
    """A string of `least` to `most` characters without lone surrogates, NUL or other control characters.

    `personal` keeps the value out of error messages; `lines` allows tabs and line breaks.
    """

    expected = "a string"

    def __init__(
        self, most: int = 255, *, least: int = 0, personal: bool = False, lines: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self._least, self._most = least, most
        self.personal = personal
        self._allowed = _MULTILINE if lines else ""

    def plain(self) -> Plain:
        """Say what needs no reading: printable text of the right length."""
        return Plain(f"type(value) is str and value.isprintable() and {self._least} <= len(value) <= {self._most}")

    def read(self, value: Any) -> str:
        """Return the text."""
        text = value if type(value) is str else self.text_of(value)
        if not text.isprintable():
            self._refuse_hostile(text)
        if not self._least <= len(text) <= self._most:
            raise self.refused(value, f"it has {len(text)} characters" if text else "")
        return text

    def text_of(self, value: Any) -> str:
        """Return the exact string a value of another type stands for."""
        if not isinstance(value, str):
            raise self.refused(value)
        # str's own method: an enum member that is a string would otherwise answer with its name
        return str.__str__(value)

    def refused(self, value: Any, advice: str = "") -> Exception:
        """Build the error for a value that does not fit."""
        bounds = f" of {self._least} to {self._most} characters" if self.expected == "a string" else ""
        return refusal(self.expected + bounds, value, advice, personal=self.personal)

    def _refuse_hostile(self, text: str) -> None:
        found = hostile_character(text, self._allowed)
        if found:
            raise refusal("text without control characters and lone surrogates", text, found, personal=True)


class Identifier(Text):
    """A business id: 1 to 128 characters; an integer is taken as its digits."""

    expected = "an id of 1 to 128 characters"

    def __init__(self, **options: Any) -> None:
        super().__init__(128, least=1, **options)

    def text_of(self, value: Any) -> str:
        """Return an integer as its digits, a string as it is."""
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 64:
            return str(int(value))
        return super().text_of(value)


class Formed(Text):
    """Text of a form that a function recognises."""

    def __init__(self, recognise: Callable[[str], object], expected: str, *, most: int = 255, **options: Any) -> None:
        super().__init__(most, **options)
        self._recognise = recognise
        self.expected = expected

    def plain(self) -> Plain:
        """Say what needs no reading: printable text of the form."""
        return Plain(f"{super().plain().condition} and {{recognise}}(value)", {"recognise": self._recognise})

    def read(self, value: Any) -> str:
        """Return the text, if it has the form."""
        text = super().read(value)
        if not self._recognise(text):
            raise self.refused(value)
        return text


class Choice(Text):
    """One word of a closed set."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(64, **options)
        self._words = frozenset(words)
        self.expected = "one of " + ", ".join(words)

    def plain(self) -> Plain:
        """Say what needs no reading: a word of the set."""
        return Plain(_ONE_OF, {"known": self._words})

    def read(self, value: Any) -> str:
        """Return the word."""
        text = super().read(value)
        if text not in self._words:
            raise self.refused(value)
        return text


class Code(Text):
    """A code of a published list; lower case is taken as upper."""

    def __init__(self, codes: Iterable[str], expected: str, **options: Any) -> None:
        super().__init__(64, **options)
        self._codes = frozenset(codes)
        self.expected = expected

    def plain(self) -> Plain:
        """Say what needs no reading: a code as it is published."""
        return Plain(_ONE_OF, {"known": self._codes})

    def read(self, value: Any) -> str:
        """Return the code in upper case."""
        text = super().read(value)
        if text in self._codes:
            return text
        upper = text.upper() if text.isascii() else text
        if upper not in self._codes:
            raise self.refused(value)
        return upper


class Email(Text):
    """An e-mail address, kept in lower case."""

    expected = "an e-mail address such as name@shop.example"

    def __init__(self, **options: Any) -> None:
        super().__init__(512, personal=True, **options)

    def plain(self) -> Plain:
        """Say what needs no reading: an address in lower case."""
        return Plain("type(value) is str and {recognise}(value)", {"recognise": _LOWER_EMAIL})

    def read(self, value: Any) -> str:
        """Return the address, trimmed and in lower case."""
        text = super().read(value).strip()
        if not _EMAIL(text) or len(text) > 254:
            raise self.refused(value)
        return text.lower()


class Phone(Text):
    """A telephone number in E.164 form; spaces and the usual separators are dropped."""

    expected = "a telephone number in E.164 form such as +40712000111"

    def __init__(self, **options: Any) -> None:
        super().__init__(64, personal=True, **options)

    def plain(self) -> Plain:
        """Say what needs no reading: a number without separators."""
        return Plain("type(value) is str and {recognise}(value)", {"recognise": _PHONE})

    def read(self, value: Any) -> str:
        """Return the number as `+` and digits."""
        text = super().read(value)
        if _PHONE(text):
            return text
        text = text.translate(_PHONE_SEPARATORS)
        if not _PHONE(text):
            raise self.refused(value)
        return text


class Ip(Text):
    """An IPv4 or IPv6 address."""

    expected = "an IPv4 or IPv6 address"

    def __init__(self, **options: Any) -> None:
        super().__init__(64, personal=True, **options)

    def read(self, value: Any) -> str:
        """Return the address in its shortest form."""
        text = super().read(value)
        try:
            return str(ip_address(text))
        except ValueError:
            raise self.refused(value) from None


def web_address(**options: Any) -> Formed:
    """Field of an absolute `http` or `https` URL, at most 2048 characters."""
    return Formed(_WEB, "an absolute http or https URL", most=2048, **options)


def location(**options: Any) -> Formed:
    """Field of an absolute URL of any scheme: an app's deep link is a place, too."""
    return Formed(_ANY_SCHEME, "an absolute URL", most=2048, **options)


def currency_code(**options: Any) -> Code:
    """Field of an ISO 4217 currency code."""
    return Code(CURRENCIES, "an ISO 4217 currency code such as EUR", **options)


def country_code(**options: Any) -> Code:
    """Field of an ISO 3166-1 alpha-2 country code."""
    return Code(COUNTRIES, "an ISO 3166-1 alpha-2 country code such as RO", **options)


def language_tag(**options: Any) -> Formed:
    """Field of a language tag of BCP 47; an underscore is let pass, as many systems write it."""
    return Formed(_LANGUAGE, "a language tag such as ro-RO", most=35, **options)
