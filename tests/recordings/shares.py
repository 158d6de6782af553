#!/usr/bin/env python3
"""Makes shares.pcap: packets between Windows machines: files over SMB, NetBIOS sessions, and announcements of names.

    tests/recordings/shares.py [folder]
"""

import pathlib
import struct
import sys

from crafted import CLIENT, SERVER, ethernet, ip, write
from neighbours import udp
from order import Talk, frames


def netbios_name(name, suffix):
    padded = name.encode().ljust(15) + bytes([suffix])
    return b"\x20" + b"".join(bytes([0x41 + (b >> 4), 0x41 + (b & 15)]) for b in padded) + b"\0"


def session(kind, body=b""):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def smb1(command, body, flags=0x18, status=0, tree=0, pid=1, user=0, mid=1, flags2=0xC853):
    return b"\xffSMB" + struct.pack("<BIBHHQHHHHH", command, status, flags, flags2, 0, 0, 0, tree, pid, user, mid) + body


def dialects(*names):
    body = b"".join(b"\2" + name + b"\0" for name in names)
    return b"\0" + struct.pack("<H", len(body)) + body


NEGOTIATE, SETUP, LOGOFF, TREE, UNTREE, CREATE, CLOSE, FLUSH, READ, WRITE, LOCK, IOCTL, CANCEL, ECHO, FIND, NOTIFY, INFO, SET_INFO, BREAK = range(19)


def smb2(command, body, answer=False, status=0, message=1, tree=0, sid=0, following=0, credits=1):
    head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ", 64, 0, status, command, credits, int(answer), following, message, 0xFEFF, tree, sid)
    return head + bytes(16) + body


def spnego(kind):
    return b"\x60\x40\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x36\x30\x34\xa0\x0e\x30\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a\xa2\x22\x04\x20NTLMSSP\0" + struct.pack("<I", kind) + bytes(20)


def utf16(text):
    return text.encode("utf-16-le")


