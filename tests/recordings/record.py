#!/usr/bin/env python3
"""Makes the recordings of `captures/`, each one a function below, all of them by `labkit sniff` between two network
namespaces, or in the modules beside it. Ordinary users can run it where they may have user namespaces. Needs iproute2,
ethtool, util-linux and nftables.

    cargo build && tests/recordings/record.py                  all of them
    tests/recordings/record.py echo                            one of them; captures/README.md has always all lines
    tests/recordings/record.py --out DIR refused long-utf8     some of them, elsewhere
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

# Leaves no compiled Python files beside the recordings.
sys.dont_write_bytecode = True

from stage import GUEST, HOST, PORT, RECORDINGS, Failed, Sniff, Stage, recording, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
END = "#<<END>>#"
HELLO = "Hello guest operating system"


def lab_run(labkit, file):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([labkit, "lab", "run", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        shutil.copyfile(pathlib.Path(folder) / "capture1.pcapng", file)


@recording
def capture1(labkit, file):
    """The lab: `labkit lab run`. The host's message, then the guest's."""
    lab_run(labkit, file)


@recording
def second_run(labkit, file):
    """The lab once more, for what differs between runs: `labkit lab run`."""
    lab_run(labkit, file)


@recording
def long_offload(labkit, file):
    """4096 characters (bytes) from host to guest, segmentation offload as the system sets it: one frame above the MTU."""
    with Stage(labkit) as stage, Sniff(stage, file):
        stage.exchange("host", "a" * 4096)


@recording
def long_segments(labkit, file):
    """4096 characters (bytes) from host to guest, offload switched off: three segments, as a real cable carries them."""
    with Stage(labkit) as stage:
        stage.no_offload()
        with Sniff(stage, file):
            stage.exchange("host", "a" * 4096)


@recording
def long_segments_host(labkit, file):
    """As long-segments, seen from the host's adapter, where the sender is."""
    with Stage(labkit) as stage:
        stage.no_offload()
        with Sniff(stage, file, on="host"):
            stage.exchange("host", "a" * 4096)


@recording
def long_utf8(labkit, file):
    """4096 characters of three bytes each from guest to host, offload switched off: characters are cut by segments."""
    with Stage(labkit) as stage:
        stage.no_offload()
        with Sniff(stage, file):
            stage.exchange("guest", "€" * 4096)


@recording
def boundary(labkit, file):
    """1448 bytes, which fit into one segment, then 1449, which do not; offload switched off."""
    with Stage(labkit) as stage:
        stage.no_offload()
        with Sniff(stage, file):
            stage.exchange("host", "b" * 1448)
            stage.exchange("host", "b" * 1449)


@recording
def loopback(labkit, file):
    """An exchange of the guest with itself, on lo: MSS 65495."""
    with Stage(labkit) as stage:
        with Sniff(stage, file, adapter="lo", filter=f"tcp port {PORT}"):
            receiver = stage.receive("guest")
            stage.send("guest", HELLO, to="127.0.0.1")
            receiver.wait()


@recording
def refused(labkit, file):
    """No program listens on the guest: SYN, then RST."""
    with Stage(labkit) as stage, Sniff(stage, file):
        stage.send("host", HELLO, expect=1)


@recording
def unanswered(labkit, file):
    """All that the guest sends is lost, as behind a firewall: a SYN and its repetitions, until the sender gives up after 8 s."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        with Sniff(stage, file, on="host"):
            cable("lose to-guest -1")
            stage.send("host", HELLO, "--timeout", "8", expect=1)


@recording
def unreachable(labkit, file):
    """A message to 192.168.56.77, an address of no machine: ARP requests without an answer, and no TCP at all."""
    with Stage(labkit) as stage, Sniff(stage, file, filter=f"arp or tcp port {PORT}"):
        stage.send("host", HELLO, to="192.168.56.77", expect=1)


@recording
def marker_inside(labkit, file):
    """Two messages that quote the marker: one in its middle, one at its beginning."""
    with Stage(labkit) as stage, Sniff(stage, file):
        stage.exchange("host", f"The marker {END} ends no message.")
        stage.exchange("guest", f"{END} is what a receipt looks like.")


def connected(stage, *options):
    """A puppet on each side, with a connection from host to guest."""
    host, guest = stage.puppet("host"), stage.puppet("guest")
    for puppet in (host, guest):
        for option in options:
            puppet(f"option {option}")
    guest(f"listen {PORT}")
    guest.begin("accept")
    host(f"connect {GUEST} {PORT}")
    guest.read()
    return host, guest


def say_and_confirm(host, guest):
    host(f"send {HELLO}")
    guest(f"receive {len(HELLO)}")
    guest(f"send {END}")
    host(f"receive {len(END)}")


@recording
def started_late(labkit, file):
    """The capture started when the connection was open already: no SYN, and the first part of the message is missing."""
    with Stage(labkit) as stage:
        host, guest = connected(stage)
        host("send Hello guest")
        guest("receive 11")
        with Sniff(stage, file):
            host("send  operating system")
            guest("receive 17")
            guest(f"send {END}")
            host("receive 9")
            host("close")
            guest("close")


@recording
def started_late_no_payload_lost(labkit, file):
    """The capture started between the handshake and the message."""
    with Stage(labkit) as stage:
        host, guest = connected(stage)
        with Sniff(stage, file):
            say_and_confirm(host, guest)
            host("close")
            guest("close")


@recording
def stopped_early(labkit, file):
    """The capture was stopped after the receipt, before either side closed."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        host, guest = connected(stage)
        say_and_confirm(host, guest)
        sniff.stop()


