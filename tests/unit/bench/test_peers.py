"""The peers: what is known of them without running them."""

from pathlib import Path

import pytest

from outhaul_ops.bench.contenders import PROCESSES, Contender
from outhaul_ops.bench.installing import PeerMissing
from outhaul_ops.bench.peers import ALL_PEERS, BULLMQ, CELERY, DRAMATIQ, PEERS, Peer, pinned_versions, present


class Notes:
    """The part of a stage that is told things."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)


def contender(peer: Peer) -> Contender:
    """A contender of that name, or none for one that lacks something."""
    if peer is BULLMQ:
        raise PeerMissing("npm is not on PATH")
    return Contender(peer.name, (), (), {}, Path(), lambda: 0)


def test_a_peer_that_cannot_take_part_is_named_with_the_reason() -> None:
    """The others are measured all the same, and a reader is told who is missing."""
    stage = Notes()
    found = present(stage, (CELERY, BULLMQ, DRAMATIQ), contender)
    assert [each.name for each in found] == [CELERY.name, DRAMATIQ.name]
    assert stage.notes == ["bullmq + undici is left out: npm is not on PATH"]


@pytest.mark.parametrize("peer", ALL_PEERS, ids=lambda peer: peer.name)
def test_a_peer_has_its_programs_and_pins_what_it_names(peer: Peer) -> None:
    """Every package whose version is told is one that is installed in that version."""
    assert (PEERS / peer.package).is_dir()
    assert set(peer.packages) <= set(peer.pins() if peer.packages else ())


def test_the_versions_of_those_who_took_part_are_told() -> None:
    """A reader knows what was compared, and nothing of who was left out."""
    told = pinned_versions([CELERY.name, DRAMATIQ.name])
    assert set(told) == {"dramatiq"}
    assert told["dramatiq"][0].isdigit()


@pytest.mark.parametrize("peer", ALL_PEERS, ids=lambda peer: peer.name)
def test_a_peer_delivers_with_two_processes(peer: Peer) -> None:
    """Nobody has more cores than another."""
    commands = peer.workers(7)
    told = " ".join(" ".join(command) for command in commands)
    counted = [f"{option}={PROCESSES}" for option in ("--concurrency", "--processes", "--workers")]
    assert len(commands) == PROCESSES or any(option in told for option in counted)
