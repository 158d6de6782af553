#!/usr/bin/env python3
"""Compares labkit.exe under wine with labkit on Linux: .ci/windows-trials.py labkit.exe labkit [CAPTURING.exe]

Commands that read must print the same bytes; the communicator must talk with Linux in both directions. WINEPREFIX is the
folder of wine's files. A third program is labkit.exe with live capture: it captures on the loopback adapter, as root.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

EXE, NATIVE = map(os.path.abspath, sys.argv[1:3])
CAPTURES = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "captures"))
ENVIRONMENT = {**os.environ, "WINEDEBUG": "-all", "NO_COLOR": "1", "COLUMNS": "100", "TZ": "UTC"}
PATIENCE = 120
MESSAGE = "Grüße an den Gast, 28 €"
FAILED = []


def verdict(what, good, more=""):
    print("%-7s  %s" % ("met" if good else "NOT MET", what), flush=True)
    if not good:
        FAILED.append(what)
        print("         " + more.replace("\n", "\n         "))


def wine(*arguments):
    return ["wine", EXE, *arguments]


def output(command, **more):
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, cwd=CAPTURES, timeout=PATIENCE, **more)
    return done.returncode, done.stdout, done.stderr


def text(data):
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def readers():
    """Commands that read print the same bytes on both systems."""
    one, long = "capture1.pcapng", "long-segments.pcapng"
    for arguments in (
        ["replay", one], ["replay", one, "-V"], ["replay", one, "-x", "-t", "a"], ["replay", one, "--format", "table"],
        ["replay", one, "-Y", "tcp.len > 0", "--format", "csv"], ["replay", one, "--format", "jsonl"],
        ["replay", one, "--format", "fields", "-e", "frame.number", "-e", "tcp.stream"], ["show", one, "4"],
        ["conversations", one], ["exchange", one], ["follow", one, "0"], ["flow", one, "--ascii"],
        ["statistics", one], ["statistics", one, "endpoints", "--of", "tcp"], ["check", one],
        ["check", one, "--format", "json"], ["answer", one, "--evidence"], ["answer", one, "--format", "json"],
        ["answer", long], ["predict", "--message-bytes", "4096"], ["lab", "show"], ["lab", "show", "--template"],
        ["filter", "between", "192.168.56.1", "192.168.56.101"],
        ["filter", "explain", "--on", one, "ip.addr == 192.168.56.1"],
        ["report", one, "-o", "-"],
    ):
        here, there = output([NATIVE, *arguments]), output(wine(*arguments))
        same = here[:2] == there[:2]
        verdict("labkit " + " ".join(arguments), same, difference(here, there))


def difference(here, there):
    if here[0] != there[0]:
        return "exit status %d on Linux, %d here: %s" % (here[0], there[0], text(there[2])[-400:])
    pairs = zip(here[1].splitlines(), there[1].splitlines())
    first = next(((a, b) for a, b in pairs if a != b), (b"", b""))
    return "Linux: %s\nhere:  %s" % tuple(map(text, first))


def files():
    """Files that are written, and those that are refused; paths of Windows."""
    with tempfile.TemporaryDirectory() as folder:
        there = "Z:" + folder.replace("/", "\\")
        status, _, said = output(wine("replay", "capture1.pcapng", "-Y", "tcp.port == 65432", "-w", there + "\\out.pcapng"))
        here = output([NATIVE, "replay", os.path.join(folder, "out.pcapng")])
        verdict("replay -w writes a capture that Linux reads", status == 0 and b"65432" in here[1], text(said))
        status, _, said = output(wine("replay", "capture1.pcapng", "-Y", "tcp", "-w", there + "\\out.pcapng"))
        verdict("an existing file stays as it is", status == 1 and b"--force" in said, text(said))
        status, _, said = output(wine("report", "capture1.pcapng", "-o", there + "\\report.html"))
        page = os.path.join(folder, "report.html")
        verdict("report writes its page", status == 0 and os.path.getsize(page) > 50_000, text(said))
    status, _, said = output(wine("filter", "save", "--force", "lab", "tcp.port == 65432"))
    if status != 0:
        status, _, said = output(wine("filter", "save", "lab", "tcp.port == 65432"))
    place = output(["wine", "cmd", "/c", "dir /b %APPDATA%\\labkit"])
    verdict("filters are saved under %APPDATA%", b"filters" in place[1], text(said + place[1] + place[2]))
    status, out, said = output(wine("replay", "capture1.pcapng", "-Y", "@lab", "-c", "1"))
    verdict("a saved filter is found again", status == 0 and b"65432" in out, text(said))
    output(wine("filter", "rm", "lab"))


def messages():
    """Commands that Windows lacks say so, with another way; doctor names the steps for Windows."""
    for arguments, wanted in (
        (["sniff", "-i", "Ethernet", "-w", "x.pcapng"], b"Wireshark"),
        (["view"], b""),
        (["lab", "up"], b"WSL"),
        (["replay", "capture1.pcapng", "tcp port 65432"], b"tcp.port == 65432"),
    ):
        status, out, said = output(wine(*arguments))
        verdict("labkit %s says what does instead" % " ".join(arguments), status != 0 and wanted in said, text(out + said))
    status, out, said = output(wine("interfaces"))
    verdict("interfaces lists the adapters", status == 0 and b"127.0.0.1/8" in out, text(out + said))
    print("         " + text(out).rstrip().replace("\n", "\n         "))
    _, out, said = output(wine("doctor"))
    flat = " ".join(text(out).split())
    verdict("doctor names netsh advfirewall", "netsh advfirewall" in flat, text(out + said))


def port():
    with socket.socket() as free:
        free.bind(("", 0))
        return str(free.getsockname()[1])


def until(process, what):
    """Reads lines until one contains `what`."""
    seen = b""
    while what not in seen:
        line = process.stdout.readline()
        if not line:
            sys.exit("it ended before %r: %r %r" % (what, seen, process.stderr and process.stderr.read()))
        seen += line
    return seen


def pair(receiver, sender, name, where=None):
    """One message, confirmed."""
    where = where or port()
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT}
    with subprocess.Popen(receiver + ["receive", "--port", where], **pipes) as receiving:
        seen = until(receiving, b"Waiting for message")
        status, out, said = output(sender + ["send", "--port", where, "--to", "127.0.0.1", "--message", MESSAGE])
        rest, why = receiving.communicate(timeout=PATIENCE)
        shown = MESSAGE in text(seen + rest)
        good = status == 0 and shown and receiving.returncode == 0 and "successfully" in text(out)
        verdict(name, good, text(out + said + rest + why))


def menu():
    """The menu of the handout, through pipes: a message without a receiver, a wrong choice, the exit."""
    where = port()
    typed = "9\n1\n\nHello\n300.1.1.1\n127.0.0.1\n0\n".encode()
    ways = [output(command + ["menu", "--port", where, "--timeout", "20"], input=typed) for command in ([NATIVE], wine())]
    here, there = ways
    verdict("menu: the dialogue is that of Linux", (here[0], text(here[1])) == (there[0], text(there[1])),
            "Linux: %s\nhere: %s%s" % (text(here[1]), text(there[1]), text(there[2])))
    verdict("menu: a refused connection is told apart", "refuses connections" in text(there[2]), text(there[2]))


def stopped():
    """Ctrl-C ends a receiver in order, as on Linux."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT}
    with subprocess.Popen(wine("receive", "--count", "0", "--port", port()), **pipes) as receiving:
        until(receiving, b"Waiting for message")
        time.sleep(1)
        receiving.send_signal(signal.SIGINT)
        rest, said = receiving.communicate(timeout=PATIENCE)
        verdict("Ctrl-C ends a receiver in order", b"Stopped; no message came" in said, "%s %s" % (receiving.returncode, text(rest + said)))


