"""`python -m wxb` is the command `wxb`."""

import sys

from wxb.cli.main import main

sys.exit(main())
