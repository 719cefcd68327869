import pytest

pytest.register_assert_rewrite("searchkit.testing")
