#!/usr/bin/env python3
"""Makes multiplexed.pcap: HTTP/2 in clear (RFC 9113), by prior knowledge on several ports and by an upgrade from HTTP/1.1.

    tests/recordings/multiplexed.py [folder]

The header blocks with Huffman codes and a dynamic table are the examples of RFC 7541, appendix C.
"""

import gzip
import pathlib
import struct
import sys

from crafted import CLIENT, SERVER, write
from order import Talk, frames

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 1, 1, 4, 8, 32
MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# RFC 7541, C.4: three requests of one connection.
REQUESTS = [bytes.fromhex(text) for text in (
    "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")]
# RFC 7541, C.6: three responses whose dynamic table has no more than 256 bytes, which the first says.
RESPONSES = [bytes.fromhex(text) for text in (
    "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    "4883640effc1c0bf",
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007")]


def frame(kind, payload=b"", flags=0, stream=0):
    """RFC 9113, section 4.1."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs, flags=0):
    return frame(SETTINGS, b"".join(struct.pack(">HI", *pair) for pair in pairs), flags)


def headers(block, stream, flags=END_HEADERS | END_STREAM):
    return frame(HEADERS, block, flags, stream)


def literal(name, value, first=0x00):
    """A header field in plain letters (RFC 7541, section 6.2.2)."""
    return bytes([first, len(name)]) + name + bytes([len(value)]) + value


TEXT, JSON = literal(b"content-type", b"text/plain"), literal(b"content-type", b"application/json")


def window(n, stream=0):
    return frame(WINDOW_UPDATE, struct.pack(">I", n), 0, stream)


def begun(port=80, more=b""):
    talk = Talk(port).say(CLIENT, MAGIC + settings((3, 100), (4, 10485760), (2, 0)) + window(983041) + more).ack(SERVER)
    return talk.say(SERVER, settings((1, 4096), (3, 128), (5, 16384), (6, 65536), (8, 1), (77, 5))).say(CLIENT, settings(flags=ACK)).say(SERVER, settings(flags=ACK))


def rfc(port):
    """Three exchanges on streams 1, 3 and 5."""
    talk = begun(port)
    for i, (asked, answered) in enumerate(zip(REQUESTS, RESPONSES)):
        stream = 2 * i + 1
        talk.say(CLIENT, headers(asked, stream)).say(SERVER, headers(answered + TEXT, stream, END_HEADERS))
        body = b"hello %d" % i
        talk.say(SERVER, frame(DATA, gzip.compress(body, mtime=0) if i == 2 else body, END_STREAM, stream))
    return talk


def kinds():
    """Every type of frame, padded ones too, and one that the RFC does not know."""
    asked = REQUESTS[0] + literal(b"content-type", b"text/plain") + literal(b"authorization", b"secret", 0x10)
    weighted = struct.pack(">IB", 0x80000003, 15)
    talk = begun(8080).say(CLIENT, frame(PRIORITY, weighted, 0, 3) + frame(PING, b"12345678"))
    talk.say(SERVER, frame(PING, b"12345678", ACK))
    talk.say(CLIENT, headers(b"\3" + weighted + asked + b"\0\0\0", 1, END_HEADERS | PADDED | WITH_PRIORITY))
    talk.say(CLIENT, frame(DATA, b"\4question\0\0\0\0", PADDED, 1)).say(CLIENT, frame(DATA, b"?", END_STREAM, 1))
    talk.say(SERVER, frame(PUSH_PROMISE, struct.pack(">I", 2) + REQUESTS[0], END_HEADERS, 1))
    block = RESPONSES[0] + TEXT
    talk.say(SERVER, headers(block[:10], 1, 0) + frame(CONTINUATION, block[10:20], 0, 1) + frame(CONTINUATION, block[20:], END_HEADERS, 1))
    talk.say(SERVER, frame(DATA, b"answer", 0, 1) + frame(DATA, b"", END_STREAM, 1))
    talk.say(CLIENT, frame(RST_STREAM, struct.pack(">I", 8), 0, 2)).say(SERVER, frame(0x0a, b"\0\0h2=\":443\"", 0, 1))
    talk.say(SERVER, frame(0x0c, struct.pack(">H", 9) + b"http://x/", 0, 0)).say(CLIENT, frame(0x10, struct.pack(">I", 1) + b"u=1", 0, 0))
    talk.say(CLIENT, frame(0xbe, b"any", 3, 0))
    return talk.say(SERVER, frame(GOAWAY, struct.pack(">II", 1, 2) + b"bye")).close()


def divided():
    """Frames over segments, several in one segment, and a body of two frames of which one takes three segments."""
    talk, asked = begun(), headers(REQUESTS[0], 1) + headers(REQUESTS[1], 3)
    talk.say(CLIENT, asked[:5]).say(CLIENT, asked[5:30]).say(CLIENT, asked[30:])
    answer = headers(RESPONSES[0] + TEXT, 1, END_HEADERS) + frame(DATA, b"x" * 2500, 0, 1) + frame(DATA, b"end", END_STREAM, 1)
    talk.parts(SERVER, answer, 0, 1, 2, 3, size=700)
    return talk.say(SERVER, headers(RESPONSES[1] + JSON, 3, END_HEADERS) + frame(DATA, b'{"a":1}', END_STREAM, 3)).close()


def upgraded():
    """RFC 7540, section 3.2."""
    more = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    talk = Talk().say(CLIENT, b"GET / HTTP/1.1\r\nHost: x\r\n" + more).ack(SERVER)
    switched = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    talk.say(SERVER, switched + settings((3, 100))).say(CLIENT, MAGIC + settings((3, 100)))
    talk.say(SERVER, settings(flags=ACK) + headers(RESPONSES[0] + TEXT, 1, END_HEADERS)).say(SERVER, frame(DATA, b"hello", END_STREAM, 1))
    talk.say(CLIENT, settings(flags=ACK)).say(CLIENT, headers(REQUESTS[0], 3))
    return talk


def late():
    """A conversation whose beginning was not captured."""
    return Talk(handshake=False).say(CLIENT, headers(REQUESTS[0], 1)).say(SERVER, headers(RESPONSES[0], 1))


def wrong():
    """Frames that contradict themselves."""
    talk = begun()
    talk.say(CLIENT, headers(bytes.fromhex("ff80ffffff7f"), 1)).say(SERVER, frame(SETTINGS, b"\0\1\2"))
    return talk.say(CLIENT, headers(b"\x82\xc2", 3)).say(SERVER, frame(PING, b"12")).say(CLIENT, window(0))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    talks = [rfc(80), rfc(9999), kinds(), divided(), upgraded(), late(), wrong()]
    write(folder / "multiplexed.pcap", [data for _, data in frames(talks)])
