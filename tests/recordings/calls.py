#!/usr/bin/env python3
"""Makes calls.pcap: calls over SIP, with sound over RTP between ports that only the SIP messages name, and RTCP.

    tests/recordings/calls.py [folder]
"""

import pathlib
import struct
import sys

from crafted import ethernet, ip, write
from neighbours import udp

ANNA, BERT = 0x0A000001, 0x0A000002


def datagram(ports, payload, back=False):
    ends, ports = ((BERT, ANNA), ports[::-1]) if back else ((ANNA, BERT), ports)
    return ethernet(ip(*ends, 17, udp(*ports, payload)))


def sdp(address, port, *more, codecs=b"0 8 101"):
    lines = [b"v=0", b"o=anna 1 1 IN IP4 " + address, b"s=-", b"c=IN IP4 " + address, b"t=0 0", b"m=audio %d RTP/AVP " % port + codecs, b"a=rtpmap:0 PCMU/8000", b"a=rtpmap:101 telephone-event/8000", *more]
    return b"\r\n".join(lines) + b"\r\n"


def sip(first, sequence, body=b"", *more):
    lines = [first, b"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1", b"From: \"Anna\" <sip:anna@10.0.0.1>;tag=1", b"To: <sip:bert@10.0.0.2>", b"Call-ID: 42@10.0.0.1", b"CSeq: " + sequence, *more]
    if body:
        lines.append(b"Content-Type: application/sdp")
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def rtp(sequence, kind=0, payload=bytes(40), mark=0, source=0x12AB):
    return struct.pack(">BBHII", 0x80, mark << 7 | kind, sequence, sequence * 160, source) + payload


def call():
    here, there = sdp(b"10.0.0.1", 40000), sdp(b"10.0.0.2", 42000)
    ports, sound = (5060, 5060), (40000, 42000)
    yield datagram(ports, sip(b"INVITE sip:bert@10.0.0.2 SIP/2.0", b"1 INVITE", here, b"Contact: <sip:anna@10.0.0.1>", b"User-Agent: labkit"))
    yield datagram(ports, sip(b"SIP/2.0 100 Trying", b"1 INVITE"), True)
    yield datagram(ports, sip(b"SIP/2.0 180 Ringing", b"1 INVITE"), True)
    yield datagram(ports, sip(b"SIP/2.0 200 OK", b"1 INVITE", there), True)
    yield datagram(ports, sip(b"ACK sip:bert@10.0.0.2 SIP/2.0", b"1 ACK"))
    for n in range(2):
        yield datagram(sound, rtp(n, mark=n == 0))
        yield datagram(sound, rtp(n + 500, 8, source=0x9E), True)
    yield datagram(sound, rtp(4, 18, bytes(20)))
    yield datagram((41000, 43000), rtp(9))
    yield datagram(ports, sip(b"BYE sip:bert@10.0.0.2 SIP/2.0", b"2 BYE"))
    yield datagram(ports, sip(b"SIP/2.0 200 OK", b"2 BYE"), True)
    yield datagram(ports, sip(b"REGISTER sip:10.0.0.2 SIP/2.0", b"1 REGISTER", b"", b"Contact: <sip:anna@10.0.0.1>", b"Expires: 60"))
    yield datagram(ports, sip(b"SIP/2.0 401 Unauthorized", b"1 REGISTER", b"", b'WWW-Authenticate: Digest realm="lab"'), True)
    for more in ((), (b"Contact: *", b"Expires: 0"), (b"Contact: <sip:a>;expires=0",), (b"Contact: <sip:a>, <sip:b>",), (b"Contact: <sip:a>;expires=0", b"Expires: 0"), (b"Contact: <sip:a>;expires=0, <sip:b>;expires=9",), (b"Contact: <sip:a>;expires=9, <sip:b>", b"Expires: 0")):
        yield datagram(ports, sip(b"REGISTER sip:10.0.0.2 SIP/2.0", b"1 REGISTER", b"", *more))
    yield datagram(ports, sip(b"SIP/2.0 200 OK", b"1 REGISTER", b"", b"Contact: <sip:a>"), True)
    yield datagram(ports, sip(b"OPTIONS sip:bert@10.0.0.2 SIP/2.0", b"1 OPTIONS"))
    yield datagram(ports, sip(b"SIP/2.0 486 Busy Here", b"3 INVITE"), True)
    yield datagram(ports, b"\r\n\r\n")
    yield datagram(ports, b"nonsense")


def report(kind, blocks=0, count=None):
    body = struct.pack(">I", 0x1234)
    if kind == 200:
        body += struct.pack(">IIIII", 0xE8FE6F80, 0x80000000, 1600, 10, 400)
    for n in range(blocks):
        body += struct.pack(">IBBHIIII", 0x99 + n, 5, 0, 3, 0x10000 + 500, 7, 0x12345678, 0x00010000)
    return struct.pack(">BBH", 0x80 | (blocks if count is None else count), kind, len(body) // 4) + body


def words(first, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(">BBH", first, kind, len(body) // 4) + body


def reports():
    """Reports about the sound of the call: on the ports behind those of the sound, and on others."""
    source = struct.pack(">I", 0x1234)
    described = words(0x81, 202, source + b"\x01\x09anna@host\x00")
    left = words(0x81, 203, source)
    application = words(0x82, 204, source + b"TESTdata")
    loss = words(0x81, 206, source + struct.pack(">I", 0x99))
    ports = (40001, 42001)
    for packet in (report(200) + described, report(201, 1) + described, report(200, 2) + described + left, report(201) + application, report(201) + loss, report(201) + b"\x80"):
        yield datagram(ports, packet)
    yield datagram(ports, report(201, 2) + described, True)
    yield datagram(ports, described)
    yield datagram(ports, report(201, 1, count=2))
    yield datagram(ports, report(200)[:10])
    for packet in (report(200) + described, report(201, 1), left, application, loss, described, report(201) + b"xx", report(200)[:20]):
        yield datagram((33332, 44445), packet)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "calls.pcap", [*call(), *reports()])
