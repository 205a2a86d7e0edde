"""Fixtures of several folders."""

from hypothesis import HealthCheck, settings

from tests.browser import browser, page

__all__ = ["browser", "page"]

# A busy machine must not fail a property, and neither must an example that nobody has met before, on the wrong day.
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")
