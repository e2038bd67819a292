"""Entry of `python -m altus4_sandbox`."""

import sys

from .commandline import main

if __name__ == "__main__":
    sys.exit(main())
