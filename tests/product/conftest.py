"""One running product for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.product.product import Product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("product") / "var")
    running.start()
    yield running
    running.stop()
