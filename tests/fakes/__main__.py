"""The fake server as a process of its own: ``python -m tests.fakes '{"latency": {"chat": 0.5}}'``.

It prints its address and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tests.fakes.server import Fake


async def main() -> None:
    fake = Fake(**json.loads(sys.argv[1]))
    server = await fake.listen()
    print(fake.address, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