def files():
    error = struct.pack("<HHI", 9, 0, 0) + b"\0"
    share, name = utf16("\\\\server\\lab"), utf16("dir\\a.txt")
    fid = bytes(range(16))
    setup = lambda blob: struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(blob), 0) + blob
    setup_answer = lambda blob: struct.pack("<HHHH", 9, 0, 72, len(blob)) + blob
    create = struct.pack("<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, 0x120089, 0, 7, 1, 0, 120, len(name), 0, 0) + name
    created = struct.pack("<HBBI4QQQII", 89, 0, 0, 1, *[0] * 4, 4096, 5, 0x20, 0) + fid + struct.pack("<II", 0, 0)
    steps = [
        (CLIENT, NEGOTIATE, struct.pack("<HHHHI", 36, 2, 1, 0, 0) + bytes(16) + bytes(8) + struct.pack("<HH", 0x0202, 0x0210), 0),
        (SERVER, NEGOTIATE, struct.pack("<HHHH", 65, 1, 0x0210, 0) + bytes(16) + struct.pack("<IIIIQQHHI", 7, 65536, 65536, 65536, 0, 0, 128, 0, 0), 0),
        (CLIENT, SETUP, setup(b"NTLMSSP\0\1\0\0\0" + bytes(28)), 0), (SERVER, SETUP, setup_answer(b"NTLMSSP\0\2\0\0\0" + bytes(44)), 0xC0000016),
        (CLIENT, SETUP, setup(b"NTLMSSP\0\3\0\0\0" + bytes(76)), 0), (SERVER, SETUP, setup_answer(b""), 0), (CLIENT, TREE, struct.pack("<HHHH", 9, 0, 72, len(share)) + share, 0), (SERVER, TREE, struct.pack("<HBBIII", 16, 1, 0, 0, 0, 0x1F01FF), 0),
        (CLIENT, CREATE, create, 0), (SERVER, CREATE, created, 0), (CLIENT, READ, struct.pack("<HBBIQ", 49, 0, 0, 100, 0) + fid + struct.pack("<IIIHH", 0, 0, 0, 0, 0) + b"\0", 0), (SERVER, READ, struct.pack("<HBBIII", 17, 80, 0, 5, 0, 0) + b"hello", 0),
        (CLIENT, WRITE, struct.pack("<HHIQ", 49, 112, 5, 0) + fid + struct.pack("<IIHHI", 0, 0, 0, 0, 0) + b"hello", 0), (SERVER, WRITE, struct.pack("<HHIIHH", 17, 0, 5, 0, 0, 0), 0), (CLIENT, CLOSE, struct.pack("<HHI", 24, 0, 0) + fid, 0), (SERVER, CLOSE, struct.pack("<HHI", 60, 0, 0) + bytes(52), 0),
        (CLIENT, CREATE, create, 0), (SERVER, CREATE, error, 0xC0000034), (CLIENT, ECHO, struct.pack("<HH", 4, 0), 0), (SERVER, ECHO, struct.pack("<HH", 4, 0), 0), (CLIENT, UNTREE, struct.pack("<HH", 4, 0), 0), (SERVER, UNTREE, struct.pack("<HH", 4, 0), 0),
        (CLIENT, LOGOFF, struct.pack("<HH", 4, 0), 0), (SERVER, LOGOFF, struct.pack("<HH", 4, 0), 0),
    ]
    talk = Talk(445)
    talk.say(CLIENT, session(0, smb1(0x72, dialects(b"NT LM 0.12", b"SMB 2.002", b"SMB 2.???"))))
    for number, (side, command, body, status) in enumerate(steps):
        talk.say(side, session(0, smb2(command, body, side == SERVER, status, number // 2, 5, 0x400000000001)))
    yield talk


def old():
    called, calling = netbios_name("SERVER", 0x20), netbios_name("CLIENT", 0)
    talk = Talk(139).say(CLIENT, session(0x81, called + calling)).say(SERVER, session(0x82)).say(CLIENT, session(0, smb1(0x72, dialects(b"NT LM 0.12"))))
    talk.say(SERVER, session(0, smb1(0x72, b"\x11" + struct.pack("<HBHHIIIIQhB", 0, 3, 50, 1, 16644, 65536, 0, 0x8000F3FD, 0, 0, 0) + struct.pack("<H", 16) + bytes(16), 0x98)))
    yield talk.say(CLIENT, session(0, smb1(0x75, b"\4\xff\0\0\0\0\0\1\0" + struct.pack("<H", 19) + b"\0\\\\SERVER\\IPC$\0IPC\0", flags2=0x4001))).say(SERVER, session(0, smb1(0x75, b"\0\0\0", 0x98, 0xC00000CC))).say(CLIENT, session(0, smb1(0x2B, b"\1\1\0" + struct.pack("<H", 2) + b"hi"))).say(CLIENT, session(0x85)).say(
        CLIENT, session(0, smb1(0x72, dialects(b"x")))[:20]).say(CLIENT, session(0, smb1(0x72, dialects(b"x")))[20:])
    yield Talk(139).say(CLIENT, session(0x81, called + calling)).say(SERVER, session(0x83, b"\x82"))


def announcement(kind, body, suffix=0x1D, to="LAB"):
    browser = bytes([kind]) + body
    slot = b"\\MAILSLOT\\BROWSE\0"
    words = struct.pack("<HHHHBBHIHHHHHBB", 0, len(browser), 0, 0, 0, 0, 0, 1000, 0, 0, 0, len(browser), 86, 3, 0) + struct.pack("<HHH", 1, 1, 2)
    transaction = b"\x11" + words + struct.pack("<H", len(slot) + len(browser)) + slot + browser
    smb = smb1(0x25, transaction, 0, mid=0, pid=0, flags2=0)
    names = netbios_name("CLIENT", 0) + netbios_name(to, suffix)
    head = struct.pack(">BBHIHHH", 0x11, 2, 7, 0x0A000001, 138, len(names) + len(smb), 0)
    return ethernet(ip(0x0A000001, 0x0A0000FF, 17, udp(138, 138, head + names + smb)))


def browsers():
    host = struct.pack("<BI", 1, 60000) + b"CLIENT".ljust(16, b"\0") + struct.pack("<BBIBBH", 10, 0, 0x00011003, 15, 1, 0xAA55) + b"a comment\0"
    yield announcement(1, host)
    yield announcement(15, host)
    yield announcement(12, struct.pack("<BI", 1, 60000) + b"LAB".ljust(16, b"\0") + struct.pack("<BBII", 3, 10, 0x80001000, 0xAA551234) + b"MASTER\0", 1, "\1\2__MSBROWSE__\2")
    yield announcement(8, struct.pack("<BIII", 1, 0x0000150F, 5000, 0) + b"CLIENT\0", 0x1E)
    yield announcement(2, b"\0CLIENT\0")
    yield announcement(9, struct.pack("<BI", 4, 7))
    yield announcement(11, b"NEW\0")
    yield announcement(14, b"\1")
    yield announcement(77, b"\1")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "rows"
    write(folder / "shares.pcap", [*(data for _, data in frames([*files(), *old()])), *browsers()])
