#!/usr/bin/env python3
"""Makes routers.pcap: packets between routers, switches and access points: LOOP, RIP, HSRP, OSPF, CDP, 802.1X,
and the renumbering of routers in IPv6.

    tests/recordings/routers.py [folder]
"""

import pathlib
import struct
import sys

from crafted import checksum, ethernet, ip, write
from neighbours import BRIDGE, NATIVE, llc, udp

ROUTER, GROUP = 0x0A000001, 0xE0000009


def frame(kind, body):
    return NATIVE + BRIDGE + struct.pack(">H", kind) + body


def loops():
    yield frame(0x9000, b"\0\0\1\0\0\0" + bytes(40))
    yield frame(0x9000, b"\0\0\2\0" + NATIVE + b"\1\0\7\0data")
    yield frame(0x9000, b"\0\0\7\0")
    yield frame(0x9000, b"\0\0\2\0\1\2")


def datagram(ports, payload, to=GROUP):
    return ethernet(ip(ROUTER, to, 17, udp(*ports, payload)))


def route(family, tag, address, mask, hop, metric):
    return struct.pack(">HHIIII", family, tag, address, mask, hop, metric)


def rip():
    one = route(2, 0, 0x0A010000, 0, 0, 1)
    two = route(2, 7, 0x0A010000, 0xFFFF0000, 0x0A0000FE, 16)
    password = struct.pack(">HH", 0xFFFF, 2) + b"secret" + bytes(10)
    for body in (
        b"\1\1\0\0" + route(0, 0, 0, 0, 0, 16), b"\2\1\0\0" + one, b"\2\2\0\0" + two + one, b"\2\2\0\0" + password + two,
        b"\1\2\0\0", b"\x0b\2\0\0" + one, b"\2\2\0\0" + two[:10], b"\2\3\0\0" + two, b"\2\0\0\0" + one,
    ):
        yield datagram((520, 520), body)


def hsrp():
    address = b"\x0a\0\0\xfe"
    for body in (b"\0\0\x10\3\x0a\x78\1\0cisco\0\0\0" + address, b"\0\1\4\3\x0a\x64\2\0secret\0\0" + address, b"\0\2\2\3\x0a\x64\2\0cisco\0\0\0" + address, b"\0\3\0\1\0\x0a\2\0cisco\0\0\0" + address, b"\0\0\x10\3"):
        yield datagram((1985, 1985), body, 0xE0000002)
    group = struct.pack(">BBBBHH", 2, 0, 6, 4, 1, 0) + BRIDGE[:6] + struct.pack(">III", 100, 3000, 10000) + address + bytes(12)
    yield datagram((1985, 1985), b"\1\x28" + group, 0xE0000066)
    yield datagram((1985, 1985), b"\1\x28" + group + b"\3\x08secret\0\0", 0xE0000066)
    yield datagram((1985, 1985), b"\1\x28" + struct.pack(">BBBBHH", 2, 1, 5, 4, 20, 0) + group[8:], 0xE0000066)
    yield datagram((1985, 1985), b"\2\4\0\1\0\1", 0xE0000066)


def ospf(version, kind, body, router=0x01010101, area=0):
    head = struct.pack(">BBHII", version, kind, (24 if version == 2 else 16) + len(body), router, area)
    return head + (struct.pack(">HHQ", 0x1234, 0, 0) if version == 2 else bytes(4)) + body


def lsa(kind, body=b"", age=1):
    """A link state advertisement, or only its header, which has the length of the whole."""
    return struct.pack(">HBBIIIHH", age, 2, kind, 0x01010101, 0x01010101, 0x80000001, 0xABCD, 20 + (len(body) or 16)) + body


def routing():
    hello = struct.pack(">IHBBIII", 0xFFFFFF00, 10, 2, 1, 40, ROUTER, 0)
    links = struct.pack(">BBH", 0, 0, 1) + struct.pack(">IIBBH", 0x0A000001, 0x0A000001, 2, 0, 10)
    for body in (
        ospf(2, 1, hello), ospf(2, 1, hello + struct.pack(">II", 0x02020202, 0x03030303), area=1), ospf(2, 2, struct.pack(">HBBI", 1500, 2, 7, 99)),
        ospf(2, 2, struct.pack(">HBBI", 1500, 2, 0, 99) + lsa(1)), ospf(2, 3, struct.pack(">III", 1, 0x01010101, 0x01010101)),
        ospf(2, 4, struct.pack(">I", 1) + lsa(1, links)), ospf(2, 5, lsa(1)), ospf(2, 1, hello)[:30], ospf(2, 9, b""),
    ):
        yield ethernet(ip(ROUTER, 0xE0000005, 89, body, 1))
    v3 = ospf(3, 1, struct.pack(">IIHHII", 5, 0x01000013, 10, 40, 0, 0))
    yield bytes.fromhex("333300000005") + NATIVE + b"\x86\xdd" + struct.pack(">IHBB", 0x60000000, len(v3), 89, 1) + bytes.fromhex("fe80" + "00" * 13 + "01" + "ff02" + "00" * 13 + "05") + v3


