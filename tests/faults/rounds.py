"""The kinds of faults: what goes wrong in a round of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from tests.faults.comparing import compare, compare_matters
from tests.faults.people import People
from tests.faults.stage import CALL_SECONDS, Broken, Stage

Round = Callable[[Stage, People], Awaitable[str]]
"""Does one round; what was done, in a few words."""


async def killed(stage: Stage, people: People) -> str:
    """kill -9 after a random number of sends, or at a random moment of the start."""
    if stage.rng.random() < 0.2:
        stage.bot = stage.launch()
        moment = stage.rng.uniform(0.0, 1.0)
        await asyncio.sleep(moment)
        await stage.kill()
        return f"killed {moment:.1f} s after its start"
    await stage.control("echo", on=stage.rng.random() < 0.7)
    await stage.start()
    await people.repeat()
    talking = asyncio.create_task(people.talk())
    count = stage.rng.randrange(1, 2 * len(stage.rooms))
    await stage.after_sends(count, 4.0)
    await asyncio.sleep(stage.rng.uniform(0, 0.01))
    await stage.kill()
    await _over(talking)
    return f"killed after {count} sends"


async def gateway_away(stage: Stage, people: People) -> str:
    """The gateway ends all connections in the middle of a fan-out, and is back a moment later."""
    async with _amid(stage, people) as sends:
        await stage.control("goAway")
        stage.in_doubt += 1
        away = stage.rng.uniform(0.05, 1.5)
        await asyncio.sleep(away)
        await stage.control("comeBack")
    return f"gateway away for {away:.1f} s after {sends} sends"


async def calls_fail(stage: Stage, people: People) -> str:
    """Sends that hang (undone or done), are answered late, refused, or cut off."""
    mode = stage.rng.choice(("hang", "hang-after", "late", "refuse", "unavailable"))
    times, seconds = stage.rng.randrange(1, 3), stage.rng.uniform(0.2, 1.7 * CALL_SECONDS)
    fault = {"mode": mode, "seconds": seconds, "times": times, "skip": stage.rng.randrange(len(stage.rooms))}
    stage.in_doubt += times
    async with _amid(stage, people):
        await stage.control("fault", call="messageSendText", **fault)
    await asyncio.sleep(seconds if mode == "late" else 0)
    await stage.control("faultless")
    return f"{mode} {times} times" + (f", {seconds:.1f} s" if mode == "late" else "")


async def database_away(stage: Stage, people: People) -> str:
    """PostgreSQL is restarted (as after a crash, or by hand); SQLite's writer is held by somebody else."""
    async with _amid(stage, people) as sends:
        stage.in_doubt += 1
        if stage.postgres is not None:
            mode = stage.rng.choice(("immediate", "fast"))
            await asyncio.to_thread(stage.postgres.restart, mode)
            return f"PostgreSQL restarted ({mode}) after {sends} sends"
        held = stage.rng.choice((0.5, 2.0, 12.0))
        async with stage.locked():
            await asyncio.sleep(held)
        return f"database locked for {held} s after {sends} sends"


async def twins(stage: Stage, people: People) -> str:
    """A second process on the same account: during the first one's fan-out, or both at once after a kill."""
    both = stage.rng.random() < 0.4
    if both:
        await stage.kill()
    async with _amid(stage, people, wait=not both) as sends:
        second = stage.launch()
        if both:
            await stage.one_of(second)
        else:
            await stage.gives_up(second)
    return "two started at once" if both else f"a second one started after {sends} sends"


async def clock_set_back(stage: Stage, people: People) -> str:
    """The bot's clock is set back in the middle of a fan-out."""
    clock = await stage.start_inside()
    async with _amid(stage, people) as sends:
        back = timedelta(seconds=round(stage.rng.choice((1, 60, 3600)) * stage.rng.uniform(0.5, 2)))
        clock.off -= back
    return f"clock set back by {back} after {sends} sends"


@asynccontextmanager
async def _amid(stage: Stage, people: People, *, wait: bool = True) -> AsyncIterator[int]:
    """In the middle of a fan-out, after this many sends; afterwards all comes to its end, the bot still running."""
    await stage.control("echo", on=stage.rng.random() < 0.5)
    if wait:
        await stage.start()
    talking = asyncio.create_task(people.talk())
    sends = stage.rng.randrange(1, len(stage.rooms))
    if wait:
        await stage.after_sends(sends, 3.0)
    yield sends
    await _over(talking)
    await stage.start()
    await people.all_stored()
    await stage.settle()


async def _over(talking: asyncio.Task[None]) -> None:
    talking.cancel()
    with suppress(asyncio.CancelledError):
        await talking


async def play(stage: Stage, people: People, round_: Round, count: int, tell: Callable[[str], None]) -> dict[str, int]:
    """So many rounds, each compared, then to the end; the states of all parts. Broken if a promise was not kept."""
    number, done = 0, ""
    try:
        for number in range(1, count + 1):
            done = await round_(stage, people)
            states = await compare(stage)
            tell(f"round {number} of {count}: {done}; {_shown(states)}")
        await finish(stage, people)
        return await compare(stage, whole=True)
    except Broken as broken:
        raise Broken([f"round {number} ({done}), seed {stage.seed}:", *broken.differences]) from None


def _shown(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()))


async def finish(stage: Stage, people: People) -> None:
    """Let everything come to its end, and stop."""
    await stage.control("faultless")
    await stage.start()
    await people.all_stored()
    await stage.settle()
    await compare_matters(stage, people)
    await stage.stop()


KINDS: dict[str, tuple[Round, str]] = {
    "kill": (killed, "`kill -9` in a fan-out, or while starting"),
    "gateway": (gateway_away, "the gateway stops and comes back"),
    "calls": (calls_fail, "a send hangs (done or not), is answered late, refused or cut off"),
    "database": (
        database_away,
        "PostgreSQL restarts (crash, or by hand) under load; SQLite is locked by somebody else",
    ),
    "twins": (twins, "a second process on the same account"),
    "clock": (clock_set_back, "the clock is set back, up to two hours"),
}
"""What each kind is called, does, and is in words."""
