#!/usr/bin/env python3
"""Makes a capture for measuring: short TCP conversations on port 65432 and others, one after the other.

    make_capture.py FILE FRAMES [--bare]

The same FRAMES give the same bytes. With --bare each frame opens another conversation, for measuring memory.
"""

import argparse
import random
import struct

SYN, ACK, PUSH, FIN = 0x02, 0x10, 0x08, 0x01
TEXT = b"I do not like green eggs and ham. " * 60
RECEIPT = b"#<<END>>#"


def block(kind, body):
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Capture:
    """A pcapng file of Ethernet frames with times in nanoseconds."""

    def __init__(self, out, frames, bare):
        self.out, self.left, self.bare, self.random = out, frames, bare, random.Random(frames)
        self.time = 1_700_000_000_000_000_000
        out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        out.write(block(1, struct.pack("<HHIHHB3xI", 1, 0, 262144, 9, 1, 9, 0)))

    def frame(self, ends, seq, ack, flags, payload=b"", clocks=(0, 0)):
        """Writes a segment from ends[0] to ends[1], each an address and a port, unless the file has enough frames."""
        if self.left == 0:
            return
        self.left -= 1
        self.time += self.random.randrange(1_000, 60_000)
        (source, sport), (destination, dport) = ends
        if flags & SYN:
            options = struct.pack("!BBHBBBBIIBBBB", 2, 4, 1460, 4, 2, 8, 10, *clocks, 1, 3, 3, 7)
        else:
            options = struct.pack("!BBBBII", 1, 1, 8, 10, *clocks)
        mask = 0xFFFFFFFF
        tcp = struct.pack(
            "!HHIIBBHHH", sport, dport, seq & mask, ack & mask, (20 + len(options)) << 2, flags, 502, 0, 0
        )
        length = 20 + len(tcp) + len(options) + len(payload)
        ip = struct.pack("!BBHHHBBHII", 0x45, 0, length, self.left & 0xFFFF, 0x4000, 64, 6, 0, source, destination)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        frame = b"".join((b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0", ip, tcp, options, payload))
        size = len(frame)
        head = struct.pack("<IIIII", 0, self.time >> 32, self.time & mask, size, size)
        self.out.write(block(6, head + frame + b"\0" * (-size % 4)))

    def ends(self):
        # Few machines, as in a laboratory: tcpdump searches a list of all addresses for each address that it prints.
        first, count = (0x0A000001, 1 << 24) if self.bare else (0xC0A83802, 250)
        address = lambda: first + self.random.randrange(count - 2)
        port = 65432 if self.random.random() < 0.7 else self.random.choice((22, 80, 443, 8080))
        return (address(), self.random.randrange(32768, 61000)), (address(), port)

    def conversation(self):
        ours, theirs = self.ends()
        there, back = (ours, theirs), (theirs, ours)
        x, y, a, b = (self.random.getrandbits(32) for _ in range(4))
        self.frame(there, x, 0, SYN, clocks=(a, 0))
        self.frame(back, y, x + 1, SYN | ACK, clocks=(b, a))
        x, y = x + 1, y + 1
        self.frame(there, x, y, ACK, clocks=(a, b))
        for _ in range(self.random.choice((1, 1, 2, 5, 40))):
            size = self.random.choice((28, 200, 1448, 1448))
            payload = TEXT[:size] if self.random.random() < 0.3 else self.random.randbytes(size)
            self.frame(there, x, y, PUSH | ACK, payload, (a, b))
            x += size
            self.frame(back, y, x, ACK, clocks=(b, a))
        self.frame(back, y, x, PUSH | ACK, RECEIPT, (b, a))
        y += len(RECEIPT)
        self.frame(there, x, y, ACK, clocks=(a, b))
        self.frame(there, x, y, FIN | ACK, clocks=(a, b))
        self.frame(back, y, x + 1, FIN | ACK, clocks=(b, a))
        self.frame(there, x + 1, y + 1, ACK, clocks=(a, b))


def make(path, frames, bare=False):
    with open(path, "wb", buffering=1 << 20) as out:
        capture = Capture(out, frames, bare)
        while capture.left:
            if bare:
                capture.frame(capture.ends(), capture.left, 0, SYN)
            else:
                capture.conversation()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("frames", type=int)
    parser.add_argument("--bare", action="store_true")
    args = parser.parse_args()
    make(args.file, args.frames, args.bare)
