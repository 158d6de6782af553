#!/usr/bin/env python3
"""Makes order.pcap: messages whose segments are repeated, late or lost, bring no new bytes, or acknowledge unseen ones.

    tests/recordings/order.py [folder]

Each conversation tests which segments reach reassembly, and which an application sees; the differential test compares with
tshark. A frame comes a millisecond after the frame before, unless `wait` is called between them.
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER, frame

CR = b"\r\n"


def get(path=b"/a"):
    return b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n"


def head(length, kind=b"text/plain"):
    counted = b"" if length is None else b"Content-Length: %d\r\n" % length
    return b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + CR + counted + CR


def post(length):
    return b"POST /f HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % length


def record(length, content=23):
    return struct.pack(">BHH", content, 0x0303, length) + bytes(i % 251 for i in range(length))


class Talk:
    """One conversation: offsets count each side's bytes from 0."""

    def __init__(self, port=80, handshake=True):
        self.port, self.frames, self.sent = port, [], [0, 0]
        if handshake:
            self.raw(CLIENT, "S", -1, None)
            self.raw(SERVER, "SA", -1, 0)
            self.raw(CLIENT, "A", 0, 0)

    def raw(self, side, flags, at, ack, data=b""):
        self.frames.append((side, flags, at, ack, data))
        return self

    def wait(self, seconds):
        self.frames.append(seconds)
        return self

    def say(self, side, data, at=None, flags="PA", ack=None):
        """Sends bytes that follow the earlier ones, or that lie at the offset `at`."""
        start = self.sent[side] if at is None else at
        self.raw(side, flags, start, self.sent[1 - side] if ack is None else ack, data)
        self.sent[side] = max(self.sent[side], start + len(data))
        return self

    def ack(self, side, at=None):
        return self.raw(side, "A", self.sent[side], self.sent[1 - side] if at is None else at)

    def parts(self, side, data, *order, size=1000):
        """Sends the pieces of a message in this order."""
        base = self.sent[side]
        for n in order:
            self.say(side, data[n * size:(n + 1) * size], base + n * size)
        return self

    def fin(self, side):
        self.raw(side, "FA", self.sent[side], self.sent[1 - side])
        self.sent[side] += 1
        return self

    def close(self):
        return self.fin(CLIENT).fin(SERVER).ack(CLIENT)


def late(pieces, until_fin=False):
    body = b"x" * (len(pieces) * 1000 - 933)
    message = head(None if until_fin else len(body)) + body
    return Talk().say(CLIENT, get()).ack(SERVER).parts(SERVER, message, *pieces)


def repeated(response, pieces, asked, again):
    """Three duplicate acknowledgements ask for the offset `asked`; then the piece comes again."""
    talk = Talk().say(CLIENT, get()).ack(SERVER).parts(SERVER, response, *pieces)
    for _ in range(5):
        talk.ack(CLIENT, asked)
    return talk.say(SERVER, response[again * 1000:(again + 1) * 1000], again * 1000).ack(CLIENT).close()


def keep_alives():
    yield Talk().say(CLIENT, get()).ack(SERVER).say(SERVER, head(0)).ack(CLIENT).wait(45).say(
        CLIENT, b"\n", len(get()) - 1, "A").ack(SERVER).say(CLIENT, get(b"/2")).ack(SERVER)
    whole = post(2000) + b"x" * 2000
    sent = Talk().parts(CLIENT, whole, 0, 1, 2).ack(SERVER).say(SERVER, head(0)).ack(CLIENT)
    for _ in range(2):
        sent.wait(45).say(CLIENT, b"x", len(whole) - 1, "A").ack(SERVER)
    yield sent.say(CLIENT, get(b"/2")).ack(SERVER).close()
    # Keep-alives in the middle of a message, with another byte than was sent.
    yield Talk().parts(CLIENT, whole, 0, 1).ack(SERVER).wait(45).say(CLIENT, b"?", 1999, "A").ack(SERVER).parts(
        CLIENT, whole[2000:], 0).ack(SERVER).say(SERVER, head(0)).close()
    # Keep-alives without a byte.
    yield Talk().say(CLIENT, get()).ack(SERVER).wait(45).say(CLIENT, b"", len(get()) - 1, "A").ack(SERVER).say(
        SERVER, head(0)).close()
    tls = Talk(443).say(CLIENT, record(60)).ack(SERVER).say(SERVER, record(60)).ack(CLIENT).wait(45)
    yield tls.say(CLIENT, b"\x00", 64, "A").ack(SERVER).say(CLIENT, record(60)).ack(SERVER)
    tls = Talk(443).parts(CLIENT, record(2500), 0, 1, 2).ack(SERVER).wait(45)
    yield tls.say(CLIENT, b"\x00", 2504, "A").ack(SERVER).say(CLIENT, record(60)).ack(SERVER)


