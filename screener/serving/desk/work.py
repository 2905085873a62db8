"""Long work in a process of its own: what is asked comes in as a line of JSON, lines of JSON go out.

It ends with whoever started it: when its input ends, so does it, and everything it started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from screener.core.errors import ScreenerError


def main() -> None:
    """Reads one question, tells how far it is, and ends with `{"view": …}` or `{"refused": sentence}`."""
    wire = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no line of ours
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_until_left_alone, daemon=True).start()

    def say(**line: Any) -> None:
        wire.write(json.dumps(line, ensure_ascii=True) + "\n")
        wire.flush()

    from screener.research import open as opened
    from screener.serving.desk.views import view

    try:
        found = view(
            opened(Path(asked["db"])),
            asked["room"],
            asked["given"],
            asked["lang"],
            lambda stage, done, of: say(stage=stage, done=done, of=of),
            asked["out"],
        )
    except ScreenerError as error:
        say(refused=str(error))
    else:
        say(view=asdict(found))
    os._exit(0)


def _until_left_alone() -> None:
    """Ends the group of this process when nobody waits for it any more."""
    sys.stdin.read()
    if hasattr(os, "killpg"):
        os.killpg(os.getpgid(0), signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
