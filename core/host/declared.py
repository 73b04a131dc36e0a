# SPDX-License-Identifier: Apache-2.0
"""What the plugin host declares as part of plugin ``core``."""

from core.host.enabling import FACT_KINDS

fact_kinds = FACT_KINDS
