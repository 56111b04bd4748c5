"""Says every text in its reader's language, from the gettext catalogues in ``locales/``.

The English text in the code is the key, and what is said where no translation is to be had.
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.client import Interaction
    from hailuo.jobs.job import Request

log = structlog.get_logger(__name__)

FOLDER: Final = Path(__file__).parents[2] / "locales"
DOMAIN: Final = "hailuo"
SOURCE: Final = "en"
DECIMAL: Final = N_("{whole}.{fraction}")
CODES: Final[Mapping[str, str]] = {
    "de": "de",
    "es-419": "es",
    "es-ES": "es",
    "fr": "fr",
    "ja": "ja",
    "pt-BR": "pt_BR",
    "ru": "ru",
}
"""Which catalogue speaks each of Discord's locales; every other locale reads English.

https://discord.com/developers/docs/reference#locales
"""


class Language:
    """One language; call it with an English text and the facts that fill its gaps."""

    def __init__(self, code: str, words: gettext.NullTranslations) -> None:
        self.code = code
        self._words = words

    def __call__(self, text: str, /, **facts: object) -> str:
        """Return ``text`` in this language, its gaps filled as ``str.format`` does."""
        return self._fill(self.word(text), text, facts)

    def plural(self, one: str, many: str, count: int, /, **facts: object) -> str:
        """Return the form of a text that goes with a number, which fills ``{count}``."""
        english = one if count == 1 else many
        return self._fill(
            self._words.ngettext(one, many, count), english, {"count": count, **facts}
        )

    def word(self, text: str) -> str:
        """Return a text that has no gaps, or that may be anybody's: then it stays as it is."""
        return self._words.gettext(text) if text else ""

    def number(self, value: float, places: int = 1) -> str:
        """Return a number with so many decimal places, as it is written in this language."""
        whole, _, fraction = f"{value:.{places}f}".partition(".")
        return self(DECIMAL, whole=whole, fraction=fraction) if fraction else whole

    def _fill(self, text: str, english: str, facts: Mapping[str, object]) -> str:
        try:
            return text.format(**facts)
        except (LookupError, ValueError, AttributeError) as error:
            log.error("translation cannot be filled", language=self.code, error=repr(error))  # noqa: TRY400 - the text says where
            return english.format(**facts)


def language_of(locale: str | None) -> Language:
    """Return the language for one of Discord's locales; English where there is none."""
    return _language(CODES.get(locale or "", SOURCE))


def private_language(interaction: Interaction) -> Language:
    """Return the language for an answer that its member alone reads."""
    return language_of(interaction.locale.value)


def card_language(request: Request) -> Language:
    """Return the language for a job's card: its server's, or its member's where they are alone."""
    alone = request.private or request.server_locale is None
    return language_of(request.locale if alone else request.server_locale)


def load_languages() -> None:
    """Read all catalogues, so that no answer has to wait for its own; takes a while."""
    for code in CODES.values():
        _language(code)


@cache
def _language(code: str) -> Language:
    return Language(code, gettext.NullTranslations() if code == SOURCE else _words(code))


def _words(code: str) -> gettext.NullTranslations:
    """Read a catalogue; one that is missing or broken leaves English, and a line in the log."""
    try:
        return read_catalogue(code, FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po")
    except Exception:
        log.exception("catalogue not read", language=code)
        return gettext.NullTranslations()


def read_catalogue(code: str, path: Path) -> gettext.GNUTranslations:
    """Read a language's catalogue from its source, compiled in memory."""
    with path.open("rb") as file:
        catalogue = read_po(file, code, DOMAIN, abort_invalid=True)
    for message in list(catalogue):
        # Babel would put English into their place: https://github.com/python-babel/babel/issues/697
        if message.pluralizable and not all(message.string or [""]):
            catalogue.delete(message.id)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
