#!/usr/bin/env python3
"""Makes fragments.pcap: fragments of IPv4 and IPv6 datagrams that are not there in full, so that none is put together.

    tests/recordings/fragments.py [folder]
"""

import pathlib
import struct
import sys

from crafted import checksum

ASKED = bytes.fromhex("000101000001000000000000") + b"\3www\7example\3com\0\0\1\0\1"
ANSWERED = bytes.fromhex("000181800001000200000000") + ASKED[12:] + bytes.fromhex("c00c0001000100000010000401020304")
MAC = bytes.fromhex("020000000002020000000001")
UDP, ICMP, OTHER = 17, 1, 99


def udp(source, destination, length, payload):
    return struct.pack(">HHHH", source, destination, length, 0) + payload


def version4(number, protocol, payload, total=1500, offset=0, more=1):
    head = struct.pack(">BBHHHBBH", 0x45, 0, total, number, more << 13 | offset // 8, 64, protocol, 0)
    head += bytes([10, 0, 0, 1, 10, 0, 0, 2])
    return MAC + b"\x08\x00" + head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def version6(number, protocol, payload, total=1500, offset=0, more=1):
    head = struct.pack(">IHBB", 6 << 28, total - 12, 44, 64) + b"\xfe\x80" + bytes(13) + b"\1\xfe\x80" + bytes(13) + b"\2"
    return MAC + b"\x86\xdd" + head + struct.pack(">BBHI", protocol, 0, offset | more, number) + payload


def alone(packet, first):
    """First fragments with as much as a small packet holds, and fragments from the middle and the end."""
    payloads = [
        (UDP, udp(1000, 2000, 3000, b"x" * 100)),
        (UDP, udp(53, 2000, 3000, ANSWERED)),
        (UDP, udp(53, 2000, 3000, ANSWERED)[:10]),
        (UDP, udp(67, 68, 3000, b"\1\1\6\0" + b"a" * 40)),
        (ICMP, b"\x08\0\0\0\0\1\0\1" + b"a" * 40),
        (ICMP, b"\x08\0\0\0"),
        (OTHER, b"a" * 40),
    ]
    for number, (protocol, payload) in enumerate(payloads, first):
        yield packet(number, protocol, payload)
    yield packet(first + 20, UDP, b"z" * 100, offset=1480)
    yield packet(first + 21, UDP, b"z" * 100, offset=1480, more=0)


def pairs(packet, first):
    """A first fragment that is not whole, with the whole last one; then the other way round."""
    yield packet(first, UDP, udp(1000, 2000, 1600, b"x" * 100))
    yield packet(first, UDP, b"z" * 120, 140, 1480, 0)
    yield packet(first + 1, UDP, udp(1000, 2000, 1600, b"x" * 1472))
    yield packet(first + 1, UDP, b"z" * 20, 140, 1480, 0)


def all_frames():
    for at, packet in enumerate((version4, version6)):
        for wire in (None, 1514):
            first = 1000 * at + (0 if wire is None else 100)
            for data in alone(packet, first):
                yield data, wire or len(data)
            for data in pairs(packet, first + 50):
                yield data, wire if wire and len(data) < 200 else len(data)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    with open(folder / "fragments.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, (data, wire) in enumerate(all_frames()):
            out.write(struct.pack("<IIII", second, 0, len(data), wire) + data)
