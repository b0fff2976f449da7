"""`outhaul demo` as a user runs it: alone, in any folder, whatever is configured; and it cleans up behind itself."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from uuid import uuid4

import orjson
import pytest

from eventually import eventually
from outhaul_worker.drain import OUTAGE_PATIENCE_SECONDS

START = 90.0  # on a busy machine
HOSTILE = {
    "OUTHAUL_LEDGER_URL": "nonsense",
    "OUTHAUL_NAMESPACE": "other",
    "OUTHAUL_CONFIG": "/nowhere/outhaul.toml",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}
WRONG = """
from dataclasses import replace
from outhaul_ops import cli
from outhaul_ops.commands import demo
from outhaul_ops.demo.scenario import Place, load_scenario

scenario = load_scenario()
place = Place("ev_demo_fails_twice", "webhook")
expected = {**scenario.expected, place: replace(scenario.expected[place], fates=("dropped", "stored"))}
demo.load_scenario = lambda: replace(scenario, expected=expected)
cli.main()
"""


@dataclass
class Demo:
    """A running demo, its output so far, and a variable that all its processes inherit."""

    process: "subprocess.Popen[str]"
    mark: str
    lines: list[tuple[float, str]] = field(default_factory=list)
    reader: Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append((time.monotonic(), line.rstrip("\n")))

    @property
    def output(self) -> str:
        """All that was printed."""
        return "\n".join(line for _, line in self.lines)

    def reaches(self, step: str) -> float:
        """Wait until a step has been told; returns when that was."""

        def told() -> list[float]:
            return [at for at, line in self.lines if line.startswith(step)]

        return eventually(told, within=START, what=f"{step!r} in the output")[0]

    def told(self, step: str) -> str:
        """Return the text of the last line about a step."""
        return [line.removeprefix(step).strip() for _, line in self.lines if line.startswith(step)][-1]

    def processes(self) -> dict[int, str]:
        """Return the demo's living processes, children of children included, with their command lines."""
        return {int(path.name): _command(path) for path in Path("/proc").glob("[0-9]*") if self._owns(path)}

    def _owns(self, path: Path) -> bool:
        with suppress(OSError):
            return self.mark.encode() in (path / "environ").read_bytes()
        return False

    def ends(self, within: float = 30.0) -> int:
        """Wait for the end; returns the exit status. No process may be left by then."""
        status = self.process.wait(within)
        assert self.processes() == {}
        self.reader.join(within)
        return status


