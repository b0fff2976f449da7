"""A scripted HTTP receiver for tests: `with Receiver() as receiver:`."""

from receiver.behaviour import (
    GARBAGE,
    Behaviour,
    Close,
    Drip,
    Early,
    Hang,
    Huge,
    Ok,
    Raw,
    Redirect,
    Reset,
    Status,
    TooMany,
)
from receiver.certificates import Authority
from receiver.process import ReceiverProcess
from receiver.script import Received
from receiver.server import Receiver, UnansweredPort

__all__ = [
    "GARBAGE",
    "Authority",
    "Behaviour",
    "Close",
    "Drip",
    "Early",
    "Hang",
    "Huge",
    "Ok",
    "Raw",
    "Received",
    "Receiver",
    "ReceiverProcess",
    "Redirect",
    "Reset",
    "Status",
    "TooMany",
    "UnansweredPort",
]