@recording
def stopped_between_fins(labkit, file):
    """The capture was stopped after the host's FIN, before the guest's."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        host, guest = connected(stage)
        say_and_confirm(host, guest)
        host("shutdown")
        guest("receive")
        wait_until("the FIN's acknowledgment", lambda: "05" in stage.sockets("host"))
        sniff.stop()


@recording
def stopped_before_receipt(labkit, file):
    """The capture was stopped after the message, before the receipt."""
    with Stage(labkit) as stage, Sniff(stage, file) as sniff:
        host, guest = connected(stage)
        host(f"send {HELLO}")
        guest(f"receive {len(HELLO)}")
        sniff.stop()


@recording
def one_direction(labkit, file):
    """Only what the host sends was captured."""
    only = f"src host {HOST} and dst host {GUEST} and tcp port {PORT}"
    with Stage(labkit) as stage, Sniff(stage, file, filter=only):
        stage.exchange("host", HELLO)


@recording
def split_marker(labkit, file):
    """The receiver sends its receipt in two segments."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage, "nodelay 1")
        host(f"send {HELLO}")
        guest(f"receive {len(HELLO)}")
        guest(f"send {END[:5]}")
        host("receive 5")
        guest(f"send {END[5:]}")
        host("receive 4")
        host("close")
        guest("close")


@recording
def echo(labkit, file):
    """The receiver sends the message back, as the handout's sample server does, and no receipt."""
    with Stage(labkit) as stage, Sniff(stage, file):
        guest = stage.puppet("guest")
        guest(f"listen {PORT}")
        guest.begin("accept")
        sender = stage.start("host", "labkit", "send", "--to", GUEST, f"--message={HELLO}", stderr=subprocess.DEVNULL)
        guest.read()
        guest(f"receive {len(HELLO)}")
        guest(f"send {HELLO}")
        if sender.wait() != 1:
            raise Failed("an echo was taken for a receipt")
        guest("close")


@recording
def never_confirmed(labkit, file):
    """The receiver takes the message and never answers; the sender gives up after 3 s and closes."""
    with Stage(labkit) as stage, Sniff(stage, file):
        guest = stage.puppet("guest")
        guest(f"listen {PORT}")
        guest.begin("accept")
        stage.send("host", HELLO, "--timeout", "3", expect=1)
        guest.read()
        guest(f"receive {len(HELLO)}")
        guest("close")


@recording
def no_message(labkit, file):
    """A connection that closes without a byte of payload."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        host("close")
        guest("close")


@recording
def reset_after_receipt(labkit, file):
    """The sender closes with RST instead of FIN, once it has its receipt."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        say_and_confirm(host, guest)
        host("reset")
        guest("close")


@recording
def reset_before_receipt(labkit, file):
    """The receiver resets the connection instead of confirming the message."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        host(f"send {HELLO}")
        guest(f"receive {len(HELLO)}")
        guest("reset")
        host("close")


@recording
def receiver_closes_first(labkit, file):
    """The receiver closes right after its receipt: its FIN is the first."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        say_and_confirm(host, guest)
        guest("close")
        host("receive")
        host("close")


@recording
def half_close(labkit, file):
    """The sender closes its direction after the message: its FIN comes before the receipt."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        host(f"send {HELLO}")
        host("shutdown")
        guest(f"receive {len(HELLO) + 1}")
        guest(f"send {END}")
        host(f"receive {len(END)}")
        guest("close")
        host("receive")
        host("close")


@recording
def simultaneous_close(labkit, file):
    """Both sides close at once, over a cable of 50 ms: the two FINs cross."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        cable("delay 50")
        with Sniff(stage, file):
            host, guest = connected(stage)
            say_and_confirm(host, guest)
            # The acknowledgment of the receipt is still on its way.
            time.sleep(0.2)
            host.begin("close")
            guest.begin("close")
            host.read()
            guest.read()


@recording
def more_after_receipt(labkit, file):
    """The sender goes on sending after the receipt."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        say_and_confirm(host, guest)
        host("send One more thing.")
        guest("receive 15")
        host("close")
        guest("close")


@recording
def delayed_acks(labkit, file):
    """Both sides delay acknowledgments: the one of the message rides on the receipt, the receipt's on the FIN."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = connected(stage)
        for puppet in (host, guest):
            puppet("option quickack 0")
        say_and_confirm(host, guest)
        host("close")
        guest("close")


