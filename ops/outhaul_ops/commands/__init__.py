"""The subcommands of `outhaul`: reading what was typed and showing the result; the work is done elsewhere."""
