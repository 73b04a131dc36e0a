# SPDX-License-Identifier: Apache-2.0
"""The demo: two real prefectures with invented persons, and a year of their work.

``towns.toml`` names offices and people, ``cast`` shows them as they sign in, ``playing`` lets the
year pass that the plugins have planned, ``running`` does all steps in order.
"""
