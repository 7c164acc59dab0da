"""``python -m valetkey.cli``: the command, where its script isn't on the path."""

import sys

from valetkey.cli import main

sys.exit(main())
