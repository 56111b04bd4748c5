"""Where files lie: one folder each for pictures and videos, under the data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hailuo.jobs import notes
from hailuo.jobs.job import JOB_ID_LENGTH, JobId

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from hailuo.jobs.job import UserId


class Folders:
    """Names files by their job id, which holds no character that could leave the folder."""

    def __init__(self, root: Path) -> None:
        self.pictures = root / "pictures"
        self.videos = root / "videos"
        self.thumbnails = root / "thumbnails"
        self.offers = root / "offers"
        self.finds = root / "finds"
        self.incoming = root / "incoming"

    def create(self) -> None:
        """Make the folders."""
        kept = (self.pictures, self.videos, self.thumbnails, self.offers, self.finds)
        for folder in (*kept, self.incoming):
            folder.mkdir(parents=True, exist_ok=True)

    def picture(self, name: str) -> Path:
        """Return where a job's clean picture lies."""
        return self.pictures / name

    def video(self, name: str) -> Path:
        """Return where a job's video lies."""
        return self.videos / name

    def thumbnail(self, job_id: JobId) -> Path:
        """Return where the small picture of a job lies, which /history shows."""
        return self.thumbnails / f"{job_id}.jpg"

    def last_frame(self, job_id: JobId) -> Path:
        """Return where the last frame of a job's video lies."""
        return self.thumbnails / f"{job_id}-last.jpg"

    def remove_jobs(self, job_ids: Collection[JobId]) -> None:
        """Remove every file of some jobs, and what others were offered of them."""
        for folder in (self.pictures, self.videos, self.thumbnails, self.incoming):
            for path in folder.iterdir():
                if named_job(path) in job_ids:
                    path.unlink(missing_ok=True)
        for folder in (self.offers, self.finds):
            for path, note in notes.read_all(folder):
                if note["parent_id"] in job_ids:
                    notes.remove(path)

    def notes_of(self, user_id: UserId) -> dict[str, list[dict[str, Any]]]:
        """Return what a member was asked and has not answered yet, by folder."""
        return {
            folder.name: [note for _, note in notes.read_all(folder, user_id)]
            for folder in (self.offers, self.finds)
        }

    def remove_notes(self, user_id: UserId) -> None:
        """Remove a member's offers and finds, with their pictures, before their hour is over."""
        for folder in (self.offers, self.finds):
            for path, _ in notes.read_all(folder, user_id):
                notes.remove(path)

    def video_name(self, job_id: JobId) -> str:
        """Return the name of a job's video in its folder."""
        return f"{job_id}.mp4"


def named_job(path: Path) -> JobId:
    """Return the job that a file's name begins with; what is on its way begins with a dot."""
    return JobId(path.name.lstrip(".")[:JOB_ID_LENGTH])
