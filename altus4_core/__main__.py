"""`python -m altus4_core`: the command line."""

from altus4_core.cli.main import main

if __name__ == "__main__":
    main(prog_name="altus4")