def capture(program):
    """A message between two programs on Linux, captured by labkit.exe into several files until Ctrl-C."""
    where = port()
    with tempfile.TemporaryDirectory() as folder:
        target = "Z:" + folder.replace("/", "\\") + "\\lab.pcapng"
        sniff = ["wine", program, "sniff", "-i", "lo", "-w", target, "-b", "packets:6", "tcp port " + where]
        with subprocess.Popen(sniff, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT) as capturing:
            until(capturing, b"capturing on lo")
            pair([NATIVE], [NATIVE], "a message on Linux, while labkit.exe captures", where)
            # The close, row by row.
            seen = until(capturing, b"[FIN, ACK]") + until(capturing, b"[FIN, ACK]") + until(capturing, b"[ACK]")
            capturing.send_signal(signal.SIGINT)
            seen += capturing.communicate(timeout=PATIENCE)[0]
        files = sorted(os.listdir(folder))
        rows = b"".join(output([NATIVE, "replay", os.path.join(folder, name)])[1] for name in files)
        good = capturing.returncode == 0 and len(files) == 2 and rows.count(b" TCP ") >= 9 and b"[SYN]" in rows
        verdict("labkit.exe captures, divides files, and ends by Ctrl-C", good, text(seen + rows) + repr(files))


def main():
    began = time.monotonic()
    readers()
    files()
    messages()
    pair(wine(), [NATIVE], "Linux sends, labkit.exe receives")
    pair([NATIVE], wine(), "labkit.exe sends, Linux receives")
    pair(wine(), wine(), "labkit.exe sends, labkit.exe receives")
    menu()
    stopped()
    if len(sys.argv) > 3:
        capture(os.path.abspath(sys.argv[3]))
    print("%d not met, %.0f s" % (len(FAILED), time.monotonic() - began))
    sys.exit(1 if FAILED else 0)


main()
