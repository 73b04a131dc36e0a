# SPDX-License-Identifier: Apache-2.0
"""Papers a plugin issues and another one signs, so that anybody can check them without a network."""
