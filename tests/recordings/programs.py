"""Recordings of programs with habits (`tests/peers/habits.py`). Each has a message from host to guest between such a program
and labkit, then one from guest to host with plain Python on both sides."""

import subprocess

from stage import ADDRESSES, GUEST, HOST, PATIENCE, PEERS, Failed, Sniff, Stage, recording, wait_until

LONG = "m" * 2500
TO_HOST = "Hello host operating system"


def habit(stage, on, role, *words):
    """Starts one of the programs; a receiver listens when this returns."""
    program = stage.start(on, "python3", str(PEERS / "habits.py"), role, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if role == "receive":
        expect(program, "LISTENING")
    return program


def expect(program, what):
    """Reads a program's output until this text comes."""
    for line in program.stdout:
        if line.startswith(what):
            return
    raise Failed(f"{program.args}: it never said {what}")


def ended(program):
    """Waits for a program's end; an error is allowed, because a habit may lead to one."""
    program.stdin.close()
    program.wait(timeout=PATIENCE)


def python_sends(stage, on, sender, *words):
    other = HOST if on == "guest" else GUEST
    return habit(stage, on, "send", sender, other, *words)


def one_receiver_each_way(stage, receiver, *options, text=None, sent=0, waits=("--timeout", "3")):
    """A receiver with a habit on the guest for labkit, and one on the host for the handout's sender."""
    program = habit(stage, "guest", "receive", receiver, *options)
    stage.send("host", text or "Hello guest operating system", *waits, expect=sent)
    ended(program)
    stage.settle()
    program = habit(stage, "host", "receive", receiver, *options)
    sender = python_sends(stage, "guest", "handout", "--text", text or TO_HOST)
    ended(sender)
    ended(program)


def receiver_recording(labkit, file, receiver, *options, **wishes):
    with Stage(labkit) as stage, Sniff(stage, file):
        one_receiver_each_way(stage, receiver, *options, **wishes)


@recording
def confirms_twice(labkit, file):
    """The receiver confirms after each read, also after the empty one that tells it of the sender's close: a second receipt comes when the sender has gone."""
    receiver_recording(labkit, file, "confirms-each-read")


@recording
def confirms_each_read(labkit, file):
    """The same receiver, and 2,500 characters that it reads 1,024 at a time: a receipt for each of its reads."""
    receiver_recording(labkit, file, "confirms-each-read", text=LONG)


@recording
def early_receipt(labkit, file):
    """The message comes in two halves, 0.8 s apart, and the receipt leaves after the first: labkit's receiver, which takes 300 ms of silence for the end, then one that confirms each read."""
    with Stage(labkit) as stage, Sniff(stage, file):
        receiver = stage.receive("guest")
        ended(python_sends(stage, "host", "halves"))
        receiver.wait(timeout=PATIENCE)
        stage.settle()
        receiver = habit(stage, "host", "receive", "confirms-each-read")
        ended(python_sends(stage, "guest", "halves", "--text", TO_HOST))
        ended(receiver)


@recording
def early_receipt_lost_segment(labkit, file):
    """4096 characters in three segments; the second one is lost: the receiver reads once, and confirms what the first one brought."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        with Sniff(stage, file):
            receiver = habit(stage, "guest", "receive", "confirms-each-read", "--read", "4096")
            cable("lose to-host 1 payload after 1")
            stage.send("host", "m" * 4096)
            ended(receiver)


@recording
def greeting_then_end(labkit, file):
    """The receiver answers with a sentence of its own and then with the marker, in two segments."""
    receiver_recording(labkit, file, "greets", sent=1)


@recording
def greeting_with_end(labkit, file):
    """The receiver answers with a sentence of its own and the marker behind it, in one segment."""
    receiver_recording(labkit, file, "greets-at-once", sent=1)


@recording
def waits_for_end_of_input(labkit, file):
    """The receiver confirms only once the sender has closed: labkit gives up after 3 s; the handout's sender waits for ever, and the capture was stopped meanwhile."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        receiver = habit(stage, "guest", "receive", "waits-for-end")
        stage.send("host", "Hello guest operating system", "--timeout", "3", expect=1)
        ended(receiver)
        stage.settle()
        receiver = habit(stage, "host", "receive", "waits-for-end")
        python_sends(stage, "guest", "handout", "--text", TO_HOST)
        expect(receiver, "READ")
        acknowledged(stage, "guest")
        sniff.stop()


@recording
def closes_unread(labkit, file):
    """The receiver reads 1,024 of 2,500 characters, confirms and closes: its system sends RST instead of FIN."""
    receiver_recording(labkit, file, "reads-once", text=LONG)


@recording
def localhost_only(labkit, file):
    """The receiver listens on 127.0.0.1 only: a SYN from the other machine is refused, as if no program listened."""
    with Stage(labkit) as stage, Sniff(stage, file):
        habit(stage, "guest", "receive", "confirms", "--bind", "127.0.0.1")
        stage.send("host", "Hello guest operating system", expect=1)
        habit(stage, "host", "receive", "confirms", "--bind", "127.0.0.1")
        expect(python_sends(stage, "guest", "handout", "--text", TO_HOST), "ERROR")


@recording
def never_closed(labkit, file):
    """The sender takes its receipt and keeps the connection: labkit's receiver closes after 3 s, the one in Python at once; no FIN of the sender comes."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        receiver = stage.receive("guest", "--timeout", "3")
        expect(python_sends(stage, "host", "never-closes"), "STAYS")
        receiver.wait(timeout=PATIENCE)
        receiver = habit(stage, "host", "receive", "reads-once")
        expect(python_sends(stage, "guest", "never-closes", "--text", TO_HOST), "STAYS")
        ended(receiver)
        wait_until("the acknowledged FINs", lambda: all("05" in stage.sockets(on) for on in ADDRESSES))
        sniff.stop()


@recording
def sender_reads_to_the_end(labkit, file):
    """The sender reads until the receiver closes, which waits for the sender to close: labkit closes after 3 s; of the two Python programs neither does, and the capture was stopped meanwhile."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        receiver = stage.receive("guest", "--timeout", "3")
        ended(python_sends(stage, "host", "reads-to-end"))
        receiver.wait(timeout=PATIENCE)
        stage.settle()
        habit(stage, "host", "receive", "confirms")
        expect(python_sends(stage, "guest", "reads-to-end", "--text", TO_HOST), "READ")
        acknowledged(stage, "host")
        sniff.stop()


@recording
def sender_waits_for_ever(labkit, file):
    """The receiver never answers. The handout's sender, which has no time limit, waits for ever; the capture was stopped meanwhile."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        receiver = habit(stage, "guest", "receive", "never-answers")
        python_sends(stage, "host", "handout")
        expect(receiver, "READ")
        acknowledged(stage, "host")
        sniff.stop()


@recording
def marker_with_newline(labkit, file):
    """The receiver sends the marker with a newline behind it."""
    receiver_recording(labkit, file, "adds-newline")


@recording
def marker_with_words(labkit, file):
    """The receiver sends the marker with a word behind it."""
    receiver_recording(labkit, file, "adds-words")


@recording
def marker_in_small_letters(labkit, file):
    """The receiver sends the marker in small letters, which is another text."""
    receiver_recording(labkit, file, "small-letters", sent=1)


@recording
def echo_with_hash(labkit, file):
    """The receiver sends the message back with a # behind it, in the manner of the handout's example."""
    receiver_recording(labkit, file, "echoes-hash", sent=1)


def acknowledged(stage, on):
    """Waits until all bytes that this host sent are acknowledged."""
    wait_until("the acknowledgment", lambda: stage.outstanding(on) == 0)
