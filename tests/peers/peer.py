"""A communicator as students write it from the handout, with the bad habits of real programs as options.

    peer.py receive --ip 127.0.0.1 --port 65432 [--out FILE] [--answer HOW] ...
    peer.py send    --ip 127.0.0.1 --port 65432 --file FILE [--pieces N --pause S] ...

`receive` prints READY once it listens, and GOT with the number of bytes of each message. `send` prints ANSWER and the
first answer that recv(1024) gave. Both use the standard library only, and work between network namespaces as well.
"""

import argparse
import select
import socket
import struct
import sys
import time

END = b"#<<END>>#"


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=["receive", "send", "deaf"])
    parser.add_argument("--ip", default="", help="address to listen on or to send to")
    parser.add_argument("--port", type=int, default=65432)
    parser.add_argument("--timeout", type=float, default=30.0)
    receive = parser.add_argument_group("receive")
    receive.add_argument("--out", help="file for the bytes that were received")
    receive.add_argument("--read", type=int, default=4096, help="most bytes of one recv")
    receive.add_argument("--whole", type=int, default=0, help="go on reading until there are so many bytes")
    receive.add_argument(
        "--answer", default="confirm", help="confirm, echo, split, part, extra, nothing, close, reset or half-close"
    )
    receive.add_argument("--delay", type=float, default=0.0, help="seconds before the answer")
    receive.add_argument("--linger", type=float, default=0.0, help="seconds between the answer and the close")
    send = parser.add_argument_group("send")
    send.add_argument("--file", help="file with the message's bytes")
    send.add_argument("--pieces", type=int, default=0, help="send so many bytes at a time")
    send.add_argument("--pause", type=float, default=0.0, help="seconds between the pieces")
    send.add_argument("--half-close", action="store_true", help="close the sending direction after the message")
    send.add_argument("--close-early", action="store_true", help="close without waiting for the receipt")
    send.add_argument("--reset", action="store_true", help="close with RST instead of FIN")
    send.add_argument("--late", help="text to send after the receipt")
    return parser.parse_args()


def reset_on_close(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def receive(args):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((args.ip, args.port))
    listener.listen()
    print("READY", flush=True)
    connection, _ = listener.accept()
    data = connection.recv(args.read)
    while data and len(data) < args.whole:
        data += connection.recv(args.read)
    print("GOT", len(data), flush=True)
    if args.out:
        with open(args.out, "wb") as out:
            out.write(data)
    time.sleep(args.delay)
    answer(connection, data, args.answer)
    time.sleep(args.linger)
    connection.close()


def answer(connection, data, how):
    if how == "confirm":
        connection.sendall(END)
    elif how == "echo":
        connection.sendall(data)
    elif how == "split":
        for byte in END:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
    elif how == "part":
        connection.sendall(END[:4])
    elif how == "extra":
        connection.sendall(END + b" and more")
    elif how == "half-close":
        connection.sendall(END)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    elif how == "nothing":
        connection.recv(1)
    elif how == "reset":
        reset_on_close(connection)
    elif how != "close":
        sys.exit(f"unknown --answer {how}")


def send(args):
    with open(args.file, "rb") as file:
        message = file.read()
    connection = socket.socket()
    connection.settimeout(args.timeout)
    connection.connect((args.ip, args.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    size = args.pieces or len(message) or 1
    for start in range(0, len(message), size):
        if start:
            time.sleep(args.pause)
        connection.sendall(message[start : start + size])
    if args.half_close:
        connection.shutdown(socket.SHUT_WR)
    if not args.close_early:
        print("ANSWER", connection.recv(1024).decode(errors="replace"), flush=True)
    if args.late:
        connection.sendall(args.late.encode())
    if args.reset:
        reset_on_close(connection)
    connection.close()


def deaf(args):
    """Listens with a full queue: the system drops a SYN to it, as a firewall does."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((args.ip, args.port))
    listener.listen(0)
    # The queue has room for one connection: it is full once the first connection succeeds and the second does not.
    waiting = []
    while not waiting or select.select([], [waiting[-1]], [], 1)[1]:
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex((args.ip, args.port))
        waiting.append(connection)
    print("READY", flush=True)
    time.sleep(args.timeout)


if __name__ == "__main__":
    arguments = options()
    {"receive": receive, "send": send, "deaf": deaf}[arguments.role](arguments)
