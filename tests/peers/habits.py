"""Communicators with the habits of real programs that were written from the handout.

    habits.py receive HABIT [--bind IP] [--port P] [--read N]
    habits.py send HABIT IP [--port P] [--seconds S] (--text TEXT | --fill N)

A receiver takes one connection. It prints LISTENING, then a line each time that it reads or sends. A sender prints the same
lines. Both use only the standard library and blocking sockets, as the handout teaches.
"""

import argparse
import ipaddress
import socket
import sys
import time

END = b"#<<END>>#"
GREETING = b"Thank you, your message came"
RECEIVERS, SENDERS = {}, {}


def say(*words):
    print(*words, flush=True)


def habit(of):
    def register(program):
        of[program.__name__.replace("_", "-")] = program
        return program

    return register


def read(peer, size):
    data = peer.recv(size)
    say("READ", len(data))
    return data


def read_to_the_end(peer, size):
    total = 0
    while data := read(peer, size):
        total += len(data)
    return total


def answer(peer, data):
    peer.sendall(data)
    say("ANSWERED", len(data))


@habit(RECEIVERS)
def confirms(peer, args):
    """Confirms once the sender has been quiet for a moment, then waits until it closes."""
    peer.settimeout(args.quiet)
    try:
        while read(peer, args.read):
            pass
    except TimeoutError:
        peer.settimeout(None)
    answer(peer, END)
    read_to_the_end(peer, args.read)


@habit(RECEIVERS)
def confirms_each_read(peer, args):
    """Confirms inside the reading loop: after each read, the last and empty one included."""
    data = b"-"
    while data:
        data = read(peer, args.read)
        answer(peer, END)


@habit(RECEIVERS)
def reads_once(peer, args):
    """Takes the result of a single read for the message, confirms it and closes."""
    read(peer, args.read)
    answer(peer, END)


@habit(RECEIVERS)
def waits_for_end(peer, args):
    """Confirms only when a read returns nothing, after the sender has closed."""
    read_to_the_end(peer, args.read)
    answer(peer, END)


@habit(RECEIVERS)
def greets(peer, args):
    """Answers with a sentence, and then confirms."""
    read(peer, args.read)
    answer(peer, GREETING)
    answer(peer, END)


@habit(RECEIVERS)
def greets_at_once(peer, args):
    """As `greets`, with one call for both."""
    read(peer, args.read)
    answer(peer, GREETING + END)


@habit(RECEIVERS)
def adds_newline(peer, args):
    """Confirms with a newline after the marker."""
    read(peer, args.read)
    answer(peer, END + b"\n")


@habit(RECEIVERS)
def adds_words(peer, args):
    """Confirms with a word after the marker."""
    read(peer, args.read)
    answer(peer, END + b" received")


@habit(RECEIVERS)
def small_letters(peer, args):
    """Confirms with the marker in small letters."""
    read(peer, args.read)
    answer(peer, END.lower())


@habit(RECEIVERS)
def echoes_hash(peer, args):
    """Sends back what it reads, with a `#` after it, as the handout's example prints it."""
    while data := read(peer, args.read):
        answer(peer, data + b"#")


@habit(RECEIVERS)
def decodes_each_read(peer, args):
    """Decodes each read before joining them, and fails if a read ends inside a character."""
    peer.settimeout(args.quiet)
    text = ""
    try:
        while data := read(peer, args.read):
            text += data.decode()
    except TimeoutError:
        pass
    answer(peer, END)


@habit(RECEIVERS)
def never_answers(peer, args):
    """Shows the message and forgets to confirm it."""
    read_to_the_end(peer, args.read)


def receive(args):
    family = socket.AF_INET6 if ":" in args.bind else socket.AF_INET
    with socket.create_server((args.bind, args.port), family=family) as listener:
        say("LISTENING")
        peer, _ = listener.accept()
        with peer:
            RECEIVERS[args.habit](peer, args)


def message(args):
    return (args.text if args.fill is None else "m" * args.fill).encode()


@habit(SENDERS)
def handout(peer, args):
    """The handout's example: it removes the time limit before it sends, and so waits for the receipt for ever."""
    peer.settimeout(None)
    peer.sendall(message(args))
    read(peer, 1024)


@habit(SENDERS)
def strict(peer, args):
    """Keeps its time limit while it waits for the receipt."""
    peer.sendall(message(args))
    read(peer, 1024)


@habit(SENDERS)
def halves(peer, args):
    """Sends the message in two halves, with a pause between them."""
    whole = message(args)
    middle = len(whole) // 2
    peer.sendall(whole[:middle])
    time.sleep(0.8)
    peer.sendall(whole[middle:])
    read(peer, 1024)


@habit(SENDERS)
def never_closes(peer, args):
    """Takes the receipt, goes back to its menu and keeps the socket open."""
    strict(peer, args)
    say("STAYS")
    sys.stdin.read()


@habit(SENDERS)
def reads_to_end(peer, args):
    """Reads until the receiver closes, which waits for the sender to close."""
    peer.settimeout(None)
    peer.sendall(message(args))
    read_to_the_end(peer, 1024)


def send(args):
    version = ipaddress.ip_address(args.ip).version
    with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET) as peer:
        peer.settimeout(args.seconds)
        peer.connect((args.ip, args.port))
        SENDERS[args.habit](peer, args)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(port=65432)
    roles = parser.add_subparsers(required=True)
    receiver, sender = roles.add_parser("receive"), roles.add_parser("send")
    receiver.set_defaults(run=receive)
    receiver.add_argument("habit", choices=RECEIVERS)
    receiver.add_argument("--bind", default="")
    receiver.add_argument("--read", type=int, default=1024, help="most bytes of one read")
    sender.set_defaults(run=send)
    receiver.add_argument("--quiet", type=float, default=0.3, help="seconds of silence that end a message")
    sender.add_argument("habit", choices=SENDERS)
    sender.add_argument("ip")
    sender.add_argument("--seconds", type=float, default=30.0)
    sender.add_argument("--text", default="Hello guest operating system")
    sender.add_argument("--fill", type=int, help="a message of so many letters instead")
    for role in (receiver, sender):
        role.add_argument("--port", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    args = arguments()
    args.port = args.port or 65432
    try:
        args.run(args)
    except OSError as error:
        say("ERROR", error)
        sys.exit(1)
