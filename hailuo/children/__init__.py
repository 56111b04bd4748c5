"""Killable child processes for work on files that strangers sent.

A decoder may crash, hang or eat memory on a hostile file. Here it does so in a process of its
own, under limits it cannot raise, and the bot reads the outcome as a refusal.
"""
