"""Run the stand-in by hand or beside an embedded run: ``python -m tests.servers.gsis --port 8009
--allow http://127.0.0.1:8000/``."""

from __future__ import annotations

import argparse

import waitress

from tests.servers.gsis.app import Gsis, create_app


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.servers.gsis")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--allow", action="append", required=True, help="address to send back to")
    options.add_argument("--client-id", default=Gsis.client_id)
    options.add_argument("--client-secret", default=Gsis.client_secret)
    given = options.parse_args()
    gsis = Gsis(given.client_id, given.client_secret, redirects=tuple(given.allow))
    print(f"GSIS stand-in on http://127.0.0.1:{given.port}/", flush=True)
    waitress.serve(create_app(gsis), host="127.0.0.1", port=given.port, threads=4)


if __name__ == "__main__":
    main()
