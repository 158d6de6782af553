#!/usr/bin/env python3
"""Makes echoes.pcap: pings with answers and without, because only later frames tell which is which; and fragments of
pings.

    tests/recordings/echoes.py [folder]
"""

import pathlib
import socket
import struct
import sys

from crafted import write

ONE, TWO = "10.0.0.1", "10.0.0.2"
MANY = {"224.0.0.1": "01005e000001", "255.255.255.255": "ffffffffffff", "ff02::1": "333300000001"}


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(to, payload, kind=0x0800):
    return bytes.fromhex(MANY.get(to, "020000000001")) + bytes.fromhex("020000000002") + struct.pack(">H", kind) + payload


def ipv4(source, to, payload, number=1, offset=0, more=False):
    fields = 0x45, 0, 20 + len(payload), number, more << 13 | offset // 8, 64, 1, 0
    header = struct.pack(">BBHHHBBH", *fields) + socket.inet_aton(source) + socket.inet_aton(to)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def echo(kind, number, data=b"abcdefgh"):
    message = struct.pack(">BBHHH", kind, 0, 0, 1, number) + data
    return message[:2] + struct.pack(">H", checksum(message)) + message[4:]


def ask(number, to=TWO):
    return frame(to, ipv4(ONE, to, echo(8, number)))


def answer(number):
    return frame(ONE, ipv4(TWO, ONE, echo(0, number)))


def echo6(source, to, kind, number):
    message = struct.pack(">BBHHH", kind, 0, 0, 1, number) + b"abcd"
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, to)
    total = checksum(ends + struct.pack(">II", len(message), 58) + message)
    message = message[:2] + struct.pack(">H", total) + message[4:]
    return frame(to, struct.pack(">IHBB", 0x60000000, len(message), 58, 64) + ends + message, 0x86DD)


def pieces(message, number):
    for start in range(0, len(message), 24):
        part = message[start : start + 24]
        yield frame(TWO, ipv4(ONE, TWO, part, number, start, start + 24 < len(message)))


def echoes():
    # Answered twice; not answered; sent again before the answer, and once more after it; an answer without a request.
    yield from [ask(1), answer(1), answer(1), ask(2), ask(3), ask(3), answer(3), ask(3), answer(9)]
    # To multicast and broadcast addresses, with answers and without.
    yield from [ask(4, "224.0.0.1"), ask(5, "255.255.255.255"), ask(6, "224.0.0.1"), answer(6)]
    yield from [echo6("fe80::1", "fe80::2", 128, 1), echo6("fe80::2", "fe80::1", 129, 1)]
    yield from [echo6("fe80::1", "fe80::2", 128, 2), echo6("fe80::1", "ff02::1", 128, 3)]
    yield from pieces(echo(8, 7, bytes(range(60))), 7)
    yield from pieces(echo(8, 8, bytes(range(60))), 8)
    yield frame(ONE, ipv4(TWO, ONE, echo(0, 8, bytes(range(60)))))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    write(folder / "echoes.pcap", list(echoes()))
