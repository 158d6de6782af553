#!/usr/bin/env python3
"""Makes devices.pcap: packets that programs and devices send by themselves: WireGuard, STUN, SNMP, MQTT.

    tests/recordings/devices.py [folder]
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER, ethernet, ip, write
from neighbours import udp
from order import Talk, frames

HOME, FAR = 0x0A000001, 0x0A000002


def datagram(ports, payload, back=False):
    ends = (FAR, HOME) if back else (HOME, FAR)
    return ethernet(ip(*ends, 17, udp(*(ports[::-1] if back else ports), payload)))


def wireguard():
    index = lambda n: struct.pack("<I", n)
    initiation = b"\1\0\0\0" + index(0x1122AABB) + bytes(range(32)) + bytes(48) + bytes(28) + bytes(16) + bytes(16)
    response = b"\2\0\0\0" + index(0x55EE7788) + index(0x1122AABB) + bytes(range(32)) + bytes(16) + bytes(32)
    for ports, payload, back in (
        ((51820, 51820), initiation, False), ((51820, 51820), response, True), ((51820, 51820), b"\4\0\0\0" + index(0x55EE7788) + struct.pack("<Q", 0) + bytes(80), False),
        ((51820, 51820), b"\4\0\0\0" + index(0x1122AABB) + struct.pack("<Q", 7) + bytes(16), True), ((51820, 51820), b"\3\0\0\0" + index(0x1122AABB) + bytes(24) + bytes(32), True),
        ((40000, 12345), initiation, False), ((40001, 12345), b"\4\0\0\0" + index(1) + struct.pack("<Q", 0) + bytes(32), False), ((51820, 51820), b"\5\0\0\0" + bytes(60), False), ((40002, 12345), b"\4\0\1\0" + bytes(60), False), ((51820, 51820), initiation[:100], False),
    ):
        yield datagram(ports, payload, back)


COOKIE, ID = b"\x21\x12\xa4\x42", bytes(range(12))


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind, *attributes):
    body = b"".join(attributes)
    return struct.pack(">HH", kind, len(body)) + COOKIE + ID + body


def masked(address, port):
    port, address = port ^ 0x2112, address ^ 0x2112A442
    return b"\0\1" + struct.pack(">HI", port, address)


def sessions():
    software, name = attribute(0x8022, b"labkit 1"), attribute(6, b"anna:bert")
    plain = attribute(1, b"\0\1" + struct.pack(">HI", 5000, HOME))
    for ports, payload, back in (
        ((50001, 3478), stun(1), False), ((50001, 3478), stun(0x101, attribute(0x20, masked(HOME, 50001)), software), True), ((50002, 3478), stun(1, software, name, attribute(0x24, b"\x6e\0\1\xff"), attribute(0x8029, bytes(8))), False),
        ((50002, 3478), stun(0x111, attribute(9, b"\0\0\4\1Unauthorized"), attribute(0x14, b"lab"), attribute(0x15, b"nonce")), True), ((50003, 3478), stun(3, attribute(0x19, b"\x11\0\0\0")), False),
        ((50003, 3478), stun(0x103, attribute(0x16, masked(FAR, 6000)), attribute(0x20, masked(HOME, 50003)), attribute(0x0D, b"\0\0\2\x58")), True), ((50004, 60000), stun(0x11), False), ((50005, 60000), stun(0x101, plain), True), ((50006, 3478), stun(8, attribute(0x12, masked(FAR, 1))), False),
        ((50007, 3478), stun(4, attribute(0x0D, b"\0\0\0\0")), False), ((50008, 3478), stun(0x16, attribute(0x12, masked(FAR, 9)), attribute(0x13, b"hello")), False), ((50009, 3478), stun(9, attribute(0x0C, b"\x40\0\0\0"), attribute(0x12, masked(FAR, 9))), False),
    ):
        yield datagram(ports, payload, back)
    # Other methods than TURN's, attributes that end early, and data in channels before and after a message.
    for n, kind in enumerate((0x200, 0x400, 0x800, 0x80)):
        yield datagram((50020 + n, 60000), stun(kind))
    for n, rest in enumerate((b"\0", b"\0\0\0", bytes(6))):
        yield datagram((50030 + n, 60000), stun(1, rest))
    channel = b"\x40\0\0\5hello" + bytes(3)
    for payload in (channel, stun(1), channel, b"\x80" + channel, channel[:6]):
        yield datagram((50040, 60000), payload)
        yield datagram((50040, 60000), payload, back=True)


def ber(tag, *parts):
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + length + body


def integer(n, tag=2):
    return ber(tag, n.to_bytes((n.bit_length() + 8) // 8, "big", signed=True))


def name(*numbers):
    body = bytes([numbers[0] * 40 + numbers[1]])
    for n in numbers[2:]:
        digits = [n & 127]
        while n := n >> 7:
            digits.append(n & 127 | 128)
        body += bytes(digits[::-1])
    return ber(6, body)


SYSTEM = (1, 3, 6, 1, 2, 1, 1)
NULL = ber(5)


def bindings(*pairs):
    return ber(0x30, *(ber(0x30, name(*where), value) for where, value in pairs))


def pdu(kind, *pairs, status=0, index=0, number=12345):
    return ber(0xA0 | kind, integer(number), integer(status), integer(index), bindings(*pairs))


def community(version, body, word=b"public"):
    return ber(0x30, integer(version), ber(4, word), body)


def snmp():
    uptime, described, interface = SYSTEM + (3, 0), SYSTEM + (1, 0), (1, 3, 6, 1, 2, 1, 2, 2, 1, 10, 4000)
    trap = ber(0xA4, name(1, 3, 6, 1, 4, 1, 9), ber(0x40, b"\x0a\0\0\1"), integer(3), integer(0), integer(100, 0x43), bindings((interface, integer(5))))
    user = ber(0x30, ber(4, b"\x80\0\x1f\x88\4lab"), integer(1), integer(200), ber(4, b"anna"), ber(4, bytes(12)), ber(4, bytes(8)))

    def third(flags, data):
        return ber(0x30, integer(3), ber(0x30, integer(77), integer(65507), ber(4, bytes([flags])), integer(3)), ber(4, user), data)

    scoped = ber(0x30, ber(4, b"\x80\0\x1f\x88\4lab"), ber(4, b""), pdu(0, (described, NULL)))
    for back, payload in (
        (False, community(0, pdu(0, (described, NULL)))), (True, community(0, pdu(2, (described, ber(4, b"a router"))))), (False, community(1, pdu(1, (SYSTEM, NULL), (interface, NULL)))), (True, community(1, pdu(2, (uptime, integer(4711, 0x43)), (interface, integer(70000, 0x41))))),
        (False, community(1, pdu(5, (SYSTEM, NULL), status=0, index=10))), (True, community(1, pdu(2, (SYSTEM, ber(0x82))))), (False, community(1, pdu(3, (described, ber(4, b"new"))), b"private")), (True, community(0, pdu(2, (described, NULL), status=2, index=1))), (False, community(1, pdu(6, (uptime, integer(1, 0x43))))),
        (True, community(1, pdu(8))), (False, third(4, scoped)), (False, third(7, ber(4, bytes(40)))),
    ):
        yield datagram((50161, 161), payload, back)
    yield datagram((50162, 162), community(0, trap))
    yield datagram((50162, 162), community(1, pdu(7, (uptime, integer(9, 0x43)), ((1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0), name(1, 3, 6, 1, 6, 3, 1, 1, 5, 3)))))
    yield datagram((50161, 161), community(1, pdu(0, (described, NULL)))[:20])


def text(words):
    return struct.pack(">H", len(words)) + words


def mqtt(kind, body, flags=0):
    return bytes([kind << 4 | flags, len(body)]) + body


def hello(version, flags, *rest):
    return mqtt(1, text(b"MQTT") + bytes([version, flags]) + struct.pack(">H", 60) + (b"\0" if version == 5 else b"") + b"".join(map(text, rest)))


def brokers():
    yield Talk(1883).say(CLIENT, hello(4, 0xC2, b"sensor", b"anna", b"geheim")).ack(SERVER).say(SERVER, mqtt(2, b"\0\0")).say(CLIENT, mqtt(8, b"\0\1" + text(b"a/b") + b"\1" + text(b"c/#") + b"\0", 2)).say(SERVER, mqtt(9, b"\0\1\1\0")).say(CLIENT, mqtt(3, text(b"a/b") + b"21.5")).say(
        CLIENT, mqtt(3, text(b"a/b") + b"\0\2on", 2) + mqtt(12, b"")).say(SERVER, mqtt(4, b"\0\2") + mqtt(13, b"")).say(CLIENT, mqtt(10, b"\0\3" + text(b"a/b"), 2)).say(SERVER, mqtt(11, b"\0\3")).say(CLIENT, mqtt(3, text(b"x") + b"\0\4" + bytes(90), 0xD)).say(
        SERVER, mqtt(5, b"\0\4")).say(CLIENT, mqtt(6, b"\0\4", 2)).say(SERVER, mqtt(7, b"\0\4")).say(CLIENT, mqtt(14, b"")).close()
    yield Talk(1883).say(CLIENT, hello(5, 2, b"five")).say(SERVER, mqtt(2, b"\0\0\0")).say(CLIENT, mqtt(3, text(b"t") + b"\0hi")).say(CLIENT, mqtt(14, b"\4\0"))
    yield Talk(1883).say(CLIENT, hello(4, 2, b"cut")[:10]).say(CLIENT, hello(4, 2, b"cut")[10:]).say(SERVER, mqtt(2, b"\0\5"))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "devices.pcap", [*(data for _, data in frames(brokers())), *wireguard(), *sessions(), *snmp()])
