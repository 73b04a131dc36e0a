# SPDX-License-Identifier: Apache-2.0
"""The demo's offices and people: two real prefectures with invented persons."""
