"""What Discord shows of the commands, in every language there is a catalogue for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from cogs.ui.language import language_of

if TYPE_CHECKING:
    import discord


class CatalogueTranslator(app_commands.Translator):
    """Translates names, descriptions and choices while the commands are registered."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the text for a locale; None, which leaves English, where it would be the same."""
        del context
        text = language_of(locale.value).word(string.message)
        return None if text == string.message else text
