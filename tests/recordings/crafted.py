#!/usr/bin/env python3
"""Makes segments.pcap, exchanges.pcap, errors.pcap and services.pcap: conversations that are rare on a cable, made by hand.

    tests/recordings/crafted.py [folder]

Each conversation of segments.pcap is a case of TCP analysis, each of exchanges.pcap one of HTTP's requests and responses;
errors.pcap has probes and the ICMP errors that quote them, multicast groups that are never routed, and the search for devices
(SSDP); services.pcap has the small services.
The differential test compares labkit's reading of them with tshark's.
"""

import pathlib
import struct
import sys

FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
CLIENT, SERVER = 0, 1


def syn(length=0):
    return CLIENT, "S", 0, 0, b"x" * length


def segment(side, flags, seq, ack, length=0):
    return side, flags, seq, ack, b"x" * length


def sends(seq, length, ack=1):
    return segment(CLIENT, "PA", seq, ack, length)


def answers(seq, length, ack):
    return segment(SERVER, "PA", seq, ack, length)


def acks(ack, seq=1):
    return segment(SERVER, "A", seq, ack)


def repeats(seq=1, ack=1):
    """A repeated acknowledgement of the client."""
    return segment(CLIENT, "A", seq, ack)


HANDSHAKE = [syn(), segment(SERVER, "SA", 0, 1), repeats()]

SEGMENTS = [
    # Bytes in flight and completeness: data in a SYN or a FIN, flags without ACK, no beginning.
    [syn(), sends(1, 10), sends(11, 5)],
    [syn(4), sends(5, 6), segment(SERVER, "SA", 0, 5), sends(11, 5), repeats(16)],
    [syn(4), segment(SERVER, "SA", 0, 5, 6), repeats(5, 7), sends(5, 3)],
    [*HANDSHAKE, segment(CLIENT, "F", 1, 0), acks(2), segment(SERVER, "FA", 1, 2), repeats(2, 2)],
    [*HANDSHAKE, sends(1, 10), segment(CLIENT, "FPA", 11, 1, 3), acks(14), acks(15)],
    [*HANDSHAKE, segment(CLIENT, "FPA", 1, 1, 3), sends(4, 5), sends(5, 5), acks(5)],
    [segment(SERVER, "SA", 0, 1), syn(), repeats(), sends(1, 5), acks(6)],
    [segment(CLIENT, "F", 1, 0), segment(CLIENT, "F", 1, 0), acks(2), segment(CLIENT, "R", 2, 0), repeats(2, 2)],
    [segment(CLIENT, "FA", 1, 1), segment(CLIENT, "FA", 1, 1), segment(SERVER, "RA", 1, 2)],
    # Acknowledgements of bytes that were not captured.
    [*HANDSHAKE, sends(1, 17), acks(68), acks(69), sends(18, 50), acks(100)],
    [*HANDSHAKE, sends(1, 17), acks(68), sends(68, 10), acks(100), sends(100, 5), acks(105), acks(200)],
    [*HANDSHAKE, sends(1, 17), acks(30), answers(1, 10, 30), sends(18, 5, 11), acks(23, 11), acks(24, 11)],
    [*HANDSHAKE, sends(1, 17), acks(30), segment(CLIENT, "R", 18, 0), acks(40)],
    [*HANDSHAKE, repeats(), sends(1, 17), acks(68), repeats(18), repeats(18), acks(80), repeats(18)],
    [*HANDSHAKE, repeats(), answers(1, 10, 1), sends(1, 10, 11), acks(11, 11), acks(12, 11)],
    [*HANDSHAKE, sends(40, 17), acks(80), acks(81), acks(82)],
    [*HANDSHAKE, repeats(), sends(40, 17), repeats(57), acks(50), acks(58)],
    # Repeats: the oldest one counts, a single known byte is none, acknowledged bytes count as sent.
    [*HANDSHAKE, sends(1, 10), sends(11, 10), sends(21, 10), acks(5), sends(11, 10), sends(21, 10)],
    [*HANDSHAKE, sends(1, 10), acks(11), repeats(12), sends(11, 20), acks(31)],
    [*HANDSHAKE, acks(30), sends(1, 17), sends(18, 12), sends(30, 5)],
]


def request(n, head=b""):
    return CLIENT, b"GET /%d HTTP/1.1\r\nHost: h\r\n%s\r\n" % (n, head)


def response(code=200, body=b"ok", head=None):
    if head is None:
        head = b"Content-Type: text/plain\r\nContent-Length: %d\r\n" % len(body)
    return SERVER, b"HTTP/1.1 %d OK\r\n%s\r\n%s" % (code, head, body)


def both(first, second):
    return first[0], first[1] + second[1]


FIVE = b"Content-Length: 5\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
HEAD = (CLIENT, b"HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n")
CONNECT = (CLIENT, b"CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n")