def late_ones():
    yield late([0, 1, 3, 2]).ack(CLIENT).close()
    yield late([0, 2, 1, 3]).ack(CLIENT).say(CLIENT, get(b"/2")).say(SERVER, head(0)).close()
    yield late([0, 2, 1], True).ack(CLIENT).wait(0.05).fin(SERVER).ack(CLIENT)
    yield late([0, 1, 3, 2]).ack(CLIENT).say(CLIENT, get(b"/2")).say(SERVER, head(3) + b"abc").close()
    # A body that the end of the connection ends, in order.
    yield late([0, 1, 2], True).ack(CLIENT).fin(SERVER).ack(CLIENT)
    # Late and alone; late, and the end of one message with another after it.
    yield Talk().say(CLIENT, get()).say(SERVER, head(5) + b"hello", at=1000).say(SERVER, head(5) + b"hello", at=0).close()
    two = (head(1500) + b"x" * 1500 + head(3) + b"abc").ljust(2000, b"y")
    yield Talk().say(CLIENT, get()).parts(SERVER, two, 1, 0).close()
    tls = Talk(443).say(CLIENT, record(60)).ack(SERVER).parts(SERVER, record(3000), 0, 1, 3, 2).ack(CLIENT)
    yield tls.say(SERVER, record(100)).ack(CLIENT).close()
    yield Talk(443).say(CLIENT, record(60)).say(SERVER, record(50), at=155).say(SERVER, record(50), at=0).ack(CLIENT).say(
        SERVER, record(40)).close()


def repeats():
    yield repeated(head(100) + b"x" * 100, [0], 0, 0)
    long = head(3000) + b"x" * 3000
    yield repeated(long, [0, 1, 2, 3], 1000, 1)
    yield repeated(long, [1, 2, 3], 0, 0)
    yield repeated(long, [0, 2, 3], 1000, 1)
    yield repeated(long, [0, 1, 2, 3], 0, 0)
    # After a timeout the same segment comes again: before the rest, after it, and its end with new bytes.
    yield Talk().say(CLIENT, get()).parts(SERVER, long, 0, 1).wait(1).parts(SERVER, long[1000:], 0).close()
    yield Talk().say(CLIENT, get()).parts(SERVER, long, 0, 1, 2, 3).wait(1).say(SERVER, long[1000:2000], 1000).close()
    yield Talk().say(CLIENT, get()).wait(1).say(CLIENT, get(), 0).say(SERVER, head(0)).ack(CLIENT).close()
    yield Talk().say(CLIENT, get()).ack(SERVER).say(CLIENT, get(), 0).say(SERVER, head(0)).ack(CLIENT).close()
    yield Talk().say(CLIENT, get()).wait(1).say(CLIENT, get() + get(b"/2"), 0).say(SERVER, head(0)).close()


def tags():
    hello = Talk(443).say(CLIENT, record(60)).ack(SERVER).say(SERVER, record(44)).ack(CLIENT)
    yield hello.parts(SERVER, b"x" * 1000 + record(2000), 1, 2, 3).ack(CLIENT).say(SERVER, record(50)).ack(CLIENT)
    full = Talk(443).say(CLIENT, record(60)).ack(SERVER).say(SERVER, record(44)).ack(CLIENT)
    yield full.say(SERVER, record(2000)[:1000]).say(SERVER, record(2000)[1000:]).ack(CLIENT)


