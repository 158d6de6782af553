#!/usr/bin/env python3
"""Makes lines.pcap: line-based protocols with readable passwords: FTP, SMTP, POP, IMAP, Telnet, SSH.

    tests/recordings/lines.py [folder]
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER
from order import Talk, write


def talk(port, *lines):
    """A conversation that the server begins; lines that begin with `>` come from the client."""
    conversation = Talk(port)
    for line in lines:
        side, data = (CLIENT, line[1:]) if line.startswith(b">") else (SERVER, line)
        conversation.say(side, data).ack(1 - side)
    return conversation


def ftp():
    yield talk(
        21, b"220 Welcome\r\n", b">USER anonymous\r\n", b"331 Password please\r\n", b">PASS x@y\r\n", b"230 OK\r\n",
        b">PASV\r\n", b"227 Entering Passive Mode (10,0,0,2,200,10).\r\n", b">EPSV\r\n",
        b"229 Entering Extended Passive Mode (|||6446|)\r\n", b">PORT 10,0,0,1,4,1\r\n", b"200 PORT command successful\r\n",
        b">EPRT |1|10.0.0.1|6275|\r\n", b"200 ok\r\n", b">CWD /pub\r\n", b"250 Directory changed\r\n", b">PWD\r\n",
        b"257 \"/pub\" is current\r\n", b">RETR a.txt\r\n", b"150 Here\r\n", b"226 Done\r\n", b">stor b\r\n", b"553 No\r\n", b">QUIT\r\n",
    )
    yield talk(21, b"220-Hello\r\n second\r\n220 end\r\n", b">FEAT\r\nSYST\r\n", b"211-Features:\r\n", b" UTF8\r\n211 End\r\n", b"no code\r\n", b">NOOP", b">\r\n", b"99999 what\r\n", b">\xff\xf4\xff\xf2ABOR\r\n", b"2\r\n", b"220\r\n", b">\r\n")


def smtp():
    yield talk(
        25, b"220 mail ESMTP\r\n", b">EHLO me\r\n", b"250-mail\r\n250-SIZE 1000\r\n250 AUTH LOGIN PLAIN\r\n", b">AUTH LOGIN\r\n",
        b"334 VXNlcm5hbWU6\r\n", b">YW5uYQ==\r\n", b"334 UGFzc3dvcmQ6\r\n", b">Z2VoZWlt\r\n", b"235 ok\r\n", b">MAIL FROM:<a@b>\r\n", b"250 OK\r\n",
        b">RCPT TO:<c@d>\r\n", b"250 OK\r\n", b">QUIT\r\n", b"221 bye\r\n",
    )
    yield talk(25, b"220 x\r\n", b">HELO\r\n", b"250 x\r\n", b">NOOP\r\nRSET\r\n", b"250-one\r\n", b"250 two\r\n")
    yield talk(25, b"220 x\r\n", b">MAIL FROM:<a@b>", b">\r\n", b"bad\r\n", b"250 OK\r\n")


def pop():
    yield talk(110, b"+OK ready <1@x>\r\n", b">USER anna\r\n", b"+OK\r\n", b">PASS geheim\r\n", b"-ERR no\r\n", b">STAT\r\n", b"+OK 2 320\r\n", b">LIST\r\n", b"+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n", b">RETR 1\r\n", b"+OK 120 octets\r\n", b"Subject: hi\r\n\r\nhello\r\n.\r\n", b">QUIT\r\n", b"+OK bye\r\n", b"strange\r\n")


def imap():
    yield talk(143, b"* OK IMAP4rev1 ready\r\n", b">a1 LOGIN \"anna\" \"geheim\"\r\n", b"a1 OK LOGIN done\r\n", b">a2 SELECT INBOX\r\n", b"* 2 EXISTS\r\n* FLAGS (\\Seen)\r\na2 OK done\r\n", b">a3 FETCH 1 FLAGS\r\n", b"* 1 FETCH (FLAGS ())\r\na3 OK\r\n", b">a4 uid fetch 1 (FLAGS)\r\n", b"a4 BAD no\r\n", b">a5 IDLE\r\n", b"+ idling\r\n", b">DONE\r\n", b">a6 LOGOUT\r\n", b"* BYE\r\n")


def telnet():
    yield talk(23, b"\xff\xfd\x18\xff\xfd\x20\xff\xfb\x01", b">\xff\xfb\x18\xff\xfc\x20\xff\xfe\x01", b"\xff\xfa\x18\x01\xff\xf0", b">\xff\xfa\x18\x00xterm\xff\xf0", b"login: ", b">r", b">oot\r\n", b"Password: ", b">geheim\r\x00", b"\r\nLast login\r\nroot# ", b"\xff\xf9", b">\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0", b"\xff\xffdata", b">\xff")


def packet(body, block=8):
    padding = block - (len(body) + 5) % block
    padding += block if padding < 4 else 0
    return struct.pack(">IB", len(body) + padding + 1, padding) + body + bytes(padding)


def ssh():
    lists = [b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b""]
    init = b"\x14" + bytes(range(16)) + b"".join(struct.pack(">I", len(name)) + name for name in lists) + bytes(5)
    yield talk(22, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b">SSH-2.0-PuTTY_0.78\r\n", b">" + packet(init), packet(init), b">" + packet(b"\x15"), packet(b"\x15"))
    yield Talk(22, False).say(CLIENT, bytes(range(100, 144))).say(SERVER, bytes(range(44, 96)))
    yield talk(22, b"SSH-2.0-x\r\n", b">SSH-2.0-y\r\n" + packet(init), packet(init))


def mail(*fragments):
    begin = (b"220 x\r\n", b">HELO a\r\n", b"250 x\r\n", b">MAIL FROM:<a@b>\r\n", b"250 OK\r\n", b">RCPT TO:<c@d>\r\n", b"250 OK\r\n", b">DATA\r\n", b"354 go\r\n")
    return talk(25, *begin, *(b">" + fragment for fragment in fragments), b"250 queued\r\n", b">QUIT\r\n", b"221 bye\r\n")


def mails():
    """Mails in one segment and in several; their end is divided in several ways."""
    head = b"From: \"A B\" <a@b>\r\nTo: c@d\r\nSubject: hi there,\r\n Bob\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n\r\n"
    yield mail(head + b"hello\r\n\r\nBob\tB.\r\n.\r\n")
    yield mail(head + b"hello\r\n", b"..\r\n", b"Bob\r\n", b".\r\n")
    for fragments in ((b"x", b"\r\n.\r\n"), (b"x\r", b"\n.\r\n"), (b"x\r\n", b".\r\n"), (b"x\r\n\r\n.\r\nRSET\r\n",), (b"x", b".\r\ny\r\n.\r\n")):
        yield mail(head + fragments[0], *fragments[1:])
    for text in (b"", b"\r\n", b"hello\r\n", b"Hello Bob,\r\n\r\nsee you\r\n", b"no: header\r\nbad line\r\nSubject: s\r\n\r\ntext\r\n", b"Subject: s\r\n", b"Subject: s\r\nnobody\r\n"):
        yield mail(text + b".\r\n")
    yield mail(b"From: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n.\r\n")
    yield mail(b"From: a\r\nContent-Type: text/plain\r\n\r\nhello\r\n.\r\n")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "lines.pcap", [*ftp(), *smtp(), *pop(), *imap(), *telnet(), *ssh(), *mails()])
