"""Fixtures for all tests; what they do stands in tests/support."""

from tests.support.parts import kafka, on_containers, postgres

__all__ = ["kafka", "postgres"]


def pytest_configure() -> None:
    """Refuse what nobody understands before anything runs."""
    on_containers()
