"""`gridbot run` with gateway wechaty, and what `gridbot check` then says of it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from tests.gateways.wechaty_world import TOKEN, Process, control_of

pytestmark = pytest.mark.gateway


async def test_the_state_and_the_scan_code_are_seen_in_check(
    npm_gateway: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDBOT_WECHATY_TOKEN", TOKEN)
    config = tmp_path / "config.yaml"
    config.write_text(
        f"gateway: wechaty\nwechaty: {{endpoint: '{npm_gateway.endpoint}'}}\ndatabase: sqlite:///{tmp_path}/bot.db\n"
    )
    async with control_of(npm_gateway) as control:
        await control("reset")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "-c", str(config), env=dict(os.environ), cwd=tmp_path
        )
        try:
            await said(config, lambda out: "最后的状态" not in out and "没有运行过" not in out)
            await control("logout")
            await control("scan", code="scan-me-please")
            await said(config, lambda out: "scan-me-please" in out)
        finally:
            process.terminate()
            assert await process.wait() == 0
    assert not (tmp_path / ".wechaty").exists()


async def said(config: Path, right: object) -> None:
    """Wait until `gridbot check` says so."""
    async with asyncio.timeout(60):
        while True:
            result = await asyncio.to_thread(CliRunner().invoke, app, ["check", "--config", str(config)])
            if right(result.output):  # type: ignore[operator]
                return
            await asyncio.sleep(0.3)
