# SPDX-License-Identifier: Apache-2.0
"""What the catalogue publishes is what the case flow and the inspection engine read.

The plugins do not know each other; only here, in the tests, do the two sides of the published
mapping meet.
"""

import msgspec
import pytest

from plugins.cases.rules.definition import read_definition
from plugins.inspection.rules.model import Definition as Watched
from plugins.inspection.rules.model import points_of
from plugins.powers.rules import read_item
from plugins.powers.services import shipped_items, shipped_procedures

ITEMS = sorted(shipped_items())


def published(name: str) -> dict:
    item = read_item(shipped_items()[name], shipped_procedures(), where=name)
    item = msgspec.structs.replace(
        item, item=1, version=1, organisation=1, effective_from="2026-01-01T00:00:00+00:00"
    )
    # Through JSON, as it is stored and handed to subscribers.
    return msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(item)))


@pytest.mark.parametrize("name", ITEMS)
def test_the_case_flow_reads_it(name):
    mapping = published(name)
    read = read_definition(mapping)
    assert [step.key for step in read.steps] == [step["key"] for step in mapping["steps"]]
    for step in read.steps:
        form = read.form_of(step)
        wanted = next(one for one in mapping["forms"] if one["key"] == step.form)
        assert [one.key for one in form.controls] == [one["key"] for one in wanted["controls"]]


@pytest.mark.parametrize("name", ITEMS)
def test_the_engine_reads_every_point(name):
    mapping = published(name)
    points = points_of([msgspec.convert(mapping, Watched)])
    assert {point.key for point in points} == {point["key"] for point in mapping["points"]}
