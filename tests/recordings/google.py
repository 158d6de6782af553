#!/usr/bin/env python3
"""Makes google.pcap: conversations over Google's QUIC, versions Q025 to Q046.

    tests/recordings/google.py [folder]
"""

import pathlib
import struct
import sys

from calls import datagram
from crafted import write

ID = bytes.fromhex("49bee2d3f0edccd6")
HASH = bytes(range(12))
NONCE = bytes(range(32))


def number(version, value, length):
    return value.to_bytes(length, "big" if version >= 39 else "little")


def message(name, *values):
    """A message of the handshake: a table of tags with the ends of their values, then the values."""
    table, end = b"", 0
    for tag, value in values:
        end += len(value)
        table += tag.ljust(4, b"\0") + struct.pack("<I", end)
    return name.ljust(4, b"\0") + struct.pack("<HH", len(values), 0) + table + b"".join(v for _, v in values)


def stream(version, data, identity=1, offset=None, says_length=True):
    kind = 0x80 | 0x20 * says_length | (4 if offset is not None else 0)
    place = b"" if offset is None else number(version, offset, 2)
    length = number(version, len(data), 2) if says_length else b""
    return bytes([kind, identity]) + place + length + data


def packet(version, body, sequence, server=False, says_version=False):
    if version >= 44:
        lengths = b"\x05" if server else b"\x50"
        return b"\xc3Q%03d" % version + lengths + ID + sequence.to_bytes(4, "big") + HASH + body
    flags = says_version | (8 if version >= 33 else 12)
    head = bytes([flags]) + ID + (b"Q%03d" % version if says_version else b"")
    return head + bytes([sequence]) + HASH + (b"\0" if version < 34 else b"") + body


def client_hello(version):
    words = [(b"PAD", b"-" * 20), (b"SNI", b"www.example.org"), (b"VER", b"Q%03d" % version), (b"CCS", bytes(range(16))),
             (b"NONC", bytes(32)), (b"AEAD", b"AESGCC20"), (b"UAID", b"Browser/1.0"), (b"TCID", bytes(4)),
             (b"PDMD", b"X509"), (b"PUBS", bytes(range(32))), (b"KEXS", b"C255P256"), (b"COPT", b"NSTPAKD4"),
             (b"MSPC", struct.pack("<I", 100)), (b"IRTT", struct.pack("<I", 1234)), (b"EXPY", struct.pack("<Q", 1 << 40)),
             (b"CTIM", struct.pack("<II", 1700000000, 5)), (b"CSCT", b""), (b"NEW!", b"unknown")]
    return stream(version, message(b"CHLO", *words)) + bytes(9)


def rejection(version):
    config = message(b"SCFG", (b"OBIT", bytes(8)), (b"EXPY", struct.pack("<Q", 99)))
    config = config[:4] + config[4:6] + b"\0\0" + config[8:]
    return stream(version, message(b"REJ", (b"STK", b"token"), (b"SCFG", config), (b"STTL", bytes(8)), (b"CRT\xff", b"chain")))


def acknowledgement(version):
    if version < 34:
        return b"\x60\1" + number(version, 9, 1) + number(version, 500, 2) + b"\2\1\0\1\2\3\1\4\5" + b"\1\3\2" + b"\1\4"
    return b"\x60\7" + number(version, 500, 2) + b"\1\2\1\3" + b"\2\1\0\1\2\3\1\4\5"


def conversation(version):
    ports = (40000 + version, 443)
    waits = b"\6" + (b"\1" if version < 34 else b"") + number(version, 3, 4 if version >= 44 else 1)
    controls = b"\1" + number(version, 5, 4) + bytes(8) + number(version, 1, 4) + b"\4" + number(version, 7, 4) + bytes(8)
    controls += b"\5" + number(version, 7, 4) + b"\7\3" + number(version, 1, 4) + number(version, 5, 4) + number(version, 2, 2) + b"no"
    idle = b"\2" + number(version, 25, 4) + number(version, 4, 2) + b"idle"
    hello = client_hello(version)
    yield datagram(ports, packet(version, hello, 1, says_version=True))
    yield datagram(ports, packet(version, acknowledgement(version) + waits + rejection(version), 1, True), back=True)
    yield datagram(ports, packet(version, stream(version, message(b"CHLO"), offset=1024, says_length=False), 2, says_version=True))
    yield datagram(ports, packet(version, controls + stream(version, message(b"SHLO")), 2, True), back=True)
    yield datagram(ports, packet(version, stream(version, message(b"REJ", (b"STK", b"ab"))) + stream(version, b"text", 5), 3, True), back=True)
    yield datagram(ports, packet(version, idle, 4, True), back=True)
    yield datagram(ports, packet(version, idle + b"\7", 5, True), back=True)
    yield datagram(ports, packet(version, b"\x17" * 30, 6))
    yield datagram(ports, packet(version, b"", 7) if version < 44 else b"\xd3Q046\x50" + ID)
    # Packets without an ID, with longer numbers, a nonce, and with the short header of version 46.
    for flags in (0x00, 0x10, 0x20, 0x30, 0x38, 0x40, 0x43):
        for back in (False, True):
            yield datagram(ports, bytes([flags]) + bytes(range(1, 60)), back)
    yield datagram(ports, b"\x0c" + ID + NONCE + b"\x09" + HASH, back=True)
    yield datagram(ports, b"\0")
    yield datagram(ports, b"\x0a" + ID + message(b"PRST", (b"RNON", bytes(8)), (b"RSEQ", b"\5" + bytes(7))), back=True)
    newer = version >= 39
    yield datagram(ports, b"\x09" + ID + (b"Q046Q043Q039" if newer else b"Q035Q034Q025"), back=True)


def beginnings():
    """What begins a conversation, and what does not."""
    rest = b"\1" + HASH + client_hello(43)
    for n, version in enumerate((b"Q019", b"Q020", b"Q049", b"Q050", b"Q100", b"T048", b"QAAA")):
        yield datagram((50000 + n, 6000), b"\x0d" + ID + version + rest)
        yield datagram((51000 + n, 6000), b"\xc3" + version + b"\x50" + ID + bytes(4) + rest)
    for flags in (0x08, 0x05, 0x19, 0x49, 0x89):
        yield datagram((52000 + flags, 6000), bytes([flags]) + (ID if flags & 8 else b"") + b"Q043" + rest)
    # A server on another port than 443.
    yield datagram((53000, 6000), packet(43, client_hello(43), 1, says_version=True))
    yield datagram((53000, 6000), b"\x04" + bytes(range(1, 60)), back=True)
    yield datagram((53000, 6000), b"\x04" + bytes(range(1, 60)))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    talks = [frame for version in (25, 30, 33, 34, 36, 39, 43, 46) for frame in conversation(version)]
    write(folder / "google.pcap", [*talks, *beginnings()])
