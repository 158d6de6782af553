"""What `labkit answer --format json` must say of a capture's exchanges, worked out from tshark's fields alone.

    oracle.py CAPTURE...                    prints the exchanges as JSON
    oracle.py --expected FOLDER CAPTURES    compares the JSON documents in FOLDER, which name their captures in the
                                            folder CAPTURES; says where they are wrong, and exits 1 then

Written from the description of the format, not from labkit: simple where labkit is quick, one byte at a time.
"""

import collections
import concurrent.futures
import ipaddress
import json
import pathlib
import re
import subprocess
import sys

PORT, MARKER, TEXT_LIMIT = 65432, b"#<<END>>#", 16384
FIELDS = """frame.number tcp.stream ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw
    tcp.flags tcp.len tcp.hdr_len tcp.options.mss_val tcp.payload""".split()
FIN, SYN, RST, ACK = 1, 2, 4, 16
SAID = {b"Hello guest operating system": "host", b"Hello host operating system": "guest"}
OTHER = {"host": "guest", "guest": "host", "client": "server", "server": "client"}


class Frame:
    def __init__(self, line):
        field = dict(zip(FIELDS, line.split("\t")))
        # Of several layers of addresses the innermost carries the segment.
        last = lambda name: field[name].split(",")[-1]
        number = lambda name: int(last(name)) if last(name) else None
        self.no, self.stream = number("frame.number"), number("tcp.stream")
        ip = "ip" if last("ip.src") else "ipv6"
        self.source = (last(ip + ".src"), number("tcp.srcport"))
        self.target = (last(ip + ".dst"), number("tcp.dstport"))
        self.seq, self.ack = number("tcp.seq_raw"), number("tcp.ack_raw")
        self.flags = int(last("tcp.flags"), 16)
        self.len, self.options = number("tcp.len"), number("tcp.hdr_len") - 20
        self.mss = number("tcp.options.mss_val")
        self.payload = bytes.fromhex(last("tcp.payload").replace(":", ""))

    def has(self, flag):
        return bool(self.flags & flag)


