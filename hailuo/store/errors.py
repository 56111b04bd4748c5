"""What can go wrong with the store, each with a sentence for whoever meets it."""

from __future__ import annotations

from typing import ClassVar

from hailuo.errors import HailuoError
from hailuo.wording import N_


class StoreError(HailuoError):
    """The database did not do what was asked; nothing of the transaction happened."""

    sentence: ClassVar[str] = N_(
        "The bot cannot save anything right now, so it started nothing. "
        "Nothing was counted; please try again in a few minutes."
    )
    retryable: ClassVar[bool] = True


class StoreInUseError(StoreError):
    """Another process has this SQLite file."""

    sentence: ClassVar[str] = N_(
        "Another bot process already uses {path}: stop it first, or give this one a database "
        "of its own with DATABASE_URL."
    )
    retryable: ClassVar[bool] = False


class SchemaTooNewError(StoreError):
    """The database was written by a newer release."""

    sentence: ClassVar[str] = N_(
        "The database was written by a newer release of the bot (schema {revision}): "
        "install that release or a later one; the database was not touched."
    )
    retryable: ClassVar[bool] = False


class StoreUnusableError(StoreError):
    """The database cannot be opened at all."""

    sentence: ClassVar[str] = N_(
        "The database at {path} cannot be used ({why}): check DATABASE_URL, the disk and the "
        "file's permissions."
    )
    retryable: ClassVar[bool] = False


class StoreUnreachableError(StoreError):
    """The database's server does not answer; it may, later."""

    sentence: ClassVar[str] = N_(
        "The database at {path} does not answer ({why}): see that it runs and that DATABASE_URL "
        "names it, then start again."
    )


class StaleMoveError(StoreError):
    """The job is no longer where, or no longer whose, the writer thought."""

    retryable: ClassVar[bool] = False


class IllegalMoveError(StoreError):
    """The table of moves does not hold this one: a defect of ours."""

    retryable: ClassVar[bool] = False


class NotUnknownError(StoreError):
    """Only a job of unknown fate needs a decision."""

    sentence: ClassVar[str] = N_(
        "Job {job} is {state}: only a job of unknown fate can be resolved. Nothing was changed."
    )
    retryable: ClassVar[bool] = False


class RequestTakenError(StoreError):
    """One paid request is one job's."""

    sentence: ClassVar[str] = N_("That request belongs to job {job} already. Nothing was changed.")
    retryable: ClassVar[bool] = False


class ConflictError(StoreError):
    """A constraint of the database refused the write, and would refuse it again."""

    retryable: ClassVar[bool] = False
