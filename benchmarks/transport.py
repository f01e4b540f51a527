"""What one page costs over HTTP, by client, in one process and interleaved."""

from __future__ import annotations

import argparse
import http.client
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx
import urllib3

from benchmarks.contest import cpu
from benchmarks.job import Job
from benchmarks.report import Report
from benchmarks.running import DATA, serving
from connectors.core.transport import Transport

Fetch = Callable[[str], bytes]


def clients(server: str) -> dict[str, Fetch]:
    """Each fetches the page at an address over one connection that it keeps."""
    bare = http.client.HTTPConnection(urlsplit(server).netloc)
    pool = urllib3.PoolManager()
    ours = Transport()
    through_ours, default = httpx.Client(transport=ours), httpx.Client()

    def by_http_client(url: str) -> bytes:
        bare.request("GET", url.removeprefix(server))
        return bare.getresponse().read()

    def by_transport(url: str) -> bytes:
        return ours.handle_request(httpx.Request("GET", url)).read()

    return {
        "http.client": by_http_client,
        "urllib3": lambda url: pool.request("GET", url).data,
        "our transport alone": by_transport,
        "httpx over our transport": lambda url: through_ours.get(url).content,
        "httpx": lambda url: default.get(url).content,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1_999)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    rows = asked.pages * 100
    with serving(max(rows, 200_000)) as (server, rendered):
        urls = Job(server, rows, DATA, rendered.lines).pages()
        fetches = clients(server)
        found: dict[str, list[float]] = {name: [] for name in fetches}
        for _ in range(asked.repeats):
            for name, fetch in fetches.items():
                fetch(urls[0])
                before = cpu()
                for url in urls:
                    fetch(url)
                found[name].append((cpu() - before) / len(urls) * 1_000)
    made = Report(f"Transport, {asked.pages:,} pages of 57 KB", ("client", "CPU ms per page"))
    made.rows = [(name, f"{median(costs):.2f}") for name, costs in found.items()]
    made.figures = {"cpu_ms_per_page": found}
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