def scaled(syn):
    """The same SYN with a window scale of 6."""
    tcp = 14 + 20
    total = struct.pack(">H", len(syn) - 14 + 4)
    return syn[:16] + total + syn[18:tcp + 12] + b"\x60" + syn[tcp + 13:] + b"\x03\x03\x06\x00"


def openings():
    """Handshakes with a second SYN,ACK: with other numbers, and without the window scale of the first; a clock that goes back."""
    for number in (-501, 499):
        again = Talk(65432, False).raw(CLIENT, "S", -1, None).raw(SERVER, "SA", -1, 0)
        again.raw(SERVER, "SA", number, 0).raw(CLIENT, "A", 0, number + 1).raw(CLIENT, "PA", 0, number + 1, b"hello")
        again.raw(SERVER, "A", number + 1, 5).raw(SERVER, "PA", number + 1, 5, b"#<<END>>#").raw(CLIENT, "A", 5, number + 10)
        again.raw(CLIENT, "FA", 5, number + 10).raw(SERVER, "FA", number + 10, 6)
        yield again.raw(CLIENT, "A", 6, number + 11)
    scaled = Talk(65432, False).raw(CLIENT, "SW", -1, None).raw(SERVER, "SWA", -1, 0).raw(SERVER, "SA", -1, 0)
    yield scaled.raw(CLIENT, "A", 0, 0).say(CLIENT, b"hi").ack(SERVER)
    yield Talk(65432).say(CLIENT, b"x" * 10).wait(-1).say(CLIENT, b"x" * 4, 0).wait(2)


def unseen():
    """Acknowledgements of bytes that were not captured."""
    for news in (0, 1):
        # Whether the server acknowledges something new between them decides which of them are told.
        talk = Talk(65432).say(CLIENT, b"x" * 10).ack(SERVER).ack(CLIENT, 1000).ack(CLIENT, 1100)
        talk.say(SERVER, b"y" * 100, 1100).ack(CLIENT, 1200)
        for more in range(4):
            talk.say(CLIENT, b"x" * news).ack(SERVER).ack(CLIENT, 1300 + 100 * more)
        talk.say(SERVER, b"y" * 100, 2000, ack=10 + news).say(SERVER, b"y" * 100, 3000).ack(CLIENT, 3200)
        yield talk.ack(CLIENT, 3300).ack(SERVER).ack(SERVER).ack(CLIENT, 3400)
    # The server repeats itself before and behind a gap.
    talk = Talk(65432).say(CLIENT, b"x" * 10).ack(SERVER).ack(SERVER).ack(CLIENT, 500).ack(SERVER)
    yield talk.say(SERVER, b"y" * 100, 700).ack(CLIENT, 800).ack(SERVER).ack(SERVER).ack(CLIENT, 900)
    # What comes again after such an acknowledgement counts as asked for; after one duplicate ACK it does not.
    for repeats in (0, 1, 2):
        talk = Talk(65432).say(CLIENT, b"x" * 10).say(CLIENT, b"x" * 10).ack(SERVER, 10).ack(CLIENT, 300)
        for _ in range(repeats):
            talk.ack(SERVER, 10)
        yield talk.say(CLIENT, b"x" * 10, 10, ack=0).say(CLIENT, b"x" * 10, 10, ack=400).say(CLIENT, b"x" * 10, 10, ack=0)


def frames(talks):
    seconds = 0.0
    for number, talk in enumerate(talks):
        for entry in talk.frames:
            if not isinstance(entry, tuple):
                seconds += entry
                continue
            side, flags, at, ack, data = entry
            seconds += 0.001
            first, other = (1001, 5001) if side == CLIENT else (5001, 1001)
            acked = other + ack if ack is not None else 0
            made = frame(side, (50000 + number, talk.port), flags.replace("W", ""), first + at, acked, data)
            yield seconds, scaled(made) if "W" in flags else made


def write(path, talks):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for seconds, data in frames(talks):
            micros = round(seconds * 1_000_000)
            out.write(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(data), len(data)) + data)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    write(folder / "order.pcap", [*keep_alives(), *late_ones(), *repeats(), *tags(), *openings(), *unseen()])
