"""Fixtures for all tests; what they do stands in tests/support."""

from tests.support.parts import kafka, postgres

__all__ = ["kafka", "postgres"]
