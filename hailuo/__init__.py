"""The engine: knows nothing of Discord."""
