#!/usr/bin/env python3
"""Makes quic.pcap: the first packets of QUIC connections, whose keys follow from the packets (RFC 9001, section 5.2).

    tests/recordings/quic.py [folder]

Needs python3-cryptography.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crafted import ethernet, ip, write
from neighbours import udp

CLIENT, SERVER = 0x0A000001, 0x0A000002
ONE, TWO = 1, 0x6B3343CF
SALTS = {ONE: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", TWO: "0dede3def700a6db819381be6e269dcbf9bd2ed9"}
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = range(4)


def expand(secret, label, length):
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + b"\0"
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:length]


def keys(dcid, side, version=ONE):
    """Key, nonce and header key of the Initial packets of one side."""
    first = hmac.new(bytes.fromhex(SALTS[version]), dcid, hashlib.sha256).digest()
    secret = expand(first, side, 32)
    names = [b"quic key", b"quic iv", b"quic hp"] if version == ONE else [b"quicv2 key", b"quicv2 iv", b"quicv2 hp"]
    return [expand(secret, name, length) for name, length in zip(names, (16, 12, 16))]


def number(n):
    return bytes([n]) if n < 64 else struct.pack(">H", n | 0x4000)


def packet(kind, secrets, body, dcid, scid, pn=0, version=ONE, token=None, width=2, whole=0, spoil=False):
    """A packet with a long header; padded so that it has `whole` bytes."""
    key, iv, mask_key = secrets
    bits = kind if version == ONE else (kind + 1) % 4
    head = bytes([0xC0 | bits << 4 | width - 1]) + struct.pack(">I", version) + bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid
    if kind == INITIAL:
        head += number(len(token or b"")) + (token or b"")
    sent = pn.to_bytes(8, "big")[-width:]
    body += bytes(max(0, whole - len(head) - 2 - width - len(body) - 16))
    head += struct.pack(">H", 0x4000 | width + len(body) + 16) + sent
    nonce = bytes(a ^ b for a, b in zip(iv, pn.to_bytes(12, "big")))
    sealed = AESGCM(key).encrypt(nonce, body, head)
    sample = (head[-width:] + sealed)[4:20]
    encryptor = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor()
    mask = encryptor.update(sample)
    first = bytes([head[0] ^ mask[0] & 0x0F])
    protected = bytes(a ^ b for a, b in zip(head[-width:], mask[1:]))
    sealed = sealed[:-1] + bytes([sealed[-1] ^ 1]) if spoil else sealed
    return first + head[1:-width] + protected + sealed


def short(dcid, length=40):
    return b"\x41" + dcid + bytes(i * 7 % 251 for i in range(length))


def extension(kind, body):
    return struct.pack(">HH", kind, len(body)) + body


def vector(width, body):
    return len(body).to_bytes(width, "big") + body


def client_hello(name, protocols=(b"h3",), share=32, scid=b"\0"):
    extensions = b"".join((
        extension(0, vector(2, b"\0" + vector(2, name))), extension(10, vector(2, b"\0\x1d")), extension(13, vector(2, b"\4\3\x08\4")),
        extension(16, vector(2, b"".join(vector(1, p) for p in protocols))), extension(43, vector(1, b"\3\4")),
        extension(51, vector(2, b"\0\x1d" + vector(2, bytes(i % 251 for i in range(share))))),
        extension(57, b"\1\2\x67\x10" + b"\x0f" + vector(1, scid) + b"\4\4\x80\x10\0\0"),
    ))
    body = b"\3\3" + bytes(range(32)) + b"\0" + vector(2, b"\x13\1\x13\2") + b"\1\0" + vector(2, extensions)
    return b"\1" + vector(3, body)


def server_hello():
    extensions = extension(51, b"\0\x1d" + vector(2, bytes(32))) + extension(43, b"\3\4")
    return b"\2" + vector(3, b"\3\3" + bytes(range(32, 64)) + b"\0\x13\1\0" + vector(2, extensions))


def crypto(data, at=0, until=None):
    data = data[at:until]
    return b"\6" + number(at) + number(len(data)) + data


ACK = b"\2\0\0\0\0"
PING = b"\1"


class Talk:
    """One connection: the keys follow from the first connection ID that the client has chosen."""

    def __init__(self, port, version=ONE, server=443, ids=(8, 4, 8)):
        self.ports, self.version, self.frames = (port, server), version, []
        # The random ID that the client first sends to, the client's own ID, and the server's.
        self.first, self.scid, self.other = (bytes((port % 251 + n * (i + 3)) % 256 for i in range(length)) for n, length in enumerate(ids))
        self.rekey(self.first)

    def rekey(self, dcid):
        self.client, self.server = (keys(dcid, side, self.version) for side in (b"client in", b"server in"))

    def send(self, payload, back=False):
        ends, ports = (CLIENT, SERVER), self.ports
        if back:
            ends, ports = ends[::-1], ports[::-1]
        self.frames.append(ethernet(ip(*ends, 17, udp(*ports, payload))))
        return self

    def ask(self, body, dcid=None, whole=1200, behind=b"", **more):
        return self.send(packet(INITIAL, self.client, body, dcid or self.first, self.scid, version=self.version, whole=whole, **more) + behind)

    def reply(self, body, behind=b"", **more):
        return self.send(packet(INITIAL, self.server, body, self.scid, self.other, version=self.version, **more) + behind, True)

    def secret(self, kind, length, ids, **more):
        """A packet whose keys do not follow from the capture."""
        return packet(kind, keys(b"x", b"other"), bytes(length), *ids, version=self.version, **more)


def connections():
    hello = client_hello(b"www.example.org", (b"h3", b"h3-29"))
    whole = Talk(50001)
    yield whole.ask(crypto(hello)).reply(ACK + crypto(server_hello()), whole.secret(HANDSHAKE, 300, (whole.scid, whole.other))).ask(ACK, whole.other, pn=1).send(short(whole.other)).send(short(whole.scid), True)
    # A hello in pieces, in one packet and in two, in any order.
    yield Talk(50002).ask(crypto(hello, 60) + PING + crypto(hello, 0, 30) + bytes(5) + crypto(hello, 30, 60))
    long = client_hello(b"long.example.org", share=1216)
    yield Talk(50003).ask(crypto(long, 0, 1000)).ask(crypto(long, 1000), pn=1).reply(ACK + crypto(server_hello()))
    yield Talk(50004).ask(crypto(long, 1000), pn=1).ask(crypto(long, 0, 1000))
    third = Talk(50016)
    yield third.ask(crypto(long, 0, 500)).ask(crypto(long, 500, 1000), pn=1).ask(crypto(long, 1000), pn=2)
    yield Talk(50005).ask(crypto(hello)).ask(crypto(hello), pn=1).ask(crypto(hello, 0, 100), pn=2)
    # Another version, closed at once, only a ping; keys of another connection; a packet number of four octets.
    yield Talk(50006, TWO).ask(crypto(hello)).reply(ACK + crypto(server_hello()))
    yield Talk(50007).ask(crypto(hello)).reply(ACK + b"\x1c\x41\x28\0\2no")
    yield Talk(50008).ask(PING).ask(b"\3" + ACK[1:] + bytes(3), pn=1)
    yield Talk(50009).ask(crypto(hello), spoil=True).ask(crypto(hello), pn=1)
    yield Talk(50014).ask(crypto(hello), pn=70000, width=4).ask(PING, pn=70001, width=1)
    # A Retry brings a new ID, from which new keys follow; Version Negotiation; early data.
    again = Talk(50010)
    retry = bytes([0xF0]) + struct.pack(">I", ONE) + vector(1, again.scid) + vector(1, again.other) + b"token" + bytes(16)
    again.ask(crypto(hello)).send(retry, True).rekey(again.other)
    yield again.ask(crypto(hello), again.other, pn=1, token=b"token").reply(ACK + crypto(server_hello()))
    other = Talk(50011)
    yield other.ask(crypto(hello)).send(b"\x80\0\0\0\0" + vector(1, other.scid) + vector(1, other.first) + struct.pack(">II", ONE, TWO), True)
    early = Talk(50012)
    yield early.ask(crypto(hello), whole=1100, behind=early.secret(ZERO_RTT, 60, (early.first, early.scid), pn=1))
    # Another port and no server name; connection IDs of length 0.
    yield Talk(50013, server=8443).ask(crypto(client_hello(b"", (b"doq",)))).reply(crypto(server_hello()))
    plain = Talk(50015, ids=(8, 0, 0))
    yield plain.ask(crypto(hello)).reply(ACK + crypto(server_hello()), plain.secret(HANDSHAKE, 100, (b"", b""))).send(short(b""))
    # Data that came before, in whole and in part; packets whose keys nobody told, before and after the server's answer.
    yield Talk(50017).ask(crypto(hello, 0, 100)).ask(crypto(hello, 0, 100), pn=1).ask(crypto(hello, 50), pn=2)
    silent = Talk(50018)
    early = [silent.secret(HANDSHAKE, 60, (silent.other, silent.scid)), short(silent.other)]
    late = [silent.secret(HANDSHAKE, 60, (silent.scid, silent.other)), short(silent.scid), short(silent.scid)]
    silent.ask(crypto(hello)).send(early[0]).reply(ACK).send(early[1]).send(late[0], True).send(late[1], True).send(early[0])
    silent.reply(ACK + crypto(server_hello()), pn=1)
    yield silent.send(late[0], True).send(early[1]).send(late[1], True).send(early[0]).send(late[2], True)
    # The capture begins in the middle of a handshake.
    yield Talk(50019).reply(ACK).send(short(Talk(50019).scid), True).ask(crypto(hello)).reply(ACK + crypto(server_hello()))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "quic.pcap", [frame for talk in connections() for frame in talk.frames])
