# SPDX-License-Identifier: Apache-2.0
"""``jiandu cert migrate``: what it says of a table, and that it stays silent for machines."""

import argparse
import json

import pytest

from core.api.imports import read_sheet
from plugins.certificates import command_migrate
from plugins.certificates.commands import COMMANDS
from plugins.certificates.sheet import OLD_OFFICERS
from tests.plugins.certificates.helpers import ID, competent
from tests.plugins.certificates.test_migrating import HEAD, NOW, person, sheet


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    COMMANDS[0].configure(parser)
    return parser.parse_args(["migrate", *arguments])


def test_what_cannot_be_read_is_said(tmp_path, capsys):
    lost = parsed(str(tmp_path / "没有.xlsx"), "--kind", "officers", "--region", "150822")
    assert COMMANDS[0].run(lost) == 2
    assert "读不了" in capsys.readouterr().err
    empty = tmp_path / "空.csv"
    empty.write_text("甲,乙\n1,2\n", "utf-8")
    asked = parsed(str(empty), "--kind", "officers", "--region", "150822", "--json")
    assert COMMANDS[0].run(asked) == 2
    assert "error" in json.loads(capsys.readouterr().out)


def test_a_bar_for_people(capsys):
    for done in (0, 2000, 5000):
        command_migrate.show("写入", done, 5000)
    drawn = capsys.readouterr().err
    assert drawn.endswith("5,000/5,000 行\n")
    assert drawn.count("\r") == 3


@pytest.mark.req("S2-17")
@pytest.mark.usefixtures("client")
async def test_tried_and_entered_as_on_the_page(
    agencies, region_tree, clock, files, tmp_path, capsys
):
    clock(NOW)
    await competent(agencies.bureau)
    content = sheet(
        HEAD,
        person("张海龙", ID, "15082200001", agencies.agency.name),
        person("赵六", "123", "15082200004", agencies.agency.name),
    )
    path = tmp_path / "人员.xlsx"
    path.write_bytes(content)
    for extra, state, entered in (("--dry-run", "dry", 0), ("--json", "applied", 1)):
        asked = parsed(str(path), "--kind", "officers", "--region", region_tree.county.code, extra)

        read = read_sheet(content, OLD_OFFICERS, filename=path.name)
        told = await command_migrate._bring(asked, read, content)
        assert (told["state"], told["rows"], told["faults"]) == (state, 2, 1)
        assert told["entered"] == entered
        assert command_migrate._say(asked, told) == 1
    assert "第 3 行" in capsys.readouterr().out
    with pytest.raises(LookupError):
        await command_migrate._bring(
            parsed(str(path), "--kind", "officers", "--region", "999999"), read, content
        )
