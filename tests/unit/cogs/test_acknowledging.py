"""Work waits for the answers that came together with it, and for no longer."""

from __future__ import annotations

import asyncio

import pytest

from cogs.ui.acknowledging import QUIET, Acknowledging


async def test_work_begins_when_every_answer_that_came_together_is_out() -> None:
    acknowledging = Acknowledging()
    events: list[str] = []
    slow = asyncio.Event()

    async def command(name: str, answer: asyncio.Event) -> None:
        async with acknowledging:
            await answer.wait()
            events.append(f"answered {name}")
        await acknowledging.over()
        events.append(f"work {name}")

    quick = asyncio.Event()
    quick.set()
    tasks = [asyncio.create_task(command("b", slow)), asyncio.create_task(command("a", quick))]
    while events != ["answered a"]:
        await asyncio.sleep(0)
    slow.set()
    await asyncio.gather(*tasks)
    assert events[:2] == ["answered a", "answered b"]
    assert sorted(events[2:]) == ["work a", "work b"]


async def test_work_waits_for_an_answer_that_began_just_after_its_own() -> None:
    acknowledging = Acknowledging()
    async with acknowledging:
        pass
    work = asyncio.create_task(acknowledging.over())
    await asyncio.sleep(0)  # it has seen that no answer is under way
    async with acknowledging:
        done, _ = await asyncio.wait({work}, timeout=2 * QUIET.total_seconds())
        assert not done
    await work


async def test_a_failed_answer_holds_nobody_up() -> None:
    acknowledging = Acknowledging()
    with pytest.raises(ConnectionError):
        async with acknowledging:
            raise ConnectionError
    await acknowledging.over()
