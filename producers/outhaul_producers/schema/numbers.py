"""Fields that hold amounts and numbers: exact in, one spelling out."""

import re
from decimal import Decimal
from typing import Any

from outhaul_producers.problems import refusal
from outhaul_producers.schema.compiled import Plain
from outhaul_producers.schema.section import Value

_MONEY = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,4}))?").fullmatch
_CANONICAL_MONEY = re.compile(r"(?:0|[1-9][0-9]{0,11})\.[0-9]{2}").fullmatch
_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?").fullmatch
_LARGEST = 10**12
_DECIMALS = 8
_AMOUNT = 'a decimal string such as "12.50"'


class Money(Value):
    """An amount: decimal string, integer or Decimal in; a string with two to four decimals out.

    The one spelling makes 8.5 and 8.50 the same content. `negative` allows amounts below 0.
    """

    def __init__(self, *, negative: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self._negative = negative

    def plain(self) -> Plain:
        """Say what needs no reading: an amount with two decimals, not negative."""
        return Plain("type(value) is str and {recognise}(value)", {"recognise": _CANONICAL_MONEY})

    def read(self, value: Any) -> str:
        """Return the amount with two to four decimals."""
        amount = _respelled(_as_text(value))
        if not amount:
            raise _no_amount(value)
        if amount[0] == "-" and not self._negative:
            raise refusal(f"{_AMOUNT}, not negative", value)
        return amount


class Number(Value):
    """A number that is no amount: integer, finite float, Decimal or decimal string in; a JSON number out.

    `least` and `most` are included; `above_zero` refuses 0 and less; `whole` refuses fractions.
    """

    def __init__(
        self,
        *,
        least: int = -_LARGEST,
        most: int = _LARGEST,
        above_zero: bool = False,
        whole: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._least, self._most = least, most
        self._above_zero = above_zero
        self._whole = whole

    def plain(self) -> Plain:
        """Say what needs no reading: an integer within the bounds."""
        least = max(self._least, 1) if self._above_zero else self._least
        return Plain(f"type(value) is int and {least} <= value <= {self._most}")

    def read(self, value: Any) -> int | float:
        """Return the number, as an integer where it is one."""
        number = value if type(value) is int else _number(value)
        if number is None or not self._least <= number <= self._most:
            raise refusal(self._expected(), value)
        if (self._above_zero and number <= 0) or (self._whole and type(number) is not int):
            raise refusal(self._expected(), value)
        return number

    def _expected(self) -> str:
        kind = "an integer" if self._whole else "a number"
        if self._above_zero:
            return f"{kind} greater than 0 and at most {self._most}"
        return f"{kind} from {self._least} to {self._most}"


class Flag(Value):
    """True or false; null as well where the field allows it."""

    def plain(self) -> Plain:
        """Say what needs no reading: true and false."""
        return Plain("value is True or value is False")

    def read(self, value: Any) -> bool | None:
        """Return the flag."""
        if value is True or value is False or (value is None and self.allow_none):
            return value
        raise refusal("true, false or null" if self.allow_none else "true or false", value)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return _decimal_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(int(value))
    return ""


def _decimal_text(value: Decimal) -> str:
    # an exponent far away would be written out in as many digits
    if not value.is_finite() or value.adjusted() > 12 or int(value.as_tuple().exponent) < -40:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _respelled(text: str) -> str:
    found = _MONEY(text)
    if found is None:
        return ""
    sign, units, fraction = found.groups()
    fraction = (fraction or "").rstrip("0").ljust(2, "0")
    amount = f"{units.lstrip('0') or '0'}.{fraction}"
    return amount if amount == "0.00" else sign + amount


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        value = _decimal_text(value)
    if not isinstance(value, float) and not (isinstance(value, str) and _DECIMAL(value)):
        return None
    number = float(value)
    return int(number) if number.is_integer() else number


def _no_amount(value: Any) -> Exception:
    if isinstance(value, float):
        return refusal(_AMOUNT, value, "pass a string or a Decimal, a float is not exact")
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        return refusal(f"{_AMOUNT}, at most 12 digits before the point and 4 after", value)
    return refusal(_AMOUNT, value)
