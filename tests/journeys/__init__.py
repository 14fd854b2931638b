"""Journeys through the whole platform, which runs once for all of them."""
