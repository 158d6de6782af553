"""A cable between two adapters: it passes every frame from one to the other, and can delay and lose frames as ordered.

Lines of standard input, each answered with `ok`:

    plug A B           the two adapters, in the network namespace of this program
    delay MS           from now on, every frame takes this long
    lose A N           the next N frames that come from adapter A are lost; 0 loses none, -1 loses all
    lose A N payload   the same, but only frames with TCP payload count and are lost
    lose A N payload after M     the same, after M such frames have passed

Programs on both ends must have checksum and segmentation offload switched off: the cable does not fill in what a frame lacks.
"""

import errno
import heapq
import itertools
import select
import socket
import struct
import subprocess
import sys
import time

OUTGOING = 4  # PACKET_OUTGOING: what this program has sent itself
EVERY_PROTOCOL = 3  # ETH_P_ALL


def payload(frame):
    """How many bytes of TCP payload a frame carries; None if it carries no TCP over IPv4."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    header = (frame[14] & 15) * 4
    total = struct.unpack("!H", frame[16:18])[0]
    return total - header - (frame[14 + header + 12] >> 4) * 4


class Cable:
    def __init__(self):
        self.ends = {}
        self.loss = {}
        self.delay = 0.0
        self.under_way = []
        self.order = itertools.count()

    def do(self, words):
        command, *rest = words
        if command == "plug":
            for name in rest:
                subprocess.run(["ip", "link", "set", name, "up"], check=True)
                end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
                end.bind((name, 0))
                self.ends[name] = end
        elif command == "delay":
            self.delay = float(rest[0]) / 1000
        elif command == "lose":
            passes = int(rest[rest.index("after") + 1]) if "after" in rest else 0
            self.loss[rest[0]] = [int(rest[1]), "payload" in rest, passes]

    def is_lost(self, name, frame):
        count, only_payload, passes = self.loss.get(name, (0, False, 0))
        if count == 0 or (only_payload and not payload(frame)):
            return False
        if passes > 0:
            self.loss[name][2] -= 1
            return False
        if count > 0:
            self.loss[name][0] -= 1
        return True

    def take(self, name):
        frame, address = self.ends[name].recvfrom(65536)
        if address[2] == OUTGOING or self.is_lost(name, frame):
            return
        (other,) = (end for key, end in self.ends.items() if key != name)
        heapq.heappush(self.under_way, (time.monotonic() + self.delay, next(self.order), other, frame))

    def deliver(self):
        while self.under_way and self.under_way[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(self.under_way)
            end.send(frame)
        return max(0.0, self.under_way[0][0] - time.monotonic()) if self.under_way else None

    def run(self):
        names = {end.fileno(): name for name, end in self.ends.items()}
        while True:
            ready, _, _ = select.select([0, *names], [], [], self.deliver())
            for descriptor in ready:
                if descriptor != 0:
                    self.take(names[descriptor])
                elif not self.obey():
                    return

    def obey(self):
        line = sys.stdin.readline()
        if line:
            self.do(line.split())
            print("ok", flush=True)
        return bool(line)


if __name__ == "__main__":
    cable = Cable()
    print("ok", flush=True)
    try:
        if cable.obey():
            cable.run()
    except OSError as error:
        # The adapters were removed with their hosts.
        if error.errno != errno.ENETDOWN:
            raise
