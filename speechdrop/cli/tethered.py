"""The development host on a tether: it stops in order when its standard input ends, because the command that started
it is gone, even by SIGKILL; else it would keep the port and wait for a storage that has stopped.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from speechdrop.devhost.__main__ import main


def stop_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=stop_with_standard_input, daemon=True).start()
    main()
