"""How mistakes are worded and raised."""

from outhaul_config.problems import ConfigError, Problem, nearest


def test_a_problem_reads_as_one_line_with_place_expectation_and_hint() -> None:
    """One line says where, what was expected, what was got and what was meant."""
    problem = Problem("d.toml", "destinations.a", "kind", 'one of "webhook"', '"webhok"', "webhook")
    assert str(problem) == (
        'd.toml [destinations.a] kind: expected one of "webhook"; got "webhok"; did you mean "webhook"?'
    )


def test_a_problem_of_a_whole_file_leaves_out_table_and_key() -> None:
    """Where there is no table or key, none is shown."""
    assert str(Problem("d.toml", "", "", "TOML", "a picture")) == "d.toml: expected TOML; got a picture"


def test_the_error_lists_every_problem() -> None:
    """The message of the error shows all problems, each on its line, and how many there are."""
    problems = [Problem("a", "", "x", "1", "2"), Problem("b", "", "y", "3", "4")]
    error = ConfigError(problems)
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == ["2 mistakes in the configuration:", *(f"- {each}" for each in problems)]


def test_nearest_finds_the_name_that_was_meant_and_nothing_far_off() -> None:
    """A typing error leads to its name, in any case; an unlike name leads nowhere."""
    assert nearest("Conect", ["connect", "total"]) == "connect"
    assert nearest("zebra", ["connect", "total"]) == ""
