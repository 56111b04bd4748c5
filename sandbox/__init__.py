"""A local stand-in for Discord and for RunComfy, for the demo and for tests."""
