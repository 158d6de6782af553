#!/usr/bin/env python3
"""Makes `site.pcapng` in this folder: the host visits a site on the guest (`tests/peers/site.py` and `browse.py`).

    cargo build && tests/recordings/browsing.py [LABKIT [FILE]]
"""

import pathlib
import sys
import time

sys.dont_write_bytecode = True

from stage import GUEST, PEERS, Sniff, Stage

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    labkit = pathlib.Path((sys.argv + [ROOT / "target/debug/labkit"])[1]).resolve()
    file = pathlib.Path((sys.argv[1:] + [None] * 2)[1] or ROOT / "tests/recordings/site.pcapng").resolve()
    with Stage(labkit) as stage:
        stage.no_offload()
        stage.talk("guest", "python3", str(PEERS / "site.py"), GUEST).read()
        with Sniff(stage, file, filter="ip"):
            stage.do("host", "python3", str(PEERS / "browse.py"), GUEST)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
