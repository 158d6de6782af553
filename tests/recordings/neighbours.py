#!/usr/bin/env python3
"""Makes neighbours.pcap: packets of other machines in a network that a guest is bridged to: switches, DHCPv6, TFTP, syslog,
and datagrams in fragments.

    tests/recordings/neighbours.py [folder]
"""

import pathlib
import struct
import sys

from crafted import ethernet, ip, write

BRIDGE = bytes.fromhex("001122334455")
NATIVE = bytes.fromhex("0a0027000001")


def bpdu(version, kind, flags, vlan, cost=0, port=0x8001, age=0, rest=b""):
    name = struct.pack(">H", 32768 + vlan) + BRIDGE
    times = struct.pack(">4H", age, 20 * 256, 2 * 256, 15 * 256)
    return struct.pack(">HBBB", 0, version, kind, flags) + name + struct.pack(">I", cost) + name + struct.pack(">H", port) + times + rest


def llc(payload, header=b"\x42\x42\x03", to="0180c2000000"):
    body = header + payload
    return bytes.fromhex(to) + BRIDGE + struct.pack(">H", len(body)) + body + bytes(max(0, 46 - len(body)))


def spanning_trees():
    yield llc(bpdu(0, 0, 0, 0, age=256))
    yield llc(bpdu(0, 0, 0x81, 10, 19, age=128))
    yield llc(bpdu(2, 2, 0x3C, 0, 4, 0x8002, rest=b"\0"))
    yield llc(bpdu(2, 2, 0x7E, 1, rest=b"\0"))
    yield llc(struct.pack(">HBB", 0, 0, 0x80))
    yield llc(bpdu(2, 2, 0x3C, 1, rest=b"\0" + struct.pack(">HHH", 0, 2, 1)), b"\xaa\xaa\x03\x00\x00\x0c\x01\x0b", "01000ccccccd")


def element(kind, value):
    return struct.pack(">H", kind << 9 | len(value)) + value


def lldp(*elements):
    return bytes.fromhex("0180c200000e") + NATIVE + b"\x88\xcc" + b"".join(elements)


def switches():
    end, ttl = element(0, b""), element(3, struct.pack(">H", 120))
    yield lldp(element(1, b"\x04" + BRIDGE), element(2, b"\x03" + NATIVE), ttl, element(5, b"sw1"), end)
    yield lldp(element(1, b"\x07sw"), element(2, b"\x05Gi0/1"), ttl, element(4, b"uplink"), element(5, b"sw2"), element(6, b"a switch"), end)


def udp(source, destination, payload):
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def v4(ports, payload):
    return ethernet(ip(0x0A000001, 0x0A000002, 17, udp(*ports, payload)))


def v6(payload, ports=(546, 547), to="ff020000000000000000000000010002"):
    body = udp(*ports, payload)
    body = body[:6] + b"\x12\x34" + body[8:]
    header = struct.pack(">IHBB", 0x60000000, len(body), 17, 1) + bytes.fromhex("fe80" + "00" * 13 + "01" + to)
    return bytes.fromhex("333300010002") + NATIVE + b"\x86\xdd" + header + body


def option(kind, value):
    return struct.pack(">HH", kind, len(value)) + value


def dhcpv6():
    client, server = option(1, b"\0\3\0\1" + NATIVE), option(2, b"\0\1\0\1\x20\0\0\0" + BRIDGE)
    address = option(5, bytes.fromhex("20010db8" + "00" * 11 + "05") + struct.pack(">II", 3600, 7200))
    ia = option(3, struct.pack(">III", 1, 900, 1800) + address)
    prefix = option(25, struct.pack(">III", 2, 0, 0) + option(26, struct.pack(">IIB", 1, 2, 56) + bytes.fromhex("20010db8" + "00" * 12)))
    xid = b"\x11\x22\x33"
    yield v6(b"\1" + xid + client + option(8, b"\0\0") + option(6, struct.pack(">HH", 23, 24)) + option(3, struct.pack(">III", 1, 0, 0)))
    yield v6(b"\2" + xid + client + server + ia + option(7, b"\xff") + option(23, bytes(15) + b"\1"), (547, 546))
    yield v6(b"\3" + xid + client + server + ia + prefix)
    yield v6(b"\7" + xid + client + server + option(13, b"\0\0ok"), (547, 546))
    yield v6(b"\x0b" + xid + option(14, b""))


def tftp():
    for number, data in enumerate([b"\0\1a.txt\0octet\0", b"\0\2b\0netascii\0", b"\0\1a\0octet\0blksize\x001428\0", b"\0\4\0\0", b"\0\6blksize\x001428\0", b"\0\5\0\1not there\0"]):
        yield v4((50000 + number, 69), data)
    yield v4((50010, 69), b"\0\3\0\1hello")


def syslog():
    yield v4((50020, 514), b"<34>su")
    yield v4((514, 514), b"<165>hello")
    yield v4((50020, 514), b"no priority")


def pieces(payload, *bounds, number=7):
    """A datagram in fragments; `bounds` has the offset and end of each, in the order in which they come."""
    for start, end in bounds:
        more = 0x2000 if end < len(payload) else 0
        header = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + end - start, number, more | start // 8, 64, 17, 0, 0x0A000001, 0x0A000002)
        yield ethernet(header + payload[start:end])


def fragments():
    datagram = udp(5000, 6000, bytes(i % 251 for i in range(92)))
    yield from pieces(datagram, (0, 48), (48, 100))
    yield from pieces(datagram, (48, 100), (0, 48), number=8)
    yield from pieces(datagram, (0, 48), (24, 72), (72, 100), number=9)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "neighbours.pcap", [*spanning_trees(), *switches(), *dhcpv6(), *tftp(), *syslog(), *fragments()])