def element(kind, value):
    return struct.pack(">HH", kind, 4 + len(value)) + value


def cdp():
    head, to = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00", "01000ccccccc"
    names = element(1, b"R1") + element(3, b"FastEthernet0/1")
    address = element(2, struct.pack(">I", 1) + b"\1\1\xcc\0\4\x0a\0\0\1")
    rest = element(4, struct.pack(">I", 0x29)) + element(5, b"Cisco IOS\nVersion 15") + element(6, b"cisco C2900") + element(9, b"lab") + element(10, b"\0\1") + element(11, b"\1")
    for body in (names, names + address + rest, element(1, b"S2\n") + rest, element(4, struct.pack(">I", 1)), names + b"\0\5\0\2"):
        yield llc(b"\2\xb4\x12\x34" + body, head, to)
    yield llc(b"\1\xb4\0\0" + names, head, to)


def eapol():
    def eap(code, number, body=b""):
        return frame(0x888E, b"\1\0" + struct.pack(">H", 4 + len(body)) + struct.pack(">BBH", code, number, 4 + len(body)) + body)

    def key(information, data=b"", nonce=b"\x11" * 32, kind=2):
        body = struct.pack(">BHHQ", kind, information, 16, 1) + nonce + bytes(16) + bytes(8) + bytes(8) + bytes(16) + struct.pack(">H", len(data)) + data
        return frame(0x888E, b"\2\3" + struct.pack(">H", len(body)) + body)

    yield frame(0x888E, b"\1\1\0\0")
    yield frame(0x888E, b"\2\2\0\0" + bytes(42))
    yield frame(0x888E, b"\3\4\0\0")
    yield frame(0x888E, b"\1\x0b\0\0")
    yield from (eap(1, 1, b"\1"), eap(2, 1, b"\1anna"), eap(1, 2, b"\4\x10" + bytes(16)), eap(2, 2, b"\3\x19"), eap(1, 3, b"\x19\x20"), eap(2, 3, b"\x15\0"), eap(1, 4, b"\2hello"), eap(1, 4, b"\x7f"), eap(3, 4), eap(4, 5))
    security = bytes.fromhex("30140100000fac040100000fac040100000fac020000")
    yield from (key(0x008A), key(0x010A, security), key(0x13CA, bytes(24)), key(0x030A, nonce=bytes(32)), key(0x030A, kind=254), key(0x1382, bytes(8)), key(0x0302))


def renumbering():
    source, group = bytes.fromhex("fe80" + "00" * 13 + "0a"), bytes.fromhex("ff02" + "00" * 13 + "01")
    prefix = bytes.fromhex("20010db8433d2e44") + bytes(8)

    def message(code, body):
        message = bytes([138, code, 0, 0]) + body
        sum_ = checksum(source + group + struct.pack(">II", len(message), 58) + message)
        message = message[:2] + struct.pack(">H", sum_) + message[4:]
        head = struct.pack(">IHBB", 0x60000000, len(message), 58, 255)
        return bytes.fromhex("333300000001") + NATIVE + b"\x86\xdd" + head + source + group + message

    def head(number, flags, delay=0):
        return struct.pack(">IBBHI", number, 1, flags, delay, 0)

    def match(operation, parts=1, length=None, bits=48):
        return struct.pack(">BBBBBBH", operation, 4 * parts + 3 if length is None else length, 0xA1, bits, 0, 128, 0) + prefix

    def use(mask, flags, valid, more):
        return struct.pack(">BBBBIII", 48, 16, mask, flags, valid, 604800, more) + prefix

    def result(flags, bits=48):
        return struct.pack(">HBBI", flags, 3, bits, 7) + prefix

    one = use(0x80, 0x40, 3600, 0x80000000)
    yield message(0, head(1, 0xC0, 500) + match(1) + one)
    yield message(0, head(2, 0xF8) + match(2, 2) + one + use(0xFF, 0xC0, 0xFFFFFFFF, 0xD2345678))
    yield message(0, head(3, 0x10) + match(3, bits=200) + one)
    yield message(0, head(4, 0xFF) + match(9, length=1) + one)
    yield message(0, head(5, 0))
    yield message(0, head(6, 0) + match(1, 0))
    yield message(1, head(7, 0x40) + result(0) + result(3) + result(0xFFFC, 200))
    yield message(255, head(8, 0))
    yield message(7, head(9, 0) + match(1) + one)
    # Parts that are cut.
    yield message(0, head(10, 0) + match(1) + one[:-7])
    yield message(1, head(11, 0) + result(2)[:-5])
    yield message(0, head(12, 0)[:7])


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "routers.pcap", [*loops(), *rip(), *hsrp(), *routing(), *cdp(), *eapol(), *renumbering()])
