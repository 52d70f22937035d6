"""Whole conversations: what every chat got, line by line, as it was read and approved by a person.

`*.jsonl` are played by the command line; `days/*.chat` are whole days, in which each alert that was made ended for
exactly the groups that had it; `weeks/*.chat` are whole weeks of cases, after which `promises` hold.

After a change that is meant, `python -m tests.replays.test_replays` writes the transcripts anew; read the diff.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from bot.cli import app
from tests.harness import TOWN
from tests.replays import days, promises

FOLDER = Path(__file__).parent
CHATS = sorted(path for path in FOLDER.glob("*.jsonl"))
DAYS = sorted(path for path in FOLDER.glob("days/*.chat"))
WEEKS = sorted(path for path in FOLDER.glob("weeks/*.chat"))


def transcript(chat: Path) -> str:
    """What `gridbot replay` says, readable; a picture's bytes depend on the fonts of the machine."""
    result = CliRunner().invoke(app, ["replay", str(chat), "--town", str(TOWN)])
    assert result.exit_code == 0, result.output
    lines = []
    for line in result.output.splitlines():
        out = json.loads(line)
        words = "〔图片〕" if out["image"] else out["text"].replace("\n", " / ")
        lines.append(f"{out['at'][11:19]} {out['room']} {out['ref']} {words}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("chat", CHATS, ids=lambda path: path.stem)
def test_transcript(chat: Path) -> None:
    assert transcript(chat) == chat.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("day", DAYS, ids=lambda path: path.stem)
async def test_day(day: Path, tmp_path: Path) -> None:
    script = days.read_script(day)
    played = await days.play(script, tmp_path)
    assert days.transcript(script, played.outputs) == day.with_suffix(".txt").read_text(encoding="utf-8")
    for course in played.courses:
        assert course.over, f"M{course.number} is still open"
        assert course.alerted == course.cleared, f"M{course.number}"


@pytest.mark.parametrize("week", WEEKS, ids=lambda path: path.stem)
async def test_week(week: Path, tmp_path: Path) -> None:
    script = days.read_script(week)
    played = await days.play(script, tmp_path)
    assert days.transcript(script, played.outputs) == week.with_suffix(".txt").read_text(encoding="utf-8")
    assert promises.broken(played.matters, played.outputs, script.private) == []


def main() -> None:
    """Write every transcript anew."""
    for chat in CHATS:
        chat.with_suffix(".txt").write_text(transcript(chat), encoding="utf-8")
    for day in (*DAYS, *WEEKS):
        with TemporaryDirectory() as folder:
            script = days.read_script(day)
            said = days.transcript(script, asyncio.run(days.play(script, Path(folder))).outputs)
        day.with_suffix(".txt").write_text(said, encoding="utf-8")


if __name__ == "__main__":
    main()
