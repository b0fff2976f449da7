"""The context attributes of a CloudEvent, from the CloudEvents specification 1.0."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping

import orjson

from outhaul_ops.simulators.shapes import Check, Remark, filled, matching, one_of, shaped, zoned_moment

EXTENSION_NAME_ADVISED = 20
INTEGERS = range(-(2**31), 2**31)

_REFERENCE = r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
_NAME = re.compile(r"[a-z0-9]+", re.ASCII)
_DATA = ("data", "data_base64")

_OPTIONAL: dict[str, Check] = {
    "datacontenttype": matching(r"[\w.+-]+/[\w.+-]+( *;.*)?", "a media type such as application/json"),
    "dataschema": matching(rf"[A-Za-z][A-Za-z0-9+.\-]*:{_REFERENCE}", "an absolute URI"),
    "subject": filled,
    "time": zoned_moment,
}
_ATTRIBUTES = shaped(
    {
        "id": filled,
        "source": matching(_REFERENCE, "a URI-reference"),
        "specversion": one_of("1.0"),
        "type": filled,
    },
    _OPTIONAL,
)
_KNOWN = frozenset({"id", "source", "specversion", "type", *_OPTIONAL})


def attributes(value: object, path: str) -> Iterator[str]:
    """Whether the attributes are complete and of the right form; extensions included, `data` not."""
    if not isinstance(value, dict):
        yield from _ATTRIBUTES(value, path)
        return
    given = set_attributes(value)
    yield from _ATTRIBUTES(given, path)
    for name, extension in given.items():
        if name not in _KNOWN:
            yield from _extension(name, extension, f"{path}.{name}" if path else name)


def set_attributes(members: Mapping[str, object]) -> dict[str, object]:
    """The attributes among an event's members; one that is null counts as not set."""
    return {name: value for name, value in members.items() if name not in _DATA and value is not None}


def _extension(name: str, value: object, path: str) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"{path}: expected an attribute name of lower-case letters and digits"
    if len(name) > EXTENSION_NAME_ADVISED:
        yield Remark(f"{path}: a name of up to {EXTENSION_NAME_ADVISED} characters is advised")
    simple = isinstance(value, str | bool) or (isinstance(value, int) and value in INTEGERS)
    if not simple:
        yield f"{path}: expected a string, a boolean or a 32-bit integer"


def event(value: object, path: str) -> Iterator[str]:
    """A whole event in the JSON format: its attributes, and `data` or `data_base64`."""
    yield from attributes(value, path)
    if not isinstance(value, dict):
        return
    prefix = f"{path}." if path else ""
    if "data" in value and "data_base64" in value:
        yield f"{prefix}data_base64: expected either it or data, got both"
    if "data_base64" in value and not _is_base64(value["data_base64"]):
        yield f"{prefix}data_base64: expected a string of base64"
    if _is_json(value.get("datacontenttype")) and _encoded_twice(value.get("data")):
        yield Remark(f"{prefix}data: JSON within a string; as JSON data it should be the object itself")


def _is_base64(value: object) -> bool:
    try:
        return isinstance(value, str) and b64decode(value, validate=True) is not None
    except (Base64Error, ValueError):
        return False


def is_json_type(media_type: str) -> bool:
    """Whether content of a media type is JSON."""
    plain = media_type.partition(";")[0].strip().lower()
    return plain in ("application/json", "text/json") or plain.endswith("+json")


def _is_json(datacontenttype: object) -> bool:
    return datacontenttype is None or (isinstance(datacontenttype, str) and is_json_type(datacontenttype))


def _encoded_twice(data: object) -> bool:
    if not isinstance(data, str) or not data.lstrip().startswith(("{", "[")):
        return False
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True
