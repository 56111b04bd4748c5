"""Measurements of what the product promises, each beside the obvious other way."""
