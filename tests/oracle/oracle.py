"""What `labkit answer --format json` must say of a capture's exchanges, worked out from tshark's fields alone.

    oracle.py CAPTURE...                    prints the exchanges as JSON
    oracle.py --expected FOLDER CAPTURES    compares the JSON documents in FOLDER, which name their captures in the
                                            folder CAPTURES; prints where they are wrong, and then exits 1

Written from the description of the format, not from labkit's code; it goes byte by byte, simple and slow.
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
    tcp.flags tcp.len tcp.hdr_len tcp.options.mss_val tcp.payload frame.time_epoch tcp.options.timestamp.tsval
    ip.id""".split()
ERRORS = """frame.number ip.src ip.dst ipv6.src ipv6.dst icmp.type icmp.code icmpv6.type icmpv6.code tcp.srcport
    tcp.dstport tcp.flags""".split()
# A packet that comes at least this many nanoseconds later was not overtaken on its way.
LATER = 200_000_000
# Findings that follow from bytes and numbers alone, so that this script can work them out.
KNOWN = {"confirms-again", "confirms-after-close", "greeting-before-receipt", "early-receipt", "refuses", "closed-unread"}
FIN, SYN, RST, ACK = 1, 2, 4, 16
SAID = {b"Hello guest operating system": "host", b"Hello host operating system": "guest"}
OTHER = {"host": "guest", "guest": "host", "client": "server", "server": "client"}


class Frame:
    def __init__(self, field):
        # If a frame has several layers of addresses, the innermost carries the segment.
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
        whole, _, part = last("frame.time_epoch").partition(".")
        self.time = int(whole) * 10**9 + int(part.ljust(9, "0"))
        self.clock, self.copy = number("tcp.options.timestamp.tsval"), False
        self.id = int(last("ip.id"), 16) if last("ip.id") else 0

    def has(self, flag):
        return bool(self.flags & flag)