EXCHANGES = [
    # Requests that do not wait, responses without a request, and one that stays incomplete.
    [request(1), request(2), response(), response(), request(3), response()],
    [both(request(1), request(2)), both(response(), response()), request(3), response()],
    [response(), request(1), response(), response(), request(2), response()],
    [request(1), response(), request(2), response(200, b"ab", b"Content-Length: 100\r\n"), request(3)],
    [request(1), response(100, b"", b""), response(102, b"", b""), response()],
    # Responses that have no body, or seem to.
    [request(1), response(204, b"", FIVE), request(2), response(304, b"", FIVE), request(3), response()],
    [request(1), response(204, b"hello", FIVE), request(2), response(304, b"hello", FIVE), request(3), response()],
    [request(1), (SERVER, response(100, b"", b"")[1] + response()[1]), request(2), response(204, b"", CHUNKED)],
    [HEAD, response(200, b"", FIVE), HEAD, response(404, b"hello", FIVE), request(2), response()],
    [HEAD, response(200, b"", CHUNKED), request(2), response(), HEAD, response(200, b"5\r\nhello\r\n0\r\n\r\n", CHUNKED)],
    # Tunnels and targets.
    [CONNECT, response(200, b"", FIVE), (CLIENT, b"\x17\x03\x03\x00\x05hello")],
    [CONNECT, response(407, b"hello"), CONNECT, response(200, b"", b"")],
    [request(1, b"Authorization: Basic YW5uYTpnZWhlaW0=\r\n"), response(), request(2, b"Authorization: Bearer x\r\n")],
    [(CLIENT, b"GET http://x.y/z HTTP/1.1\r\nHost: x.y\r\n\r\n"), response(), (CLIENT, b"GET /q HTTP/1.0\r\n\r\n"), response()],
]


def ethernet(packet):
    return bytes(12) + b"\x08\x00" + packet


