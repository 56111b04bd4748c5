"""Between a row of the jobs table and the job it stands for."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    GuildId,
    Job,
    JobId,
    JobState,
    Picture,
    Request,
    UserId,
    Video,
    WorkerId,
    job_id_of,
)
from hailuo.store.errors import StaleMoveError
from hailuo.store.tables import jobs
from hailuo.wording import Wording

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection


def folded(text: str) -> str:
    """Return a text as it is searched: the same whatever its case, and however wide its letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def new_row(request: Request, picture: Picture, owner: WorkerId, now: datetime) -> dict[str, Any]:
    """Return the columns of a job that was just accepted."""
    card = request.card
    return {
        "id": job_id_of(request.interaction_id),
        "interaction_id": request.interaction_id,
        "user_id": request.user_id,
        "guild_id": request.guild_id,
        "channel_id": request.channel_id,
        "prompt": request.prompt,
        "prompt_folded": folded(request.prompt),
        "prompt_optimizer": request.prompt_optimizer,
        "locale": request.locale,
        "server_locale": request.server_locale,
        "private": request.private,
        "parent_id": request.parent_id,
        "picture_of": request.picture_of,
        "message_id": card.message_id,
        "token": card.token,
        "token_expires_at": card.token_expires_at,
        "upload_limit": card.upload_limit,
        "app_permissions": card.app_permissions,
        "memory": dict(card.memory),
        "announced": False,
        "picture_name": picture.name,
        "picture_width": picture.width,
        "picture_height": picture.height,
        "state": JobState.ACCEPTED,
        "state_at": now,
        "created_at": now,
        "owner": owner,
    }


def video_columns(video: Video) -> dict[str, Any]:
    """Return the columns that hold a job's video."""
    return {
        "video_name": video.name,
        "video_url": video.url,
        "video_size": video.size,
        "video_width": video.width,
        "video_height": video.height,
        "video_seconds": video.seconds,
    }


def job_of(row: Row[Any]) -> Job:
    """Return the job that a row of the jobs table stands for."""
    return Job(
        id=JobId(row.id),
        request=Request(
            interaction_id=row.interaction_id,
            user_id=UserId(row.user_id),
            guild_id=None if row.guild_id is None else GuildId(row.guild_id),
            channel_id=ChannelId(row.channel_id),
            prompt=row.prompt,
            prompt_optimizer=row.prompt_optimizer,
            locale=row.locale,
            server_locale=row.server_locale,
            private=row.private,
            parent_id=None if row.parent_id is None else JobId(row.parent_id),
            picture_of=None if row.picture_of is None else UserId(row.picture_of),
            card=CardAddress(
                message_id=row.message_id,
                token=row.token,
                token_expires_at=row.token_expires_at,
                upload_limit=row.upload_limit,
                app_permissions=row.app_permissions,
                memory=row.memory,
            ),
        ),
        picture=Picture(row.picture_name, row.picture_width, row.picture_height),
        state=JobState(row.state),
        created_at=row.created_at,
        state_at=row.state_at,
        owner=None if row.owner is None else WorkerId(row.owner),
        request_id=row.request_id,
        lined_up_at=row.lined_up_at,
        submitted_at=row.submitted_at,
        rendering_at=row.rendering_at,
        rendered_at=row.rendered_at,
        last_queued_at=row.last_queued_at,
        last_undone_at=row.last_undone_at,
        finished_at=row.finished_at,
        cancel_asked_at=row.cancel_asked_at,
        cancel_asked_by=None if row.cancel_asked_by is None else UserId(row.cancel_asked_by),
        reason=None if row.reason is None else Wording.load(row.reason),
        video=None
        if row.video_name is None
        else Video(
            name=row.video_name,
            url=row.video_url,
            size=row.video_size,
            width=row.video_width,
            height=row.video_height,
            seconds=row.video_seconds,
        ),
        announced=row.announced,
        deleted_at=row.deleted_at,
    )


def change(connection: Connection, job: Job, changes: dict[str, Any]) -> Job:
    """Change a job's row if it still is where, and whose, ``job`` says.

    Raises `StaleMoveError` where it is not, and nothing happened.
    """
    statement = (
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == job.state)
        .where(jobs.c.owner.is_not_distinct_from(job.owner))
        .values(changes)
        .returning(jobs)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise StaleMoveError(f"{job.id} is no longer {job.state} of {job.owner}")
    return job_of(row)
