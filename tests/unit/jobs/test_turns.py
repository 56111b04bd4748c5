"""The order of a line: fair between members, whoever asks how often."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hailuo.jobs.job import JobId, UserId
from hailuo.jobs.turns import Waiting, in_turn

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
USERS = st.integers(1, 5).map(UserId)
RUNNING = st.dictionaries(USERS, st.integers(0, 4))


@st.composite
def lines(draw: st.DrawFn) -> list[Waiting]:
    """Draw who waits, in the order in which they came."""
    users = draw(st.lists(USERS, max_size=20))
    gaps = draw(st.lists(st.integers(0, 3), min_size=len(users), max_size=len(users)))
    waiting: list[Waiting] = []
    since = BEGAN
    for number, (user, gap) in enumerate(zip(users, gaps, strict=True)):
        since += timedelta(seconds=gap)
        waiting.append(Waiting(JobId(f"{number:013}"), user, None, since))
    return waiting


@given(lines(), RUNNING)
def test_the_next_is_the_oldest_of_a_member_who_has_the_fewest_running(
    waiting: list[Waiting], running: dict[UserId, int]
) -> None:
    """However many begin before anything ends, each is the fairest choice at its time."""
    now_running = Counter(running)
    left = list(waiting)
    for one in in_turn(waiting, running):
        fewest = min(now_running[other.user_id] for other in left)
        fair = [other for other in left if now_running[other.user_id] == fewest]
        assert one is min(fair, key=lambda other: (other.since, other.job_id))
        now_running[one.user_id] += 1
        left.remove(one)
    assert left == []


@given(lines(), RUNNING, st.data())
def test_who_comes_later_never_pushes_back_a_member_who_has_as_few(
    waiting: list[Waiting], running: dict[UserId, int], data: st.DataObject
) -> None:
    """Of a crowd of jobs that one member adds, at most one goes before another's next job."""
    crowding = data.draw(USERS)
    late = BEGAN + timedelta(days=1)
    crowd = [Waiting(JobId(f"z{number:012}"), crowding, None, late) for number in range(9)]
    before, after = in_turn(waiting, running), in_turn([*waiting, *crowd], running)
    assert [one for one in after if one not in crowd] == before
    for one in before:
        ahead = [crowded for crowded in after[: after.index(one)] if crowded in crowd]
        beside = Counter(running)[one.user_id] + sum(
            other.user_id == one.user_id for other in before[: before.index(one)]
        )
        assert len(ahead) <= max(0, beside - Counter(running)[crowding])


@given(lines(), RUNNING, st.randoms())
def test_the_order_does_not_depend_on_how_the_rows_come(
    waiting: list[Waiting], running: dict[UserId, int], rng: object
) -> None:
    shuffled = list(waiting)
    rng.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]  # Hypothesis's Random
    assert in_turn(shuffled, running) == in_turn(waiting, running)