@recording
def delayed_handshake_ack(labkit, file):
    """The sender delays its acknowledgments: the handshake's rides on the message."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = stage.puppet("host"), stage.puppet("guest")
        guest(f"listen {PORT}")
        host("option quickack 0")
        host(f"connect {GUEST} {PORT}")
        # Only the message completes the handshake for the receiver.
        host(f"send {HELLO}")
        guest("accept")
        guest(f"receive {len(HELLO)}")
        guest(f"send {END}")
        host(f"receive {len(END)}")
        host("close")
        guest("close")


@recording
def retransmitted_message(labkit, file):
    """The segment with the message is lost on its way to the guest, and sent again; captured on the host."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        with Sniff(stage, file, on="host"):
            cable("lose to-host 1 payload")
            stage.exchange("host", HELLO)


@recording
def retransmitted_message_guest(labkit, file):
    """The guest's acknowledgment of the message is lost: the message arrives twice; captured on the guest."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        with Sniff(stage, file):
            host, guest = connected(stage)
            cable("lose to-guest 1")
            host(f"send {HELLO}")
            guest(f"receive {len(HELLO)}")
            # Once the repetition is acknowledged, the sender has no unacknowledged bytes.
            wait_until("the repetition", lambda: stage.outstanding("host") == 0)
            guest(f"send {END}")
            host(f"receive {len(END)}")
            host("close")
            guest("close")


@recording
def retransmitted_syn(labkit, file):
    """The first SYN,ACK is lost, so both sides repeat what they sent; captured on the guest."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        with Sniff(stage, file):
            cable("lose to-guest 1")
            stage.exchange("host", HELLO)


@recording
def retransmitted_receipt(labkit, file):
    """The receipt is lost on its way to the host, and sent again; captured on the guest."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        with Sniff(stage, file):
            cable("lose to-guest 1 payload")
            stage.exchange("host", HELLO)


@recording
def slow_cable(labkit, file):
    """The lab's exchange over a cable of 5 ms each way."""
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        cable("delay 5")
        with Sniff(stage, file):
            stage.exchange("host", HELLO)
            stage.exchange("guest", "Hello host operating system")


def both_ends(labkit, on_host, on_guest):
    with Stage(labkit) as stage:
        cable = stage.slow_cable()
        stage.know_neighbours()
        cable("delay 5")
        with Sniff(stage, on_host, on="host"), Sniff(stage, on_guest):
            cable("lose to-host 1 payload")
            stage.exchange("host", HELLO)


@recording
def both_ends_host(labkit, file):
    """A connection over a cable of 5 ms that loses the message once, recorded on both ends at once; this is the host's."""
    both_ends(labkit, file, file.with_name("both-ends-guest.pcapng"))


@recording
def both_ends_guest(labkit, file):
    """The same connection as `both-ends-host.pcapng`, recorded on the guest."""
    both_ends(labkit, file.with_name("both-ends-host.pcapng"), file)


@recording
def port_reused(labkit, file):
    """Two rounds from the same source port, 40000: the same four numbers twice. The receiver closed the first one first."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = stage.puppet("host"), stage.puppet("guest")
        guest(f"listen {PORT}")
        host("bind 40000")
        for _ in range(2):
            guest.begin("accept")
            host(f"connect {GUEST} {PORT}")
            guest.read()
            say_and_confirm(host, guest)
            guest("close")
            host("receive")
            host("close")
            stage.settle()


@recording
def same_port(labkit, file):
    """The sender uses 65432 as its source port, too."""
    with Stage(labkit) as stage, Sniff(stage, file):
        host, guest = stage.puppet("host"), stage.puppet("guest")
        guest(f"listen {PORT}")
        host(f"bind {PORT}")
        guest.begin("accept")
        host(f"connect {GUEST} {PORT}")
        guest.read()
        say_and_confirm(host, guest)
        host("close")
        guest("close")


# Imported here, so that their recordings are registered after those above.
import firewalls
import programs


def readme(out):
    """Writes the lines of these recordings anew; what else the page says stays."""
    page = out / "README.md"
    lines = page.read_text().splitlines()
    own = {f"- `{name}.pcapng`:": f"- `{name}.pcapng`: {make.__doc__}" for name, make in RECORDINGS.items()}
    begins = [line.split(": ")[0] + ":" for line in lines]
    last = max(n for n, begin in enumerate(begins) if begin in own)
    new = [line for begin, line in own.items() if begin not in begins]
    lines = [own.get(begin, line) for begin, line in zip(begins, lines)]
    page.write_text("\n".join(lines[: last + 1] + new + lines[last + 1 :]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labkit", default=ROOT / "target/debug/labkit", type=pathlib.Path)
    parser.add_argument("--out", default=ROOT / "captures", type=pathlib.Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECORDINGS))
    args = parser.parse_args()
    if unknown := set(args.names) - set(RECORDINGS):
        parser.error(f"no such recording: {', '.join(sorted(unknown))}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or RECORDINGS:
        begun = time.monotonic()
        RECORDINGS[name](args.labkit.resolve(), args.out.resolve() / f"{name}.pcapng")
        print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)
    if args.out == ROOT / "captures":
        readme(args.out)


if __name__ == "__main__":
    try:
        main()
    except (Failed, subprocess.CalledProcessError) as error:
        sys.exit(f"record.py: {error}")
