"""A short soak passes, and one that lost a message does not."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.bench.through import ROOT, bot_environment
from tests.gateways.wechaty_world import require_gateway

pytestmark = pytest.mark.gateway


def test_a_short_soak() -> None:
    require_gateway()
    command = (sys.executable, "-m", "tests.soak", "--minutes", "0.1", "--rate", "20")
    done = subprocess.run(command, cwd=ROOT, env=bot_environment(), capture_output=True, text=True, check=False)
    assert "120 said, 120 stored, 0 of them not done" in done.stdout, done.stdout + done.stderr
    grown = re.search(r"memory: .* ([0-9.]+) times", done.stdout)
    assert grown and done.returncode == (float(grown[1]) > 1.1), done.stdout
