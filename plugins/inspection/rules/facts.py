# SPDX-License-Identifier: Apache-2.0
"""The facts this plugin publishes; subscribers read them as plain mappings."""

import msgspec


class AlarmRaised(msgspec.Struct, frozen=True, kw_only=True):
    """A point fired: enough for an order to be issued on it without asking back."""

    alarm: int
    case: int
    case_number: str
    case_title: str
    party: str
    organisation: int
    department: int
    org_lo: int
    handlers: tuple[int, ...]
    colour: str
    kind: str
    mark: str
    point: str
    point_title: str
    step: str
    step_title: str
    headline: str
    sentence: str
    rule_version: int
    happened_at: str
    proof: str
    """SHA-256 of the sealed proof."""
    silenced: str = ""
    """Why nobody is told, when a silence is in force."""


class AlarmMoved(msgspec.Struct, frozen=True, kw_only=True):
    """An order moved the alarm along its life."""

    alarm: int
    case: int
    case_number: str
    headline: str
    colour: str
    order: int = 0
    number: str = ""
    reason: str = ""
    worst_open: str = ""
    """The worst lamp still open on the case."""


class AlarmCorrected(msgspec.Struct, frozen=True, kw_only=True):
    """A later entry changes what the alarm rests on; the alarm itself stays."""

    alarm: int
    case: int
    case_number: str
    headline: str
    result: str
    sentence: str


class SilenceChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A silence was declared or ended."""

    silence: int
    title: str
    reason: str
    until: str
    by: str


class ProofJudged(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody had a sealed proof judged again."""

    alarm: int
    same: bool
    result: str
    by: str


class TrialMoved(msgspec.Struct, frozen=True):
    """A draft is being tried, was tried, or somebody stopped it."""

    trial: int
    draft: int
    title: str
    digest: str
    by: str = ""
    report: str = ""
    """SHA-256 of the finished report."""
