"""Why a file could not be fetched."""

from __future__ import annotations

from hailuo.errors import HailuoError
from hailuo.wording import N_


class FetchError(HailuoError):
    """A file that did not arrive whole; ``detail`` names the host only, as a URL may be signed."""

    sentence = N_("The file could not be fetched. Nothing was counted; please try again.")


class UrlRefusedError(FetchError):
    """The URL leads where the bot does not go; nothing was contacted, no redirect followed."""

    sentence = N_(
        "The file lies at an address that this bot does not fetch from. Nothing was counted; "
        "please attach the file itself."
    )


class FileGoneError(FetchError):
    """The server says that the file is not there, or not for us."""

    sentence = N_(
        "The file is no longer there: it was deleted, or its link has expired. "
        "Nothing was counted; please attach it again."
    )


class FileTooLargeError(FetchError):
    """The file has more bytes than it may; facts: ``limit`` in MB."""

    sentence = N_(
        "The file is larger than {limit} MB. Nothing was counted; please use a smaller one."
    )


class FetchTimeoutError(FetchError):
    """The file did not arrive in time."""

    sentence = N_("The file took too long to arrive. Nothing was counted; please try again.")
    retryable = True


class FetchFailedError(FetchError):
    """The transfer broke, or the server answered with an error, as often as it was tried."""

    retryable = True


class DiskError(FetchError):
    """The file arrived and could not be written down."""

    sentence = N_(
        "The bot's disk did not take the file. Nothing was counted; please tell the bot's operator."
    )
    retryable = True
