"""Keeps terminals and readers of logs from obeying what others wrote: controls, new lines, turned directions."""

import re

# In JSON that is written as UTF-8 the controls below the space are escaped already. Left are DEL and the second set of
# controls, whose U+009B begins a command like ESC [, what some readers take for the end of a line, and what turns the
# direction of the text after it.
_LEFT_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_FIRST_BYTES = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def harmless(text: str, keep: str = "") -> str:
    """Return `text` with an escape such as `\\x1b` or `\\n` for everything that does not print, save `keep`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in keep else _escaped(each) for each in text)


def harmless_json(document: bytes) -> bytes:
    """Return a JSON document in UTF-8 with `\\u` escapes for what a terminal would obey; it means the same."""
    if not _FIRST_BYTES.search(document):
        return document
    return _LEFT_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", document.decode()).encode()


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
