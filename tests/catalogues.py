"""Reads the catalogues when it is imported: once for all bots that are forked from there."""

from __future__ import annotations

from cogs.ui.language import load_languages

load_languages()
