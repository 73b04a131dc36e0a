# SPDX-License-Identifier: Apache-2.0
"""The rules of asking for opinions, without a database."""

SEND = "opinions.opinion.send"
MANAGE = "opinions.draft.manage"
