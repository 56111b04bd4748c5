"""Interactions: how a member's act reaches the bot, and every way the bot may answer."""
