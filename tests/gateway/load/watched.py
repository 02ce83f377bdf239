"""The gateway's own program, which tells on SIGUSR1 what runs in its event loop: one line of JSON on stdout.

python -m tests.gateway.load.watched serve …
"""

import asyncio
import json
import signal
from types import FrameType

from moonwire.cli import main


def _tell(number: int, frame: FrameType | None) -> None:
    names = [str(task.get_coro()) for task in asyncio.all_tasks() if not task.done()]
    print(json.dumps({"tasks": names}), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _tell)
    main()
