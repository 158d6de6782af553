"""A TCP peer that executes commands from standard input, one in each line, so that a test decides about every
segment. Answers each line with `ok …` or `error …`.

    option quickack 0 | option nodelay 1      before connect or accept, for all sockets to come
    bind PORT                                 source port of the next connect
    listen PORT, accept                       as a receiver
    connect IP PORT [SECONDS]                 as a sender
    send TEXT, sendhex HEX, fill N TEXT       TEXT is the rest of the line; `fill` repeats it up to N characters
    receive [N]                               once, or until N bytes are there; answers with their number
    shutdown, close, reset                    a FIN, a FIN (or RST), an RST
"""

import socket
import struct
import sys


class Puppet:
    def __init__(self):
        self.options = []
        self.source = None
        self.listener = None
        self.socket = None

    def prepare(self, sock):
        for name, value in self.options:
            sock.setsockopt(socket.IPPROTO_TCP, name, value)

    def option(self, name, value):
        names = {"quickack": socket.TCP_QUICKACK, "nodelay": socket.TCP_NODELAY}
        self.options.append((names[name], int(value)))
        if self.socket:
            self.prepare(self.socket)

    def bind(self, port):
        self.source = int(port)

    def listen(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.prepare(self.listener)
        self.listener.bind(("", int(port)))
        self.listener.listen()

    def accept(self):
        self.socket, _ = self.listener.accept()
        self.prepare(self.socket)

    def connect(self, ip, port, seconds="30"):
        self.socket = socket.socket()
        if self.source is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(("", self.source))
        self.prepare(self.socket)
        self.socket.settimeout(float(seconds))
        self.socket.connect((ip, int(port)))
        # The system forgets the option for delayed acknowledgments with the handshake, so it is set again.
        self.prepare(self.socket)

    def receive(self, at_least="1"):
        count = 0
        while count < int(at_least):
            data = self.socket.recv(65536)
            if not data:
                break
            count += len(data)
        return str(count)

    def shutdown(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())

    def sendhex(self, text):
        self.socket.sendall(bytes.fromhex(text))

    def fill(self, text):
        count, text = text.split(" ", 1)
        self.socket.sendall((text * int(count))[: int(count)].encode())

    def do(self, line):
        command, _, rest = line.partition(" ")
        words = [rest] if command in ("send", "sendhex", "fill") else rest.split()
        return getattr(self, command)(*words) or ""


if __name__ == "__main__":
    puppet = Puppet()
    for order in sys.stdin:
        try:
            print("ok", puppet.do(order.rstrip("\n")), flush=True)
        except OSError as error:
            print("error", error, flush=True)
