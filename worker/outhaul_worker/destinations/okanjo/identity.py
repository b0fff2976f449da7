"""Event ids as Okanjo's have them: `EV` and base58 characters."""

from hashlib import blake2b

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 18


def okanjo_id(event_id: str) -> str:
    """The Okanjo id of a canonical event: always the same one, so that a listener knows a repeat by it.

    18 characters of 58 hold 105 bits: two events with one id are not to be expected.
    """
    number = int.from_bytes(blake2b(event_id.encode(), digest_size=16).digest())
    characters = []
    for _ in range(_LENGTH):
        number, character = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[character])
    return f"EV{''.join(characters)}"
