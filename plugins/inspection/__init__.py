# SPDX-License-Identifier: Apache-2.0
"""监察：one engine judges what happened in a case; alarms, their proof and their life."""