def ip(source, destination, protocol, payload, ttl=64):
    length = 20 + len(payload)
    return struct.pack(">BBHHHBBHII", 0x45, 0, length, 1, 0, ttl, protocol, 0, source, destination) + payload


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def errors():
    host, far, router = 0x0A000001, 0x08080808, 0x0A0000FE

    def probe(port, ttl, payload=b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_", source=5000):
        udp = struct.pack(">HHHH", source, port, 8 + len(payload), 0) + payload
        return ip(host, far, 17, udp, ttl)

    def opening(port, seq, flags=2):
        return ip(host, far, 6, struct.pack(">HHIIBBHHH", port, 80, seq, 0, 0x50, flags, 100, 0, 0))

    def exceeded(quoted, right=True):
        rest = bytes(4) + quoted
        return ip(router, host, 1, struct.pack(">BBH", 11, 0, checksum(b"\x0b\0\0\0" + rest) if right else 1) + rest)

    # A traceroute; routers quote all, the header alone, or fill up with zeros.
    for hop in range(1, 5):
        sent = probe(33433 + hop, hop)
        yield sent
        yield exceeded({2: sent[:28], 3: sent[:40], 4: sent + bytes(68)}.get(hop, sent), right=hop != 4)
    # Empty datagrams have no times; a quoted packet may be the first of its conversation.
    for payload in (b"", b"", b"probing!", b""):
        yield probe(6001, 64, payload, source=6000)
    yield exceeded(probe(7001, 1, b"probing!", source=7000))
    yield probe(7001, 64, b"probing!", source=7000)
    # The same with TCP: times and new conversations count, numbers do not.
    yield opening(8000, 1000)
    yield exceeded(opening(8000, 1000))
    yield opening(8000, 1000)
    yield exceeded(opening(8001, 1000))
    yield opening(8001, 1000)
    yield exceeded(opening(8001, 5000))
    yield exceeded(opening(8000, 1000)[:28])
    # Groups that are never routed, with the Time to Live that they have and with another.
    for group in (1, 18, 22, 251, 252):
        for ttl in (1, 64, 255):
            yield ip(host, 0xE0000000 + group, 17, struct.pack(">HHHH", 6002, 6003, 8, 0), ttl)
    # The search for devices is HTTP in datagrams (SSDP).
    search = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nST: upnp:rootdevice\r\n\r\n'
    alive = b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNTS: ssdp:alive\r\nLOCATION: http://10.0.0.1/x.xml\r\n\r\n"
    for payload in (search, alive, search, b"unknown", b"HTTP/1.1 200 OK\r\nEXT:\r\nST: upnp:rootdevice\r\n\r\n"):
        yield ip(host, 0xEFFFFFFA, 17, struct.pack(">HHHH", 50000, 1900, 8 + len(payload), 0) + payload, 4)


def frame(side, ports, flags, seq, ack, payload):
    source, destination = ports if side == CLIENT else ports[::-1]
    addresses = (0x0A000001, 0x0A000002) if side == CLIENT else (0x0A000002, 0x0A000001)
    bits = sum(FLAGS[flag] for flag in flags)
    tcp = struct.pack(">HHIIBBHHH", source, destination, seq, ack, 0x50, bits, 1000, 0, 0) + payload
    return ethernet(ip(*addresses, 6, tcp))


def segments():
    for number, conversation in enumerate(SEGMENTS):
        for side, flags, seq, ack, payload in conversation:
            first, other = (1000, 2000) if side == CLIENT else (2000, 1000)
            number_acked = other + ack if "A" in flags else 0
            yield frame(side, (50000 + number, 4444), flags, first + seq, number_acked, payload)


def post(kind, body):
    """A request with a body of a media type, and the response to it."""
    lines = ["POST /form HTTP/1.1", "Host: lab.test", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return [(0, "\r\n".join(lines).encode() + b"\r\n\r\n" + body), (1, b"HTTP/1.1 204 No Content\r\n\r\n")]


def part(headers, body):
    return b"--B\r\n" + headers + b"\r\n" + body + b"\r\n"


FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
TEXT = part(b'Content-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain;\r\n charset=x\r\n', b"1\r\n2")
VALUE = part(b'Content-Disposition: form-data; name="a"\r\n', b"value")
INNER = part(b"Content-Type: multipart/alternative; boundary=I\r\n", b"--I\r\nContent-Type: text/html\r\n\r\n<p>\r\n--I--\r\n")
# Bodies that browsers send, and forms that no browser would send.
BODIES = [post(FORM, form) for form in (
    b"user=a&pass=b%40c+d&e=", b"a", b"a&b=c&&d=", b"a==b&=c", b"a=%zz&b=c", b"a=%4", b"a=%C3%A4", b"a=%00b&c=&d=")]
BODIES += [post(PARTS, body) for body in (
    VALUE + TEXT + part(b"Content-Type: application/octet-stream\r\n", b"\0\1") + part(b"", b"bare") + b"--B--\r\n",
    b"before\r\n" + VALUE + b"--B--\r\nbehind", VALUE + TEXT, VALUE + b"--B--",
    part(b'X-Other: 1\r\nContent-Disposition: form-data; name="empty"\r\n', b"") + b"--B--\r\n")]
BODIES += [post("multipart/form-data", VALUE), post('Multipart/Mixed; x=y; boundary="B"', INNER + TEXT + b"--B--\r\n")]
BODIES += [post("application/octet-stream", b"\0\1")]
BODIES += [[(0, b"GET / HTTP/1.1\r\nHost: x\r\n blank: y\r\nfolded:\r\n not\r\nAccept: z\r\n\r\n"), (1, b"HTTP/1.1 204 No Content\r\n\r\n")]]
BODIES += [[(0, b"NOTIFY * HTTP/1.1\r\n\r\n"), (1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]]
BODIES += [[(0, b"GET  /two  HTTP/1.1\nHost: x\n\n"), (1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]]


def exchanges():
    for number, conversation in enumerate(EXCHANGES + BODIES):
        following = [1000, 2000]
        for side, payload in conversation:
            yield frame(side, (50000 + number, 80), "PA", following[side], following[1 - side], payload)
            following[side] += len(payload)


def services():
    """Echo (RFC 862) over UDP and TCP: requests, answers, both ports 7, a lower port on the other side, nothing to say."""
    client, server = 0x0A000001, 0x0A000002
    for source, destination, ports, payload in [
        (client, server, (40000, 7), b"hello"),
        (server, client, (7, 40000), b"hello"),
        (client, server, (7, 7), b"to itself"),
        (client, server, (40000, 7), b""),
        (client, server, (3, 7), bytes(60)),
    ]:
        yield ethernet(ip(source, destination, 17, struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload))
    talk = [
        (CLIENT, "S", 0, 0, b""),
        (SERVER, "SA", 0, 1, b""),
        (CLIENT, "A", 1, 1, b""),
        (CLIENT, "PA", 1, 1, b"hello"),
        (CLIENT, "PA", 1, 1, b"hello"),
        (SERVER, "PA", 1, 6, b"hello"),
        (CLIENT, "PA", 6, 6, b"x" * 1460),
        (SERVER, "FPA", 6, 1466, b"x" * 1460),
    ]
    for side, flags, seq, ack, payload in talk:
        yield frame(side, (50000, 7), flags, 1000 + seq, (1000 + ack) * ("A" in flags), payload)


def write(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, data in enumerate(frames, 1):
            out.write(struct.pack("<IIII", second, 0, len(data), len(data)) + data)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    write(folder / "segments.pcap", segments())
    write(folder / "exchanges.pcap", exchanges())
    write(folder / "errors.pcap", map(ethernet, errors()))
    write(folder / "services.pcap", services())