def _command(path: Path) -> str:
    with suppress(OSError):
        return (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return "?"


Run = Callable[..., Demo]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start a demo in a folder that is not the checkout, with a temporary folder of its own."""
    started: list[Demo] = []
    (tmp_path / "tmp").mkdir()

    def start(*arguments: str, program: tuple[str, ...] = ("-m", "outhaul_ops"), **variables: str) -> Demo:
        mark = f"demo-{uuid4().hex}"
        process = subprocess.Popen(
            [sys.executable, *program, "demo", *arguments],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "DEMO_MARK": mark, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(Demo(process, mark))
        return started[-1]

    yield start
    for demo in started:
        for pid in demo.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        demo.process.wait()
        demo.reader.join()


def test_the_demo_ends_well_by_itself_whatever_is_configured_around_it(run: Run, tmp_path: Path) -> None:
    """Within 30 s of its set-up: every delivery with its attempts, all vendors' records, status 0, nothing left."""
    (tmp_path / "outhaul.toml").write_text("not even TOML")
    demo = run(**HOSTILE)
    began = demo.reaches("enqueued")
    assert demo.ends() == 0, demo.output
    assert time.monotonic() - began < 30
    rows = {line.split("  ")[0]: re.split(r" {2,}", line)[1:] for _, line in demo.lines}
    once = "ok 1x 200"
    assert len([name for name in rows if name.startswith("ev_demo_")]) == 21
    assert rows["event"] == ["remarkety", "datareshape", "simon", "okanjo", "esputnik", "webhook", "cloudevents"]
    assert rows["ev_demo_order_created"] == [once] * 7
    assert rows["ev_demo_fails_twice"] == [once, "skipped", once, "-", once, "ok 3x 200", once]
    assert rows["ev_demo_answer_lost"] == [once, "skipped", once, "-", once, once, "ok 2x 200"]
    assert rows["ev_demo_refused"] == ["ok 2x 200", "skipped", once, "-", once, once, once]
    assert rows["datareshape"] == ["8", "2", "0", "1", "0", "0", "12"]
    assert rows["webhook"] == ["12", "0", "0", "0", "0", "2", "0"]
    assert rows["cloudevents"] == ["21", "0", "1", "0", "0", "0", "0"]
    assert "remark       simon on product_view: received, unusable" in demo.output
    assert "21 events of a shop; known before: ev_demo_order_created" in demo.output
    assert "dead letter  ev_demo_refused at remarkety: HTTP 400" in demo.output
    assert list((tmp_path / "tmp").iterdir()) == []


def _to_group(demo: Demo) -> None:
    os.killpg(demo.process.pid, signal.SIGINT)


def _to_parent(demo: Demo) -> None:
    demo.process.terminate()


@pytest.mark.parametrize(
    ("step", "interrupt"),
    [("server", _to_group), ("vendor", _to_parent), ("enqueued", _to_group)],
)
def test_ctrl_c_at_any_step_leaves_no_process_and_no_folder(
    run: Run, tmp_path: Path, step: str, interrupt: Callable[[Demo], None]
) -> None:
    """While things start, while events are delivered, to the group or to the parent alone: status 130, all is gone."""
    demo = run()
    demo.reaches(step)
    interrupt(demo)
    assert demo.ends() == 130, demo.output
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_second_ctrl_c_does_not_wait(run: Run) -> None:
    """A worker that cannot end, here because it is stopped, is killed."""
    demo = run()
    demo.reaches("worker")
    (worker,) = [pid for pid, command in demo.processes().items() if "celery" in command and os.getpgid(pid) == pid]
    os.killpg(worker, signal.SIGSTOP)
    demo.process.send_signal(signal.SIGINT)
    asked = demo.reaches("ending")
    eventually(lambda: time.monotonic() - asked > 0.5, within=5)
    demo.process.send_signal(signal.SIGINT)
    assert demo.ends(within=5) == 130, demo.output


def test_a_demo_that_is_killed_leaves_no_process(run: Run) -> None:
    """Server and worker end with their parent even when it had no chance to end them.

    A drain whose outcomes are not written by then tries for its whole patience, as it cannot know that the server is
    gone for good.
    """
    demo = run()
    demo.reaches("worker")
    demo.process.kill()
    eventually(lambda: not demo.processes(), within=OUTAGE_PATIENCE_SECONDS + 10, what="no process left")


def test_a_delivery_that_ends_otherwise_than_the_sample_says_gives_status_1(run: Run, tmp_path: Path) -> None:
    """It is named, with what was expected and what was got, and the logs stay."""
    demo = run(program=("-c", WRONG))
    assert demo.ends(within=START) == 1, demo.output
    expected = "delivery ev_demo_fails_twice at webhook: expected delivered after 2 attempts, last answer 200"
    assert f"{expected}, got delivered after 3 attempts, last answer 200" in demo.output
    (folder,) = (tmp_path / "tmp").iterdir()
    assert f"the logs are in {folder}" in demo.output
    assert "delivery.attempted" in (folder / "worker.log").read_text()


def test_a_worker_that_does_not_start_ends_the_demo_with_its_log(run: Run, tmp_path: Path) -> None:
    """The end of the worker's log is the message, and the status is 1."""
    (tmp_path / "celery.py").write_text("raise SystemExit('this celery is broken')")
    demo = run(PYTHONPATH=str(tmp_path))
    assert demo.ends(within=START) == 1, demo.output
    assert "the worker ended with status 1; the end of its log:\nthis celery is broken" in demo.output


def test_a_demo_that_is_kept_can_be_looked_at_until_ctrl_c(run: Run, tmp_path: Path) -> None:
    """What it prints works in another folder, its own folder stays, and Ctrl-C ends all of it."""
    demo = run("--keep", "--folder", "kept", **HOSTILE)
    demo.reaches("new event")
    folder = tmp_path / "kept"
    assert demo.told("first") == f"export OUTHAUL_CONFIG={folder}/outhaul.toml"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTHAUL_")}
    answer = subprocess.run(
        f"{demo.told('an event')} --json",
        shell=True,
        check=True,
        capture_output=True,
        cwd="/",
        env={**environment, "OUTHAUL_CONFIG": str(folder / "outhaul.toml")},
    )
    attempts = {each["destination"]: each["attempts"] for each in orjson.loads(answer.stdout)["deliveries"]}
    assert (attempts["remarkety"], attempts["webhook"]) == (1, 3)
    _to_group(demo)
    assert demo.ends() == 130, demo.output
    assert (folder / "worker.log").exists()
