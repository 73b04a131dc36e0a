# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a log or a points file, told with its place."""


class LogFault(Exception):
    """The input cannot be read; the text is one Chinese sentence with the position."""


class PointsFault(Exception):
    """The points file cannot be understood."""
