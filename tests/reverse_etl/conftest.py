from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reverse_etl.bench import Bench, bench_at


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Five companies, nothing wished for yet."""
    with bench_at(tmp_path, 5) as made:
        yield made
