"""Damages recordings in every way that a capture can be damaged, and checks labkit's answers about the result.

    mutate.py LABKIT DIR [CAPTURE...]     writes the damaged captures to DIR; prints where labkit differs, and then exits 1

Each variant of a conversation gets other addresses, so that one capture holds thousands of variants.
"""

import pathlib
import random
import struct
import subprocess
import sys

import oracle

ETHERNET, RAW, COOKED = 1, 101, 113


def packets(path):
    """Time in nanoseconds and bytes of each frame of a pcapng file as labkit writes it."""
    data, at = pathlib.Path(path).read_bytes(), 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            _, high, low, length, _ = struct.unpack_from("<IIIII", data, at + 8)
            yield high << 32 | low, data[at + 28 : at + 28 + length]
        at += size


class Packet:
    """A TCP segment over IPv4 and Ethernet. `cut` is the snapshot length, 0 for none."""

    def __init__(self, time, frame):
        self.time, self.cut = time, 0
        ip = frame[14:]
        header = (ip[0] & 15) * 4
        self.ip, self.tcp = ip[:header], ip[header : struct.unpack_from("!H", ip, 2)[0]]
        self.ends = (self.ip[12:16], self.tcp[0:2]), (self.ip[16:20], self.tcp[2:4])
        self.loop = self.ip[12:16] == self.ip[16:20]

    def copy(self, **changes):
        other = object.__new__(Packet)
        other.__dict__ = {**self.__dict__, **changes}
        return other

    def shifted(self, by):
        """The packet with sequence and acknowledgement number moved by the two numbers `by`, modulo 2**32."""
        seq, ack = struct.unpack_from("!II", self.tcp, 4)
        seq, ack = ((n + delta) % 2**32 for n, delta in zip((seq, ack), by))
        return self.copy(tcp=self.tcp[:4] + struct.pack("!II", seq, ack) + self.tcp[12:])

    def bytes(self, addresses, layer):
        """The frame, with other addresses, in another link or network layer."""
        source, target = (addresses[end] for end in self.ends)
        if layer == "ipv6":
            wide = lambda four: bytes.fromhex("fd00") + bytes(10) + four
            ip = struct.pack("!IHBB", 6 << 28, len(self.tcp), 6, 64) + wide(source) + wide(target)
        else:
            ip = self.ip[:12] + source + target + self.ip[20:]
        kind = b"\x86\xdd" if layer == "ipv6" else b"\x08\x00"
        macs = b"\x02\0" + target + b"\x02\0" + source
        link = {"vlan": macs + b"\x81\0\0\x2a" + kind, "cooked": b"\0\0\0\1\0\6" + bytes(8) + kind, "raw": b""}
        return link.get(layer, macs + kind) + ip + self.tcp


def variants(talk, chance):
    """The conversation, its versions with each kind of damage at each place, and ten with random damage."""
    yield talk
    count = len(talk)
    for k in range(1, count):
        yield talk[k:]
        yield talk[:k]
        yield talk[:k] + talk[k + 1 :]
        yield talk[: k - 1] + [talk[k], talk[k - 1]] + talk[k + 1 :]
        yield talk[:k] + [talk[k].copy(time=talk[k].time + 1000)] + talk[k:]
        yield talk[: k + 1] + [talk[k].copy(time=talk[k].time + 1_000_000_000)] + talk[k + 1 :]
    first = talk[0].ends[0]
    for one in (True, False):
        if not talk[0].loop:
            yield [p for p in talk if (p.ends[0] == first) == one]
    yield [q for p in talk for q in (p, p.copy(time=p.time + 1000))]
    for cut in (54, 60, 66, 70, 78, 90, 100):
        yield [p.copy(cut=cut) for p in talk]
    seqs = {p.ends[0]: struct.unpack_from("!I", p.tcp, 4)[0] for p in reversed(talk)}
    for ahead in (0, 1, 5, 20):
        delta = {end: (2**32 - ahead - seq) for end, seq in seqs.items()}
        yield [p.shifted((delta[p.ends[0]], delta.get(p.ends[1], 0))) for p in talk]
    for _ in range(10):
        yield chaos(talk, chance)


