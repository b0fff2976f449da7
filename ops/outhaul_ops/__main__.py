"""`python -m outhaul_ops`: the `outhaul` command."""

from outhaul_ops.cli import main

if __name__ == "__main__":
    main()
