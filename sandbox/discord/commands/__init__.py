"""Application commands: what the bot may register, and what a member may fill in."""
