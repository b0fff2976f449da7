"""Every canonical type, as every kind sends it: compared with files that were checked by hand against the contracts.

After a wanted change, write the files anew and read the difference before committing it:

    PYTHONPATH=tests .venv/bin/python -m unit.destinations.test_golden_payloads
"""

from pathlib import Path

import orjson
import pytest

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import DestinationKind, NotApplicable
from outhaul_worker.destinations.registry import kinds
from unit.destinations.canonical import SAMPLES
from unit.destinations.configured import OPTIONS, built

GOLDEN = Path(__file__).parent / "golden"


def golden_file(kind: str, event_type: str) -> Path:
    """Where the payload of a type is kept."""
    return GOLDEN / kind / f"{event_type}.json"


def written(kind: DestinationKind, event: Event) -> bytes:
    """What the kind makes of the event, for people: the headers and the body, or why there is none."""
    result = kind.serialise(event)
    if isinstance(result, NotApplicable):
        shown: dict[str, object] = {"not_applicable": result.reason}
    else:
        shown = {"headers": dict(result.headers), "body": orjson.loads(result.body)}
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@pytest.mark.parametrize("event_type", SAMPLES)
@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_the_payload_of_every_type_is_the_one_that_was_reviewed(kind: str, event_type: str) -> None:
    """Nothing that is sent changes, down to the order of its keys, without somebody reading the change."""
    assert written(built(kind), SAMPLES[event_type]).decode() == golden_file(kind, event_type).read_text()


def test_no_golden_file_is_left_over() -> None:
    """Every file belongs to a type and kind that exist."""
    wanted = {golden_file(kind, event_type) for kind in kinds() for event_type in SAMPLES}
    assert set(GOLDEN.glob("*/*.json")) == wanted


def regenerate() -> None:
    """Write every file anew."""
    for kind in sorted(OPTIONS):
        built_kind = built(kind)
        for event_type, sample in SAMPLES.items():
            path = golden_file(kind, event_type)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(built_kind, sample))


if __name__ == "__main__":
    regenerate()
