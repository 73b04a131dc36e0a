# SPDX-License-Identifier: Apache-2.0
"""What the pages of drafts show: tables of entries, fields of their forms, the story so far."""

from plugins.powers.showing.cells import range_words
from plugins.powers.showing.editor import Editor, editor_of, entry_for, section_names
from plugins.powers.showing.fields import control_choices, inputs_of, point_kinds
from plugins.powers.showing.road import life_of, story_of

__all__ = [
    "Editor",
    "control_choices",
    "editor_of",
    "entry_for",
    "inputs_of",
    "life_of",
    "point_kinds",
    "range_words",
    "section_names",
    "story_of",
]
