#!/usr/bin/env python3
"""Makes cut.pcap: HTTP messages that a snapshot length has cut at different places of their first lines.

    tests/recordings/cut.py [folder]
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER
from order import Talk, frames

# Octets of Ethernet, IPv4 and TCP.
HEADERS = 54


def from_port(data, more):
    """The same frame, with a client of another port."""
    source, destination = struct.unpack_from(">HH", data, 34)
    ports = [port + more if port >= 50000 else port for port in (source, destination)]
    return data[:34] + struct.pack(">HH", *ports) + data[38:]


def talks():
    asked, answered = b"GET /abcdefghijk HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    yield Talk().say(CLIENT, asked).say(SERVER, answered)
    yield Talk().say(SERVER, answered).say(CLIENT, asked)
    yield Talk().say(CLIENT, bytes(range(60)))
    yield Talk().say(CLIENT, b"some text without an end of a line").say(SERVER, b"more of it, as long as that")
    yield Talk().say(CLIENT, b"short\r\nand a line behind it that is longer")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    with open(folder / "cut.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        second = 0
        for kept in (0, 4, 8, 12, 26):
            for _, data in frames(talks()):
                data, second = from_port(data, 100 * kept), second + 1
                out.write(struct.pack("<IIII", second, 0, min(HEADERS + kept, len(data)), len(data)) + data[:HEADERS + kept])
