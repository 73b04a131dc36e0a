# SPDX-License-Identifier: Apache-2.0
"""``python -m core.cli`` is ``jiandu``."""

import sys

from core.cli import main

sys.exit(main())
