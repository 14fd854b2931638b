"""Statements on tables that each side has alike, in its own database."""
