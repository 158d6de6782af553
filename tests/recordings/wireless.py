#!/usr/bin/env python3
"""Makes wireless.pcap: frames of a wireless network as an adapter in monitor mode receives them: management frames and data.

    tests/recordings/wireless.py [folder]
"""

import pathlib
import struct
import sys

from crafted import ip
from neighbours import udp

RADIOTAP = 127
POINT, STATION, ALL = bytes.fromhex("0011223344aa"), bytes.fromhex("0a0027000001"), b"\xff" * 6
TO_DS, FROM_DS, RETRY, SLEEPS, PROTECTED = 1, 2, 8, 16, 64


def heard(frame, checked=False):
    """A frame as received: after a header with flags, rate, channel and signal, and perhaps followed by a check sequence."""
    fields = struct.pack("<BBHHb", 0x10 if checked else 0, 2, 2437, 0xA0, -40)
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), 0x2E) + fields + frame + (bytes(4) if checked else b"")


def manage(subtype, body, to=POINT, sender=STATION, network=POINT, flags=0):
    return bytes([subtype << 4, flags, 0x3A, 1]) + to + sender + network + struct.pack("<H", 1 << 4) + body


def element(kind, value):
    return bytes([kind, len(value)]) + value


def carry(body, flags, addresses, quality=True, empty=False):
    subtype = (8 if quality else 0) | (4 if empty else 0)
    return bytes([subtype << 4 | 8, flags, 0, 0]) + b"".join(addresses) + struct.pack("<H", 5 << 4 | 2) + (b"\0\0" if quality else b"") + body


def frames():
    name, rates = element(0, b"lab"), element(1, b"\x82\x84\x8b\x96")
    beacon = bytes(8) + struct.pack("<HH", 100, 0x0431) + name + rates + element(3, b"\6")
    yield heard(manage(8, beacon, ALL, POINT))
    yield heard(manage(8, beacon, ALL, POINT, flags=RETRY), True)
    yield heard(manage(8, beacon, ALL, POINT)[:34])
    yield heard(manage(4, element(0, b"") + rates, ALL, STATION, ALL))
    yield heard(manage(4, name, ALL, STATION, ALL))
    yield heard(manage(5, beacon, STATION, POINT))
    yield heard(manage(11, struct.pack("<HHH", 0, 1, 0)))
    yield heard(manage(0, struct.pack("<HH", 0x31, 10) + name))
    yield heard(manage(1, struct.pack("<HHH", 0x31, 0, 0xC001) + rates, STATION, POINT))
    yield heard(manage(2, struct.pack("<HH", 0x31, 10) + STATION + name))
    yield heard(manage(10, struct.pack("<H", 3)))
    yield heard(manage(12, struct.pack("<H", 7), STATION, POINT))
    inner = b"\xaa\xaa\3\0\0\0\x08\0" + ip(0x0A000001, 0x0A000002, 17, udp(5000, 6000, b"hello"))
    yield heard(carry(inner, TO_DS, (POINT, STATION, ALL), False))
    yield heard(carry(inner, FROM_DS, (STATION, POINT, ALL)))
    yield heard(carry(inner, 0, (STATION, ALL, POINT), False), True)
    yield heard(carry(bytes(40), TO_DS | PROTECTED, (POINT, STATION, ALL)))
    yield heard(carry(b"", TO_DS | SLEEPS, (POINT, STATION, ALL), False, True))
    yield heard(carry(b"", TO_DS, (POINT, STATION, ALL), True, True))
    yield heard(carry(b"\xaa\xaa\3\0\0\0\x88\x8e\1\1\0\0", FROM_DS, (STATION, POINT, POINT)))
    yield heard(manage(8, beacon))[:12]


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    with open(folder / "wireless.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RADIOTAP))
        for second, data in enumerate(frames(), 1):
            out.write(struct.pack("<IIII", second, 0, len(data), len(data)) + data)