def packets(capture):
    """What one run of tshark shows: a dictionary of fields for each segment and for each ICMP error that quotes one, and
    the lines with the names that the capture holds."""
    names = list(dict.fromkeys(FIELDS + ERRORS))
    fields = [word for name in names for word in ("-e", name)]
    segment, error = "tcp.flags && !icmp && !icmpv6", "icmp.type in {3,11,12} || icmpv6.type in {1..4}"
    only = f"tcp.port == {PORT} && ({segment} || {error})"
    done = subprocess.run(["tshark", "-n", "-r", capture, "-Y", only, "-T", "fields", *fields, "-z", "hosts"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    lines = done.stdout.splitlines()
    return [dict(zip(names, line.split("\t"))) for line in lines if line.count("\t") == len(names) - 1], lines


def is_error(field):
    return bool(field["icmp.type"] or field["icmpv6.type"])


def frames(shown, lines):
    streams = collections.OrderedDict()
    for frame in (Frame(field) for field in shown if not is_error(field)):
        known = streams.setdefault(frame.stream, [])
        # The same packet, recorded twice.
        same = lambda o: frame.id and (o.id, o.source, o.seq, o.ack, o.flags, o.len) == (
            frame.id, frame.source, frame.seq, frame.ack, frame.flags, frame.len)
        frame.copy = any(same(o) for o in known[-64:])
        known.append(frame)
    # Names of addresses in the capture itself that are roles: host or guest.
    found = (re.match(r"^([0-9a-f.:]+)\s+(host|guest)$", line, re.I) for line in lines)
    return streams, {match[1]: match[2].lower() for match in found if match}


def errors(shown):
    """The ICMP errors that quote a TCP segment: frame, sender, type, code, ends and flags of the quoted segment."""
    for field in filter(is_error, shown):
        six = bool(field["icmpv6.type"])
        ip, icmp = ("ipv6", "icmpv6") if six else ("ip", "icmp")
        sources, targets = field[ip + ".src"].split(","), field[ip + ".dst"].split(",")
        ports = int(field["tcp.srcport"]), int(field["tcp.dstport"])
        row = {"frame": int(field["frame.number"]), "from": sources[0], "type": int(field[icmp + ".type"]),
               "code": int(field[icmp + ".code"])}
        flags = int(field["tcp.flags"], 16) if field["tcp.flags"] else SYN
        yield row, ((sources[-1], ports[0]), (targets[-1], ports[1])), flags & (SYN | ACK) == SYN


class Side:
    """One direction. `near` turns sequence numbers, which wrap, into offsets from the first one that was seen."""

    def __init__(self, own, others, denied=(), unsent=None):
        self.own = own
        solid = [f for f in own if not f.has(RST)]
        acks = [f for f in others if f.has(ACK) and not f.has(RST)]
        told = [f.seq for f in solid] + [f.ack for f in acks]
        self.origin = told[0] if told else 0
        self.syns = [f for f in solid if f.has(SYN)]
        self.fins = [f for f in solid if f.has(FIN) and f.no not in denied]
        first = {self.near(f.seq) + 1 for f in self.syns} | {self.near(f.ack) for f in acks if f.has(SYN)}
        self.start = min(first) if first else None
        self.fin = self.begin(self.fins[0]) + self.fins[0].len if self.fins else None
        self.held, self.cut, self.new, self.frames, self.sums = {}, False, {}, [], 0
        for f in solid:
            self.take(f)
        if unsent is not None:
            # An acknowledgement beyond the bytes that were sent says nothing.
            acks = [f for f in acks if self.near(f.ack) <= unsent]
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
        """Where the stream begins and ends; None for an end that frames and numbers do not show."""
        begin = self.start if self.start is not None else self.low
        if begin is None or (self.start is None and not self.held):
            return None, None
        end = max(max(self.held, default=begin - 1) + 1, begin)
        if self.fin is not None:
            return begin, max(end, self.fin)
        # One sequence number beyond the bytes may have been a FIN that was not captured; two cannot.
        return begin, None if self.reach > end + 1 else end

    @property
    def tail_lost(self):
        """Whether bytes after the last one that was captured are missing."""
        last = max(self.held, default=self.extent()[0] or 0) + 1
        return bool(self.held) and (self.reach > last + 1 if self.fin is None else self.fin > last)

    @property
    def unseen(self):
        """Whether a sequence number was used that no frame shows: of a FIN, or of a byte."""
        begin = self.extent()[0]
        if self.fin is not None or begin is None and not self.held:
            return self.fin is None and self.low is not None and self.reach > self.low
        return self.reach > max(self.held, default=begin - 1) + 1

    @property
    def hole(self):
        """Whether bytes were sent that no frame holds."""
        begin, end = self.extent()
        if begin is None:
            return self.low is not None and self.reach > self.low + 1
        return end is None or len(self.held) < end - begin

    @property
    def lacking(self):
        """Whether bytes were sent that no frame holds, because it was not captured or was cut by the snapshot length."""
        return self.hole or None in self.held.values()

    def run(self, begin):
        """The captured bytes from the offset `begin` to the first gap."""
        out = bytearray()
        while self.held.get(begin + len(out)) is not None:
            out.append(self.held[begin + len(out)])
        return bytes(out)

    def carriers(self, begin, end):
        """The frames that bring new bytes between two offsets."""
        seen, found = set(), []
        for f in self.own:
            new = {at for at in range(max(begin, self.begin(f)), min(end, self.begin(f) + f.len))} - seen
            if new and not f.has(RST):
                seen |= new
                found.append(f.no)
        return found

    def bytes(self):
        """The number of bytes that were sent; None if it is not certain."""
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
        # The ports do not tell: the side that sends only the marker is the server, else the side that speaks first is
        # the client.
        said = {end: Side([f for f in all_frames if f.source == end], [f for f in all_frames if f.target == end])
                for end in (one, other)}
        confirms = [end for end in said if said[end].text() == MARKER]
        speaks = [f.source for f in all_frames if f.len and not f.has(RST)]
        server = confirms[0] if confirms else (other if speaks[:1] != [other] else one)
        return (other, one) if server == one else (one, other)
    return (one, other) if other[1] == PORT else (other, one)


class Talk:
    """A conversation: the bytes of its two sides, which of them are contradicted, and where the marker is."""

    def __init__(self, all_frames, quoting):
        self.all, self.ends = all_frames, ends(all_frames)
        self.sent = [[f for f in all_frames if f.source == end] for end in self.ends]
        plain = [Side(self.sent[i], self.sent[1 - i]) for i in (0, 1)]
        self.denied, self.futile, self.unsent = {}, set(), [None, None]
        for i in (0, 1):
            self.contradict(plain[i], plain[1 - i])
        for i in (0, 1):
            self.acknowledges_unsent(i, plain[i], plain[1 - i])
        gone = [no for no, what in self.denied.items() if what != "ack"]
        self.client, self.server = (Side(self.sent[i], self.sent[1 - i], gone, self.unsent[i]) for i in (0, 1))
        self.resets = [f for f in all_frames if f.has(RST) and f.no not in self.futile]
        self.errors = [row for row, quoted, syn in quoting if quoted in (self.ends, self.ends[::-1])]
        self.rejected = [row for row, quoted, syn in quoting if quoted == self.ends and syn]
        self.find_marker()

    @staticmethod
    def sure(side, other, first, later):
        """Whether `later` was sent after `first` for certain, by their times, clocks or acknowledgements."""
        clocks = first.clock is not None and later.clock is not None and 0 < (later.clock - first.clock) % 2**32 < 2**31
        acks = first.has(ACK) and later.has(ACK) and other.near(later.ack) > other.near(first.ack)
        return later.time - first.time >= LATER or clocks or acks

    def contradict(self, side, other):
        own = [f for f in side.own if not f.has(RST) and not f.copy]
        next_of = lambda f: side.begin(f) + f.len + f.has(FIN)
        false = set()
        for f in reversed(own):
            behind = [d for d in own[own.index(f) + 1:]]
            genuine = [d for d in behind if d.no not in false]
            if (f.len or f.has(FIN)) and genuine and max(map(next_of, genuine)) < next_of(f):
                if any(self.denies(side, other, f, d) for d in behind):
                    false.add(f.no)
                    self.denied[f.no] = "data" if f.len else "fin"
            if f.has(FIN) and any(d.len and side.begin(d) + d.len > side.begin(f) + f.len for d in behind):
                self.denied.setdefault(f.no, "fin")
        false = set()
        for f in reversed([f for f in own if f.has(ACK)]):
            behind = [d for d in own[own.index(f) + 1:] if d.has(ACK)]
            genuine = [other.near(d.ack) for d in behind if d.no not in false]
            if genuine and max(genuine) < other.near(f.ack):
                if any(other.near(d.ack) < other.near(f.ack) and (d.has(FIN) or self.sure(side, other, f, d)) for d in behind):
                    false.add(f.no)
                    self.denied.setdefault(f.no, "ack")
        for f in side.own:
            if f.has(RST) and not f.copy:
                self.reset(side, other, f)

    def denies(self, side, other, first, later):
        end = side.begin(later) + later.len + later.has(FIN)
        if later.has(SYN) or end >= side.begin(first) + first.len + first.has(FIN):
            return False
        if later.has(FIN):
            return True
        acks = [side.near(f.ack) for f in other.own if f.no < later.no and f.has(ACK) and not f.has(RST)]
        # A keep-alive, or a probe of a closed window.
        probe = acks and end == max(acks) - 1 and not first.has(FIN)
        return later.len == 0 and not probe and self.sure(side, other, first, later)

    def reset(self, side, other, f):
        if not [d for d in side.own if not d.has(RST)] and not [d for d in other.own if d.has(ACK) and not d.has(RST)]:
            return
        at = side.near(f.seq)
        before = [d for d in other.own if d.no < f.no and not d.has(RST) and not d.copy]
        acked = max((side.near(d.ack) for d in before if d.has(ACK)), default=None)
        sent = max((side.begin(d) + d.len + d.has(FIN) for d in side.own if d.no < f.no and not d.has(RST) and not d.copy),
                   default=None)
        exact = acked is None or at in (acked, sent)
        behind = [d for d in other.own if d.no > f.no and not d.has(RST) and not d.copy]
        soon = lambda d: d.time - f.time < 10**9
        challenge = [d for d in behind if not d.len and not d.has(FIN) and not d.has(SYN) and soon(d)
                     and (side.near(d.ack) if d.has(ACK) else None) == acked]
        known = max((other.begin(d) + d.len + d.has(FIN) for d in other.own if d.no < f.no and not d.has(RST)), default=None)
        goes_on = [d for d in side.own if d.no > f.no and not d.has(RST) and not d.copy
                   and (d.time - f.time >= LATER or known is not None and d.has(ACK) and other.near(d.ack) > known)]
        if challenge and not exact:
            self.denied.setdefault(f.no, "reset")
            self.futile.add(f.no)
        elif goes_on:
            self.denied.setdefault(f.no, "reset")
            answered = [d for d in other.own if d.no > f.no and d.has(RST)]
            if not answered and any(soon(d) or d.no > goes_on[0].no for d in behind):
                self.futile.add(f.no)

    def acknowledges_unsent(self, index, side, other):
        """Acknowledgements by the other side of bytes that `side` never sent."""
        own = [f for f in side.own if not f.has(RST) and not f.copy]
        next_of = lambda f: side.begin(f) + f.len + f.has(FIN)
        if not own:
            return
        reached = max(map(next_of, own))
        acks = [f for f in other.own if f.has(ACK) and not f.has(RST) and not f.copy and side.near(f.ack) > reached]
        if not acks or acks[0].no in self.denied:
            return
        first, acked = acks[0], side.near(acks[0].ack)
        behind = [d for d in own if d.no > first.no and next_of(d) < acked]
        probe = lambda d: next_of(d) == acked - 1 and acked - reached == 1
        if any(d.has(FIN) or not d.len and not probe(d) and d.time - first.time >= LATER for d in behind):
            before = max((next_of(d) for d in own if d.no < first.no), default=reached)
            self.denied[first.no] = ("unsent", 1 - index, acked - before)
            self.unsent[index] = before

    def find_marker(self):
        server, size = self.server, len(MARKER)
        begin = server.extent()[0]
        whole = server.start is None or server.start in server.held
        first = min(server.held, default=None)
        low = begin if begin is not None and server.held else None
        self.begins = low is not None and low == first and whole and server.run(low)[:size] == MARKER
        at = low if self.begins else None
        for start in sorted(server.held) if not self.begins else []:
            if start - 1 in server.held and server.held[start - 1] is not None:
                continue
            place = server.run(start).find(MARKER)
            if place >= 0:
                at = start + place
                break
        self.at = at
        self.marker = server.carriers(at, at + size) if at is not None else []

    @property
    def outcome(self):
        client, server = self.client, self.server
        forged = any(what == "data" and no in self.marker for no, what in self.denied.items())
        unsent = any(what[:2] == ("unsent", 0) and what[2] >= len(MARKER) for what in self.denied.values())
        if forged or unsent:
            return "forged"
        if client.held and self.begins:
            return "confirmed"
        opening = all(f.has(SYN) and not f.has(ACK) or f.has(RST) for f in client.own)
        shut = all(f.has(RST) for f in server.own)
        if self.rejected and all(f.has(SYN) or f.has(RST) for f in client.own) and shut:
            return "rejected"
        # An ACK of the client would show that the server had accepted before.
        if client.syns and opening and server.own and shut:
            return "refused"
        if all(f.has(SYN) and not f.has(ACK) for f in self.all):
            return "unanswered"
        if self.resets:
            return "reset"
        if client.lacking or server.lacking:
            return "incomplete"
        return "unconfirmed" if client.held and client.fins and server.fins else "incomplete"

    def findings(self):
        """The findings among those of KNOWN, which follow from bytes and numbers."""
        client, server, found = self.client, self.server, []
        size, order = len(MARKER), {f.no: f for f in self.all}
        marker_end = None if self.at is None else self.at + size
        if self.begins and server.run(marker_end)[:size] == MARKER:
            found.append(("confirms-again", server.carriers(marker_end, 2**40)))
        effective = [f.no for f in self.resets]
        resets = [f for f in client.own if f.no in effective]
        knows = lambda no: client.fin is not None and order[no].has(ACK) and client.near(order[no].ack) > client.fin
        late = [no for no in server.frames if knows(no)]
        if late and resets and client.fins:
            found.append(("confirms-after-close", late))
        echo = client.held and server.held and client.run(min(client.held)).lower() in server.run(min(server.held)).lower()
        first = min(server.held, default=0)
        whole = server.start in (None, first) and server.run(first).find(MARKER) > 0
        if self.marker and not self.begins and not echo and whole:
            found.append(("greeting-before-receipt", [no for no in server.frames if server.begin(order[no]) < self.at]))
        if self.outcome == "confirmed" and self.marker and client.start is not None and client.bytes() is not None:
            arrived = (client.near(order[self.marker[0]].ack) - client.start) % 2**32
            if arrived < client.bytes():
                found.append(("early-receipt", self.marker[:1]))
        if self.outcome == "refused":
            found.append(("refuses", [f.no for f in self.all if f.has(RST)]))
        ends_it = [f for f in server.own if f.no in effective]
        if self.marker and ends_it and not server.fins:
            if ends_it[0].no > self.marker[-1] and ends_it[0].has(ACK):
                found.append(("closed-unread", [ends_it[0].no]))
        return [{"id": name, "frames": frames[:32]} for name, frames in found]


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
    # If the connection never opened, no payload was carried.
    text, count = (b"", 0) if closed else (side.text(), side.bytes())
    row = {"frames": side.frames, "bytes": count, "text": None if text is None else text.decode(errors="replace")}
    if text is not None and len(text) > TEXT_LIMIT:
        row.update(text=text[:TEXT_LIMIT].decode(errors="ignore"), truncated=True)
    return row


def behind(talk, closed):
    """The bytes that the server sent after the receipt."""
    server = talk.server
    if not talk.begins:
        return {"frames": [], "bytes": 0, "text": ""}
    at = talk.at + len(MARKER)
    count = server.bytes()
    row = {"frames": server.carriers(at, 2**40), "bytes": None if count is None else count - len(MARKER), "text": None}
    if row["bytes"] == 0:
        row["text"] = ""
    elif count is not None and not server.lacking:
        row["text"] = server.run(at).decode(errors="replace")
    return row


def counts(talk):
    client, server = talk.client, talk.server
    order = [f.no for f in talk.all]
    opened = bool(client.syns and server.syns)
    at = lambda no: order.index(no)
    row = {"packets_before_message": None, "packets_before_receipt": None, "packets_between": None,
           "packets_after_receipt": None}
    message, receipt = client.frames, talk.marker or server.frames
    if message and opened and not (client.start is not None and client.start not in client.held):
        row["packets_before_message"] = at(message[0])
    # If the marker is at the beginning, bytes that are missing after it do not matter.
    gap = not talk.begins and len(server.held) < max(server.held, default=0) + 1 - min(server.held, default=1)
    if receipt and opened and not client.hole and not gap \
            and not (server.start is not None and server.start not in server.held):
        row["packets_before_receipt"] = at(receipt[0])
    begun = server.extent()[0] in server.held
    if message and receipt and not client.tail_lost and begun:
        row["packets_between"] = max(0, at(receipt[0]) - at(message[-1]) - 1)
    over = (client.fins and server.fins) or talk.resets
    if receipt and over and not server.tail_lost and client.own and not client.unseen and not server.unseen:
        row["packets_after_receipt"] = len(order) - 1 - at(receipt[-1])
    return row


def exchange(capture, stream, all_frames, quoting):
    talk = Talk(all_frames, quoting)
    client, server, (client_end, server_end) = talk.client, talk.server, talk.ends
    steps, last_ack = handshake(client, server)
    offers, payload = largest(client, server, last_ack)
    order = [f.no for f in all_frames]
    fins = sorted((side.fins[0].no for side in (client, server) if side.fins), key=order.index)
    fresh = {**client.new, **server.new}
    repeats = [f.no for f in all_frames
               if not f.has(RST) and (f.has(SYN) or f.has(FIN) or f.len) and not fresh[f.no] and f.no not in talk.denied]
    first = next((name for name, side in (("client", client), ("server", server))
                  if fins and side.fins and side.fins[0].no == fins[0]), None)
    result = talk.outcome
    closed = result in ("rejected", "refused", "unanswered")
    receipt = words(server, closed)
    if talk.begins:
        receipt = {"frames": talk.marker, "bytes": len(MARKER), "text": MARKER.decode()}
    error = (talk.rejected or talk.errors or [None])[0]
    row = {"capture": capture, "stream": stream, "outcome": result,
           "client": {"role": None, "ip": client_end[0], "port": client_end[1]},
           "server": {"role": None, "ip": server_end[0], "port": server_end[1]},
           "frames": order, "handshake": steps, "message": words(client, closed), "receipt": receipt,
           "after_receipt": behind(talk, closed), "marker": talk.marker, "fin": fins,
           "rst": [f.no for f in all_frames if f.has(RST)], "retransmitted": repeats}
    row.update(counts(talk))
    row.update(mss={"client": offers[0], "server": offers[1]}, max_payload=payload, first_fin=first)
    row.update(contradicted=sorted(talk.denied, key=order.index), error=error, findings=talk.findings())
    row["said"] = client.text() if client.held else None
    row["speaks"] = bool(client.held)
    return row


def assign(rows, named):
    """Assigns the roles by names in the capture, else by the lab's messages, else by which side speaks first."""
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
        shown, lines = packets(capture)
        streams, names = frames(shown, lines)
        named.update(names)
        quoting = list(errors(shown))
        rows += [exchange(index, stream, found, quoting) for stream, found in streams.items()]
    assign(rows, named)
    return rows


def canonical(row):
    for side in ("client", "server"):
        row[side]["ip"] = str(ipaddress.ip_address(row[side]["ip"]))
    if row["error"]:
        row["error"]["from"] = str(ipaddress.ip_address(row["error"]["from"]))
    row["findings"].sort(key=lambda f: f["id"])
    return row


def bare(row):
    """An exchange without labkit's sentences and without the findings that this script cannot work out."""
    row["contradicted"] = [c["frame"] for c in row["contradicted"]]
    row["findings"] = sorted(({"id": f["id"], "frames": f["frames"]} for f in row["findings"] if f["id"] in KNOWN),
                             key=lambda f: f["id"])
    if row["error"]:
        row["error"] = {key: row["error"][key] for key in ("frame", "from", "type", "code")}


def nulls(value, path=""):
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in nulls(inner, f"{path}.{key}")]
    return []


def differences(ours, theirs):
    """The differences between our result and labkit's document, `theirs`."""
    theirs = theirs["exchanges"]
    if len(ours) != len(theirs):
        return [f"{len(theirs)} exchanges, expected {len(ours)}"]
    found = []
    for own, other in zip(map(canonical, ours), map(canonical, theirs)):
        missing = other.pop("missing")
        bare(other)
        where = f"stream {own['stream']}"
        found += [f"{where} {key}: {other.get(key)!r}, expected {own[key]!r}"
                  for key in own if own[key] != other.get(key)]
        found += [f"{where}: unknown key {key}" for key in other if key not in own]
        other.pop("error")
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
        # tshark starts slowly, so two run at once.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [line for lines in pool.map(compare, documents, sets) for line in lines]
        print("\n".join(wrong), end="\n" if wrong else "")
        sys.exit(bool(wrong))
    print(json.dumps(exchanges(sys.argv[1:]), ensure_ascii=False, indent=2))
