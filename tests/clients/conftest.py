"""What tests of clients need to know of the run."""

from tests.serving.conftest import bundle, users

__all__ = ["bundle", "users"]
