"""The scripts say of themselves what is true, and Python offers all of them."""

import ast
import re
from pathlib import Path

import pytest

from outhaul_config import keys
from outhaul_ledger.model import State
from outhaul_ledger.operations import FOLDER, load, names, read_header

LABELS = ["KEYS", "STATES", "ARGV", "Returns", "Touches", "Uses"]


def offered() -> set[str]:
    """Which operations the Python faces run."""
    sources = [path.read_text() for path in FOLDER.parent.glob("*.py")]
    calls = (node for text in sources for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    runs = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in ("_run", "_pages"))
    return {str(call.args[0].value) for call in runs if isinstance(call.args[0], ast.Constant)}


def test_the_operations_on_disk_are_those_that_python_offers() -> None:
    """No script is dead, none is missing, and nothing but scripts and their library lies in the folder."""
    assert set(names()) == offered()
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.lua" for name in names()} | {"lib"}


@pytest.mark.parametrize("name", names())
def test_a_header_is_complete_and_speaks_of_known_things(name: str) -> None:
    """Purpose and all labels are there, in one order; keys, states and library pieces exist."""
    header = read_header(name)
    assert header.purpose.endswith(".")
    assert list(header.parts) == LABELS
    assert all(header.parts[label] for label in ("KEYS", "ARGV", "Returns", "Touches", "Uses"))
    assert set(header.words("KEYS")) <= set(keys.KEYS)
    assert set(header.words("STATES")) <= set(State)
    assert all((FOLDER / "lib" / f"{piece}.lua").is_file() for piece in header.words("Uses"))
    assert set(header.flags) <= {"allow-oom", "no-writes"}


@pytest.mark.parametrize("name", names())
def test_a_script_binds_exactly_the_keys_and_states_it_names(name: str) -> None:
    """What is declared is used, and what is used is declared; what it touches is among its keys."""
    header, source = read_header(name), load(name).source
    assert set(re.findall(r"\bkeys\.(\w+)", source)) == set(header.words("KEYS"))
    assert set(re.findall(r"\bstates\.(\w+)", source)) <= set(header.words("STATES"))
    assert set(re.findall(r"([a-z]+)(?::<\w+>)?", re.sub(r"\([^)]*\)|<\w+>", "", header.parts["Touches"]))) <= set(
        header.words("KEYS")
    )


@pytest.mark.parametrize("name", names())
def test_a_script_spells_no_key_and_leaves_nothing_in_the_global_table(name: str) -> None:
    """Key names come from the table alone, and every function and variable is local."""
    source = load(name).source
    assert "outhaul" not in source
    assert not re.findall(r"^(?:function|[a-z_]+ *=[^=])", source, re.MULTILINE)


def test_every_library_piece_is_used() -> None:
    """No piece outlives the operations that needed it."""
    used = {piece for name in names() for piece in read_header(name).words("Uses")}
    assert {path.stem for path in (FOLDER / "lib").iterdir()} == used


def test_a_script_that_names_an_unknown_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen in a header shows when the operation is loaded, not as a strange key on the server."""
    (tmp_path / "slip.lua").write_text("#!lua\n-- A slip.\n-- KEYS: event lain\n-- STATES: deaf\n-- Uses:\nreturn 1\n")
    monkeypatch.setattr("outhaul_ledger.operations.FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"slip\.lua: header names unknown lain, deaf"):
        load("slip")


def test_a_header_may_go_over_several_lines() -> None:
    """A continued line belongs to the label above it."""
    header = read_header("settle")
    assert header.parts["ARGV"].endswith("number of its result, id, attempt, line, ms the endpoint took")
    assert "delay in ms" in header.parts["ARGV"]


def test_only_what_takes_in_needs_memory() -> None:
    """A full server refuses new events and subscriptions and nothing else."""
    assert [name for name in names() if read_header(name).needs_memory] == ["accept", "subscribe"]
