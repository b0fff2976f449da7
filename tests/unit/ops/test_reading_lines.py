"""Reading NDJSON: numbers, sizes and limits."""

from io import BytesIO

import pytest

from outhaul_ops.enqueue import LONGEST_LINE, read_lines


def test_blank_lines_are_counted_but_not_read() -> None:
    """Line numbers are those of an editor."""
    assert [(line.number, line.data) for line in read_lines(BytesIO(b"\n{}\n  \n[]"))] == [(2, b"{}\n"), (4, b"[]")]


@pytest.mark.parametrize("length", [LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 3 * LONGEST_LINE, 7])
def test_sizes_add_up_to_the_file(length: int) -> None:
    """A progress bar reaches its end, however long a line is and whether the last one ends."""
    data = b"\n{}\n" + b"x" * length + b"\n\n1"
    lines = list(read_lines(BytesIO(data)))
    assert [line.number for line in lines] == [2, 3, 5]
    assert sum(line.size for line in lines) == len(data)
    assert all(len(line.data) <= LONGEST_LINE + 1 for line in lines)
