# SPDX-License-Identifier: Apache-2.0
"""`jiandu replay`: event logs of other systems (XES, CSV) judged by the one engine.

Nothing here needs the database or the web server.
"""
