"""``python -m flowdemo``."""

import sys

from flowdemo.cli import main

sys.exit(main())
