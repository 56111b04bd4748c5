"""A member's history: pages by neighbour, searches by standing and words, lineage."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from hailuo.jobs.history import STATES, Place, Search, Standing, Turn
from hailuo.jobs.job import JobId, JobState, UserId
from hailuo.store.rows import new_row
from hailuo.store.tables import jobs
from tests.integration.store.test_erasure import delivered
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hailuo.jobs.job import Job
    from hailuo.store import Store

_users = itertools.count(10_000)


async def accepted(store: Store, prompt: str = "", user: int = 1, **more: object) -> Job:
    request = replace(request_by(user), prompt=prompt, **more)  # pyright: ignore[reportArgumentType]
    return await store.accept(request, PICTURE, replace(LIMITS, per_user=99, live_per_user=99), ME)


async def fill(store: Store, user: int, states: Sequence[JobState]) -> list[JobId]:
    """Put one ended or live job for each state into the table; return their ids, oldest first."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [new_row(request_by(user), PICTURE, ME, now) | {"state": state} for state in states]
    await store._database.write(lambda connection: connection.execute(insert(jobs), rows).close())
    return [JobId(str(row["id"])) for row in rows]


def ids(jobs: Sequence[Job]) -> list[str]:
    return [job.id for job in jobs]


async def test_pages_follow_each_other_and_hold_nobody_elses_jobs(store: Store) -> None:
    mine = (await fill(store, 1, [JobState.DELIVERED] * 7))[::-1]
    await fill(store, 2, [JobState.DELIVERED])
    me = UserId(1)
    first = await store.history(me, limit=3)
    second = await store.history(me, place=Place(Turn.OLDER, first.jobs[-1].id), limit=3)
    last = await store.history(me, place=Place(Turn.OLDEST), limit=3)
    assert (ids(first.jobs), first.newer, first.older) == (mine[:3], False, True)
    assert (ids(second.jobs), second.newer, second.older) == (mine[3:6], True, True)
    assert (ids(last.jobs), last.newer, last.older) == (mine[4:], True, False)
    back = await store.history(me, place=Place(Turn.NEWER, last.jobs[0].id), limit=3)
    assert (ids(back.jobs), back.newer, back.older) == (mine[1:4], True, True)
    full = await store.history(me, place=Place(Turn.NEWER, second.jobs[0].id), limit=3)
    assert full == first
    beyond = await store.history(me, place=Place(Turn.OLDER, mine[-1]), limit=3)
    assert beyond == first


async def test_a_deleted_job_is_on_no_page_and_in_no_lineage(store: Store) -> None:
    parent = await delivered(store)
    child = await accepted(store, parent_id=parent.id)
    await store.mark_deleted(parent)
    page = await store.history(UserId(1), limit=5)
    assert ids(page.jobs) == [child.id]
    assert page.kin == {}


FOUND = {
    "": ["100% wool_hat", "ДОЖДЬ идёт", "Straße im Regen", "ｗｉｄｅ letters"],
    "regen": ["Straße im Regen"],
    "REGEN strasse": ["Straße im Regen"],
    "дождь": ["ДОЖДЬ идёт"],
    "wide": ["ｗｉｄｅ letters"],
    "100%": ["100% wool_hat"],
    "wool_": ["100% wool_hat"],
    "%": ["100% wool_hat"],
    "woolXhat": [],
    "' OR 1=1 --": [],
}


async def test_words_are_found_whatever_their_case_and_taken_literally(store: Store) -> None:
    for prompt in ("ｗｉｄｅ letters", "Straße im Regen", "ДОЖДЬ идёт", "100% wool_hat"):
        await accepted(store, prompt)
    for words, found in FOUND.items():
        page = await store.history(UserId(1), Search(words=words), limit=5)
        assert [job.request.prompt for job in page.jobs] == found, words


async def test_every_state_is_found_by_one_standing(store: Store) -> None:
    await fill(store, 1, list(JobState))
    found = [
        job.state
        for standing in Standing
        for job in (await store.history(UserId(1), Search(standing), limit=20)).jobs
    ]
    assert sorted(found) == sorted(JobState)


async def test_lineage_shows_the_parent_and_the_first_children(store: Store) -> None:
    parent = await delivered(store)
    children = [await accepted(store, user=user, parent_id=parent.id) for user in (1, 2, 1, 2, 2)]
    await accepted(store, user=2, parent_id=parent.id, private=True)
    page = await store.history(UserId(1), limit=9)
    kin = page.kin[parent.id]
    assert (ids(kin.children), kin.more) == (ids(children[:3]), 2)
    assert kin.parent is None
    came_from = page.kin[children[0].id].parent
    assert came_from is not None
    assert came_from.id == parent.id


async def test_another_members_private_job_is_no_ones_parent_to_see(store: Store) -> None:
    parent = await accepted(store, user=2, private=True)
    await accepted(store, parent_id=parent.id)
    assert (await store.history(UserId(1), limit=5)).kin == {}


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    states=st.lists(st.sampled_from(list(JobState)), min_size=1, max_size=14),
    standing=st.none() | st.sampled_from(list(Standing)),
    limit=st.integers(1, 5),
)
async def test_turning_to_older_pages_meets_every_job_once(
    store: Store, states: list[JobState], standing: Standing | None, limit: int
) -> None:
    user = next(_users)
    made = await fill(store, user, states)
    wanted = [
        job_id
        for job_id, state in zip(made, states, strict=True)
        if standing is None or state in STATES[standing]
    ][::-1]
    search, met = Search(standing), list[str]()
    page = await store.history(UserId(user), search, limit=limit)
    while True:
        met += ids(page.jobs)
        assert page.newer is (len(met) > len(page.jobs))
        if not page.older:
            break
        place = Place(Turn.OLDER, page.jobs[-1].id)
        page = await store.history(UserId(user), search, place, limit=limit)
    assert met == wanted
