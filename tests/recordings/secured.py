#!/usr/bin/env python3
"""Makes secured.pcap: DTLS, which secures datagrams: hellos with a cookie and without, and the packets after them; and
web clients' questions about certificates (OCSP).

    tests/recordings/secured.py [folder]
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER, ethernet, ip, write
from devices import ber
from neighbours import udp
from order import Talk, frames
from quic import extension, vector

HOME, FAR = 0x0A000001, 0x0A000002
ALERT, CHANGE, HANDSHAKE, DATA = 21, 20, 22, 23


def record(kind, body, number=0, epoch=0, version=0xFEFD):
    return struct.pack(">BHHHIH", kind, version, epoch, 0, number, len(body)) + body


def message(kind, body, number=0, part=None):
    """A handshake message, or the part of it from one offset to another."""
    start, end = part or (0, len(body))
    three = lambda n: n.to_bytes(3, "big")
    return bytes([kind]) + three(len(body)) + struct.pack(">H", number) + three(start) + three(end - start) + body[start:end]


def hello(cookie=b"", version=0xFEFD, more=b""):
    extensions = extension(0, vector(2, b"\0" + vector(2, b"lab.example"))) + extension(10, vector(2, b"\0\x1d")) + more
    return struct.pack(">H", version) + bytes(range(32)) + b"\0" + vector(1, cookie) + vector(2, b"\xc0\x2b\xc0\x2f") + b"\1\0" + vector(2, extensions)


def server_hello():
    return b"\xfe\xfd" + bytes(range(32, 64)) + b"\0\xc0\x2b\0"


def talk(port, *steps, server=4433):
    for back, payload in steps:
        ends, ports = ((FAR, HOME), (server, port)) if back else ((HOME, FAR), (port, server))
        yield ethernet(ip(*ends, 17, udp(*ports, payload)))


def secured():
    certificate = vector(3, vector(3, bytes(300)))
    yield from talk(
        50001, (False, record(HANDSHAKE, message(1, hello()))), (True, record(HANDSHAKE, message(3, b"\xfe\xff" + vector(1, b"cookie")), version=0xFEFF)), (False, record(HANDSHAKE, message(1, hello(b"cookie"), 1), 1)),
        (True, record(HANDSHAKE, message(2, server_hello(), 1), 1) + record(HANDSHAKE, message(11, certificate, 2, (0, 200)), 2)), (True, record(HANDSHAKE, message(11, certificate, 2, (200, 306)), 3) + record(HANDSHAKE, message(14, b"", 3), 4)),
        (False, record(HANDSHAKE, message(16, b"\x20" + bytes(32), 2), 2) + record(CHANGE, b"\1", 3) + record(HANDSHAKE, bytes(range(48)), 0, 1)), (True, record(CHANGE, b"\1", 5) + record(HANDSHAKE, bytes(range(48)), 0, 1)),
        (False, record(DATA, bytes(40), 1, 1)), (True, record(DATA, bytes(40), 1, 1) + record(DATA, bytes(30), 2, 1)), (False, record(ALERT, bytes(26), 2, 1)),
    )
    yield from talk(50002, (False, record(HANDSHAKE, message(1, hello(version=0xFEFF)), version=0xFEFF)), (True, record(ALERT, b"\2\x28", version=0xFEFF)))
    yield from talk(50003, (False, record(DATA, bytes(20), 9, 1)), (False, b"\x16\xfe\xfd\0"), (False, record(HANDSHAKE, message(1, hello()))[:60]))


ALGORITHM = ber(0x30, bytes.fromhex("06052b0e03021a0500"))
CERTIFICATE = ber(0x30, ALGORITHM, ber(4, bytes(20)), ber(4, bytes(20)), ber(2, b"\5"))


def answer(status):
    since = ber(0x18, b"20260101000000Z")
    data = ber(0x30, ber(0xA2, ber(4, bytes(20))), since, ber(0x30, ber(0x30, CERTIFICATE, status, since)))
    basic = ber(0x30, data, ALGORITHM, ber(3, bytes(17)))
    return ber(0x30, ber(10, b"\0"), ber(0xA0, ber(0x30, bytes.fromhex("06092b0601050507300101"), ber(4, basic))))


def certificates():
    """Requests and answers of OCSP: good, revoked, and an error."""

    def say(talk, side, body):
        first, kind = (b"POST /ocsp HTTP/1.1\r\nHost: x", b"request") if side == CLIENT else (b"HTTP/1.1 200 OK", b"response")
        return talk.say(side, first + b"\r\nContent-Type: application/ocsp-" + kind + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    talk, asked = Talk(), ber(0x30, ber(0x30, ber(0x30, ber(0x30, CERTIFICATE))))
    for said in (answer(ber(0x80)), answer(ber(0xA1, ber(0x18, b"20250101000000Z"))), ber(0x30, ber(10, b"\6"))):
        say(say(talk, CLIENT, asked), SERVER, said)
    yield talk


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "secured.pcap", [*secured(), *(data for _, data in frames(certificates()))])
