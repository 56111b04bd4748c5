"""The REST API under /api/v10: one module per resource, one pipeline for all calls."""
