# SPDX-License-Identifier: Apache-2.0
"""What the engine does with facts: judge cases, move alarms, declare silences."""
