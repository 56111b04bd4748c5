"""A local stand-in for the RunComfy Model API."""