def frames(capture):
    fields = [word for name in FIELDS for word in ("-e", name)]
    only = f"tcp.port == {PORT} && tcp.flags && !icmp && !icmpv6"
    done = subprocess.run(["tshark", "-n", "-r", capture, "-Y", only, "-T", "fields", *fields, "-z", "hosts"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    lines = done.stdout.splitlines()
    streams = collections.OrderedDict()
    for frame in (Frame(line) for line in lines if line.count("\t") == len(FIELDS) - 1):
        streams.setdefault(frame.stream, []).append(frame)
    # Names that the capture holds itself, of roles that it gives.
    found = (re.match(r"^([0-9a-f.:]+)\s+(host|guest)$", line, re.I) for line in lines)
    return streams, {match[1]: match[2].lower() for match in found if match}


class Side:
    """One direction. `near` turns sequence numbers, which wrap, into offsets from the first one that was seen."""

    def __init__(self, own, others):
        self.own = own
        solid = [f for f in own if not f.has(RST)]
        acks = [f for f in others if f.has(ACK) and not f.has(RST)]
        told = [f.seq for f in solid] + [f.ack for f in acks]
        self.origin = told[0] if told else 0
        self.syns = [f for f in solid if f.has(SYN)]
        self.fins = [f for f in solid if f.has(FIN)]
        first = {self.near(f.seq) + 1 for f in self.syns} | {self.near(f.ack) for f in acks if f.has(SYN)}
        self.start = min(first) if first else None
        self.fin = min((self.begin(f) + f.len for f in self.fins), default=None)
        self.held, self.cut, self.new, self.frames, self.sums = {}, False, {}, [], 0
        for f in solid:
            self.take(f)
        self.reach = max([self.begin(f) for f in solid] + [self.near(f.ack) for f in acks], default=None)
        self.low = min([self.begin(f) for f in solid] + [self.near(f.ack) for f in acks], default=None)

    def near(self, number):
        return (number - self.origin + 2**31) % 2**32 - 2**31

    def begin(self, f):
        return self.near(f.seq) + f.has(SYN)

    def take(self, f):
        begin, fresh = self.begin(f), False
        for at in range(begin, begin + f.len):
            # A byte before the stream's first one is a probe, not payload.
            if at not in self.held and (self.start is None or at >= self.start):
                fresh, self.held[at] = True, None
            if at in self.held and self.held[at] is None and at - begin < len(f.payload):
                self.held[at] = f.payload[at - begin]
        if fresh:
            self.frames.append(f.no)
        self.new[f.no] = fresh or (f is (self.syns or [None])[0]) or (f is (self.fins or [None])[0])

    def extent(self):
        """Where the stream begins and ends, as far as frames and numbers tell; None where they do not."""
        begin = self.start if self.start is not None else self.low
        if begin is None or (self.start is None and not self.held):
            return None, None
        end = max(max(self.held, default=begin - 1) + 1, begin)
        if self.fin is not None:
            return begin, max(end, self.fin)
        # One number more than the bytes may have been a FIN that was not captured; two cannot.
        return begin, None if self.reach > end + 1 else end

    @property
    def tail_lost(self):
        """Whether bytes after the last one that was captured are missing."""
        last = max(self.held, default=self.extent()[0] or 0) + 1
        return bool(self.held) and (self.reach > last + 1 if self.fin is None else self.fin > last)

    @property
    def hole(self):
        """Whether bytes were sent that no frame holds."""
        begin, end = self.extent()
        if begin is None:
            return self.low is not None and self.reach > self.low + 1
        return end is None or len(self.held) < end - begin

    @property
    def lacking(self):
        """Whether bytes were sent that no frame holds, or only a part that the snapshot length has left."""
        return self.hole or None in self.held.values()

    def bytes(self):
        """How many were sent; None where that is not certain."""
        begin, end = self.extent()
        return None if end is None else end - begin

    def text(self):
        if self.lacking or self.bytes() is None:
            return None
        return bytes(self.held[at] for at in sorted(self.held))


def ends(all_frames):
    """Client and server."""
    for f in all_frames:
        if f.has(SYN) and not f.has(RST):
            return (f.target, f.source) if f.has(ACK) else (f.source, f.target)
    one, other = all_frames[0].source, all_frames[0].target
    if one[1] == other[1]:
        # The port does not tell: who says the marker confirms, else who speaks first has a message.
        said = {end: Side([f for f in all_frames if f.source == end], [f for f in all_frames if f.target == end])
                for end in (one, other)}
        confirms = [end for end in said if said[end].text() == MARKER]
        speaks = [f.source for f in all_frames if f.len and not f.has(RST)]
        server = confirms[0] if confirms else (other if speaks[:1] != [other] else one)
        return (other, one) if server == one else (one, other)
    return (one, other) if other[1] == PORT else (other, one)


def outcome(all_frames, client, server):
    resets = [f for f in all_frames if f.has(RST)]
    if client.held and server.text() == MARKER:
        return "confirmed"
    opening = client.syns and all(f.has(SYN) and not f.has(ACK) or f.has(RST) for f in client.own)
    # An ACK of the client would show that the server had accepted before.
    if opening and server.own and all(f.has(RST) for f in server.own):
        return "refused"
    if all(f.has(SYN) and not f.has(ACK) for f in all_frames):
        return "unanswered"
    if resets:
        return "reset"
    if client.lacking or server.lacking:
        return "incomplete"
    return "unconfirmed" if client.held and client.fins and server.fins else "incomplete"


def handshake(client, server):
    syn = next((f for f in client.syns if not f.has(ACK)), None)
    answer = next((f for f in server.syns if f.has(ACK)), None)
    last = None
    for f in client.own if syn or answer else []:
        at_start = client.start is not None and client.near(f.seq) == client.start
        told = answer is None or f.ack == (answer.seq + 1) % 2**32
        if f.has(ACK) and not f.has(SYN) and not f.has(RST) and at_start and told:
            last = f
            break
    steps = [f.no for f in (syn, answer, last) if f is not None]
    return sorted(steps), last


def largest(client, server, last_ack):
    offers = [side.syns[0].mss if side.syns else None for side in (client, server)]
    if None in offers:
        return offers, None
    carriers = [f for f in client.own if f.len and not f.has(SYN) and not f.has(RST)] or [last_ack]
    carriers += [f for f in client.own if not f.has(SYN) and not f.has(RST)][:1] if carriers == [None] else []
    options = min((f.options for f in carriers if f is not None), default=None)
    return offers, None if options is None else min(offers) - options


def words(side, closed):
    # Where the connection never opened, there was nothing to carry payload.
    text, count = (b"", 0) if closed else (side.text(), side.bytes())
    row = {"frames": side.frames, "bytes": count, "text": None if text is None else text.decode(errors="replace")}
    if text is not None and len(text) > TEXT_LIMIT:
        row.update(text=text[:TEXT_LIMIT].decode(errors="ignore"), truncated=True)
    return row


def counts(all_frames, client, server):
    order = [f.no for f in all_frames]
    opened = bool(client.syns and server.syns)
    at = lambda no: order.index(no)
    row = {"packets_before_message": None, "packets_before_receipt": None, "packets_between": None,
           "packets_after_receipt": None}
    message, receipt = client.frames, server.frames
    if message and opened and not (client.start is not None and client.start not in client.held):
        row["packets_before_message"] = at(message[0])
    if receipt and opened and not client.hole and not (server.start is not None and server.start not in server.held):
        row["packets_before_receipt"] = at(receipt[0])
    begun = server.extent()[0] in server.held
    if message and receipt and not client.tail_lost and begun:
        row["packets_between"] = max(0, at(receipt[0]) - at(message[-1]) - 1)
    over = (client.fins and server.fins) or any(f.has(RST) for f in all_frames)
    if receipt and over and not server.tail_lost:
        row["packets_after_receipt"] = len(order) - 1 - at(receipt[-1])
    return row


def exchange(capture, stream, all_frames):
    client_end, server_end = ends(all_frames)
    sent = {end: [f for f in all_frames if f.source == end] for end in (client_end, server_end)}
    client = Side(sent[client_end], sent[server_end])
    server = Side(sent[server_end], sent[client_end])
    steps, last_ack = handshake(client, server)
    offers, payload = largest(client, server, last_ack)
    fins = sorted(side.fins[0].no for side in (client, server) if side.fins)
    fresh = {**client.new, **server.new}
    order = [f.no for f in all_frames]
    repeats = [f.no for f in all_frames
               if not f.has(RST) and (f.has(SYN) or f.has(FIN) or f.len) and not fresh[f.no]]
    first = next((name for name, side in (("client", client), ("server", server))
                  if fins and side.fins and side.fins[0].no == min(fins, key=order.index)), None)
    result = outcome(all_frames, client, server)
    closed = result in ("refused", "unanswered")
    row = {"capture": capture, "stream": stream, "outcome": result,
           "client": {"role": None, "ip": client_end[0], "port": client_end[1]},
           "server": {"role": None, "ip": server_end[0], "port": server_end[1]},
           "frames": order, "handshake": steps, "message": words(client, closed), "receipt": words(server, closed), "fin": fins,
           "rst": [f.no for f in all_frames if f.has(RST)], "retransmitted": repeats}
    row.update(counts(all_frames, client, server))
    row.update(mss={"client": offers[0], "server": offers[1]}, max_payload=payload, first_fin=first)
    row["said"] = client.text() if client.held else None
    row["speaks"] = bool(client.held)
    return row


def assign(rows, named):
    """Names of the capture, else the lab's messages, else who speaks first; one address is no two machines."""
    roles = dict(named)
    pairs = [(r["client"]["ip"], r["server"]["ip"], r) for r in rows if r["client"]["ip"] != r["server"]["ip"]]
    if len(roles) == 1:
        ((ip, role),) = roles.items()
        roles.update({b if a == ip else a: OTHER[role] for a, b, _ in pairs if ip in (a, b)})
    if not roles:
        known = [(a, b, SAID[r["said"]]) for a, b, r in pairs if r["said"] in SAID]
        spoken = known or [(a, b, "host") for a, b, r in pairs if r["speaks"]]
        if spoken:
            a, b, role = spoken[0]
            roles = {a: role, b: OTHER[role]}
    for row in rows:
        for side in ("client", "server"):
            same = row["client"]["ip"] == row["server"]["ip"]
            row[side]["role"] = side if same else roles.get(row[side]["ip"], side)
        del row["said"], row["speaks"]


def exchanges(captures):
    rows, named = [], {}
    for index, capture in enumerate(captures):
        streams, names = frames(capture)
        named.update(names)
        rows += [exchange(index, stream, found) for stream, found in streams.items()]
    assign(rows, named)
    return rows


def canonical(row):
    for side in ("client", "server"):
        row[side]["ip"] = str(ipaddress.ip_address(row[side]["ip"]))
    return row


def nulls(value, path=""):
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in nulls(inner, f"{path}.{key}")]
    return []


def differences(ours, theirs):
    """`theirs` is labkit's document."""
    theirs = theirs["exchanges"]
    if len(ours) != len(theirs):
        return [f"{len(theirs)} exchanges, expected {len(ours)}"]
    found = []
    for own, other in zip(map(canonical, ours), map(canonical, theirs)):
        missing = other.pop("missing")
        where = f"stream {own['stream']}"
        found += [f"{where} {key}: {other.get(key)!r}, expected {own[key]!r}"
                  for key in own if own[key] != other.get(key)]
        found += [f"{where}: unknown key {key}" for key in other if key not in own]
        if nulls(other) and not missing:
            found.append(f"{where}: {nulls(other)} null, and `missing` is empty")
        if missing and not nulls(other):
            found.append(f"{where}: nothing is null, and `missing` says {missing}")
    return found


def compare(expected, captures):
    """Compares a saved document of labkit's with what tshark's fields say of its captures."""
    document = json.loads(expected.read_text())
    return [f"{expected.name}: {line}" for line in differences(exchanges(captures), document)]


if __name__ == "__main__":
    if sys.argv[1] == "--expected":
        folder, recordings = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
        documents = sorted(folder.glob("*.json"))
        sets = [[recordings / name for name in json.loads(d.read_text())["captures"]] for d in documents]
        # tshark takes its time to start: two at once.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [line for lines in pool.map(compare, documents, sets) for line in lines]
        print("\n".join(wrong), end="\n" if wrong else "")
        sys.exit(bool(wrong))
    print(json.dumps(exchanges(sys.argv[1:]), ensure_ascii=False, indent=2))
