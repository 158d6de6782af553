#!/usr/bin/env python3
"""Makes upgrades.pcap: connections that HTTP has opened for another protocol: WebSocket, and an unknown one.

    tests/recordings/upgrades.py [folder]
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER, write
from order import Talk, frames

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def head(first, upgrade, more=b""):
    return first + b"\r\nHost: x\r\nUpgrade: " + upgrade + b"\r\nConnection: Upgrade\r\n" + more + b"\r\n"


def upgraded(upgrade=b"websocket", port=80, early=b""):
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    talk = Talk(port).say(CLIENT, head(b"GET /chat HTTP/1.1", upgrade, key)).ack(SERVER)
    return talk.say(SERVER, head(b"HTTP/1.1 101 Switching Protocols", upgrade) + early).ack(CLIENT)


def message(opcode, data, mask=b"", fin=True):
    """One frame (RFC 6455, section 5.2)."""
    length, bit = len(data), 0x80 if mask else 0
    head = bytes([fin << 7 | opcode, bit | length]) if length < 126 else struct.pack(">BBH", fin << 7 | opcode, bit | 126, length)
    return head + mask + (bytes(b ^ mask[i % 4] for i, b in enumerate(data)) if mask else data)


def sockets():
    mask, long = b"\1\2\3\4", message(TEXT, b"x" * 300)
    talk = upgraded().say(CLIENT, message(TEXT, b"hello", mask)).say(SERVER, message(TEXT, b"hello")).say(SERVER, message(BINARY, b"\0\1\2")).say(CLIENT, message(PING, b"", mask)).say(SERVER, message(PONG, b"")).say(SERVER, message(PING, b"x"))
    talk.say(SERVER, message(TEXT, b"par", fin=False) + message(0, b"tial")).say(SERVER, long[:100]).say(SERVER, long[100:]).say(SERVER, message(TEXT, b'{"a":1}')).say(CLIENT, message(TEXT, b"", mask)).say(SERVER, message(3, b"q"))
    yield talk.say(CLIENT, message(CLOSE, b"\3\xe8bye", mask)).say(SERVER, message(CLOSE, b"")).close()
    yield upgraded(early=message(TEXT, b"early")).say(CLIENT, message(TEXT, b"ab", mask) + message(TEXT, b"cd", mask))
    yield upgraded(b"WebSocket", 8080).say(CLIENT, message(TEXT, b"hello", mask))
    yield upgraded(b"foo").say(CLIENT, b"any bytes").say(SERVER, b"others")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "upgrades.pcap", [data for _, data in frames(sockets())])
