#!/usr/bin/env python3
"""Makes bodies.pcap: bodies of HTTP that are not what their Content-Type says, and images that are damaged.

    tests/recordings/bodies.py [folder]
"""

import gzip
import pathlib
import struct
import sys
import zlib

from crafted import CLIENT, SERVER, write
from order import Talk, frames, get

XHTML = b'<?xml version="1.0"?><html><body>hi</body></html>'


def chunk(kind, data):
    """RFC 2083, section 3.2."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


IMAGE = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def answered(kind, body, more=b""):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n" % (kind, len(body), more)
    return Talk().say(CLIENT, get()).say(SERVER, head + body).ack(CLIENT)


def bodies():
    yield answered(b"text/html", XHTML)
    yield answered(b"text/html; charset=utf-8", gzip.compress(XHTML, mtime=0), b"Content-Encoding: gzip\r\n")
    yield answered(b"application/xml", XHTML)
    yield answered(b"image/png", IMAGE)
    yield answered(b"image/jpeg", IMAGE)
    yield answered(b"image/png", IMAGE[:-5])
    yield answered(b"image/png", IMAGE[:8] + bytes(30))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "bodies.pcap", [data for _, data in frames(bodies())])
