"""Handlers, one file per subject heard."""