def chaos(talk, chance):
    """Some frames lost, some recorded in another order, repeated at once or at the end, or cut."""
    share = chance.choice((0.5, 0.7, 0.9, 1))
    kept = [p for p in talk if chance.random() < share]
    for _ in range(chance.randrange(5) if kept else 0):
        k, what = chance.randrange(len(kept)), chance.randrange(4)
        if what == 0:
            kept[k : k + 2] = reversed(kept[k : k + 2])
        elif what == 1:
            kept.insert(k, kept[k].copy(time=kept[k].time + 10**9))
        elif what == 2:
            kept.append(kept[k])
        else:
            kept[k] = kept[k].copy(cut=chance.choice((54, 58, 60, 66, 70, 75, 90, 200)))
    return kept


def conversations(path):
    """The lab's conversations of a recording, told apart by ports and SYN."""
    found = {}
    for time, frame in packets(path):
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        packet = Packet(time, frame)
        key = frozenset(packet.ends)
        if packet.tcp[13] == 2 and key in found and any(p.tcp[13] & 5 for p in found[key]):
            yield found.pop(key)
        found.setdefault(key, []).append(packet)
    yield from found.values()


# labkit judges at most this many conversations of a file.
MOST = 4096


class Files:
    """Captures of one link type, each with as many conversations as labkit judges in one file.

    Each begins with the same exchange, `lead`, which has the lab's first message: labkit keeps the text of only so many
    messages, and tells host and guest by this one."""

    def __init__(self, folder, name, link, lead):
        self.folder, self.name, self.link, self.lead = folder, name, link, lead
        self.paths, self.pairs = [], 0

    def next(self):
        if self.paths:
            self.out.close()
        path = self.folder / f"{self.name}-{len(self.paths) + 1}.pcap"
        self.paths.append(path)
        self.out = open(path, "wb")
        self.out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, self.link))

    def add(self, talk, layer):
        if not talk:
            return
        # A variant may hold the end of one conversation and the beginning of the next.
        if self.pairs % (MOST // 2) == 0:
            self.next()
            self.write(self.lead, "plain")
        self.write(talk, layer)

    def write(self, talk, layer):
        self.pairs += 1
        low, high = (bytes([10, self.pairs >> 8, self.pairs & 255, last]) for last in (1, 101))
        first = talk[0].ends
        ends = sorted({end for p in talk for end in p.ends})
        addresses = {end: low if end == ends[0] or talk[0].loop else high for end in ends}
        for p in talk:
            frame = p.bytes(addresses, layer)
            kept = frame[: p.cut or None]
            self.out.write(struct.pack("<IIII", *divmod(p.time, 10**9), len(kept), len(frame)) + kept)


def check(labkit, path):
    done = subprocess.run([labkit, "answer", "--format", "json", path], stdout=subprocess.PIPE)
    return [f"{path.name}: {line}" for line in oracle.differences(oracle.exchanges([path]), oracle.json.loads(done.stdout))]


def main(labkit, folder, captures):
    folder, chance = pathlib.Path(folder), random.Random(65432)
    lead = next(conversations(captures[0]))
    files = {name: Files(folder, name, link, lead)
             for name, link in (("ethernet", ETHERNET), ("cooked", COOKED), ("raw", RAW))}
    for capture in captures:
        for talk in conversations(capture):
            for variant in variants(talk, chance):
                files["ethernet"].add(variant, "plain")
            for layer in ("vlan", "ipv6"):
                files["ethernet"].add(talk, layer)
                files["ethernet"].add(talk[3:], layer)
            for name in ("cooked", "raw"):
                files[name].add(talk, name)
    merged = folder / "merged.pcapng"
    subprocess.run(["mergecap", "-w", merged, *captures[:8]], check=True)
    for file in files.values():
        file.out.close()
    wrong = [line for path in (*(path for f in files.values() for path in f.paths), merged) for line in check(labkit, path)]
    print("\n".join(wrong), end="\n" if wrong else "")
    print(sum(f.pairs for f in files.values()), "conversations", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
