"""What to type while the demo is kept running."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from outhaul_config.settings import CONFIG_VARIABLE
from outhaul_ops.demo.folder import foreign_variables
from outhaul_ops.demo.stage import Stage


def advice(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield lines for the screen: a word, and a command that works in any folder of another terminal."""
    yield "", f"All of it goes on running until Ctrl-C; what is in {stage.folder.path} stays. In another terminal:"
    if foreign := foreign_variables(os.environ):
        yield "first", f"unset {' '.join(foreign)}"
    yield "first", f"export {CONFIG_VARIABLE}={shlex.quote(str(stage.folder.config))}"
    outhaul, celery = _program("outhaul", "outhaul_ops"), _program("celery", "celery")
    yield "an event", f"{outhaul} status ev_demo_fails_twice"
    yield "dead letters", f"{outhaul} dead-letters list"
    yield "destinations", f"{outhaul} destinations list"
    yield "the worker", f"{celery} -A outhaul_worker inspect ping"
    for name, vendor in stage.vendors.items():
        yield "a vendor", f"curl {vendor.url}/_simulator/record  # {name}"
    yield "its log", f"tail -f {shlex.quote(str(stage.folder.worker_log))}"
    url = stage.vendors["webhook"].url
    yield "break it", f"curl -d 'next 3: 503' {url}/_simulator/misbehave"
    event = """'{"type":"custom.hello","id":"ev_hello","properties":{"from":"me"}}'"""
    yield "new event", f"echo {event} | {outhaul} enqueue - && {outhaul} status ev_hello"


def _program(name: str, module: str) -> str:
    beside = Path(sys.executable).with_name(name)
    words = [str(beside)] if beside.exists() else [sys.executable, "-m", module]
    return shlex.join(words)
