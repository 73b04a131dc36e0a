# SPDX-License-Identifier: Apache-2.0
"""The tables, a module for each part of the work; ``piccolo_app`` names the modules."""
