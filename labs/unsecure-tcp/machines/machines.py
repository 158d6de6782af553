#!/usr/bin/env python3
"""The lab between two virtual machines, typed on the consoles as people would do it, two for each machine.

    machines.py FOLDER [--adapter e1000|virtio-net-pci] [--host-clock 2026-11-29T12:00:00] [--scenario lab,refused,long]

FOLDER has the files that image.sh made. The machines have the addresses and names of the Vagrantfile beside this script. A
socket joins them as a cable would: no adapter, bridge or firewall of this computer is touched, and no KVM is needed. Their
recordings are in FOLDER/ADAPTER afterwards. Needs: apt-get install qemu-system-x86 python3
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tarfile
import time

HOST, GUEST = "192.168.56.1", "192.168.56.101"
MACS = {"host": "0a:00:27:00:00:01", "guest": "08:00:27:00:00:65"}
LONG = ("green eggs and ham " * 300)[:4096]
# Waits until no connection is open; those in TIME_WAIT send no more packets.
SETTLED = ("until [ -z \"$(ss -tnH state established state fin-wait-1 state fin-wait-2 state close-wait state last-ack "
           "state closing)\" ]; do sleep 0.2; done")
BEGAN = time.monotonic()


def step(*words):
    print("## %6.1f s " % (time.monotonic() - BEGAN), *words, flush=True)


class Console:
    """A serial line: commands are typed into it, and its output is read."""

    def __init__(self, path, who, log):
        self.who, self.log, self.buffer, self.count = who, log, b"", 0
        self.line = socket.socket(socket.AF_UNIX)
        until(lambda: connected(self.line, path), 30, "the console %s" % path)

    def expect(self, pattern, seconds):
        """Waits until the pattern is shown, and returns the output up to it."""
        wanted, end = re.compile(pattern, re.S | re.M), time.monotonic() + seconds
        while not (found := wanted.search(self.buffer)):
            self.line.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self.line.recv(65536)
            except TimeoutError:
                data = b""
            if not data:
                sys.exit("%s: no %r within %d s; last: %r" % (self.who, pattern, seconds, self.buffer[-400:]))
            self.log.write(data)
            self.log.flush()
            self.buffer += data
        shown, self.buffer = self.buffer[: found.start()], self.buffer[found.end():]
        return shown.decode(errors="replace").replace("\r", ""), found

    def type(self, text):
        self.line.sendall(text.encode())

    def start(self, command):
        """Types a command; `done` waits for its end."""
        self.count += 1
        self.command = command
        self.type("%s; echo '<<'%d $?'>>'\n" % (command, self.count))

    def done(self, seconds=240, show=True):
        shown, found = self.expect(rb"<<%d (\d+)>>\r?\n" % self.count, seconds)
        status = int(found[1])
        if show:
            note = "" if status == 0 else "[exit status %d]\n" % status
            print("%s$ %s\n%s%s" % (self.who, shorter(self.command), shorter(shown), note), end="", flush=True)
        return status

    def run(self, command, show=True, seconds=240):
        self.start(command)
        return self.done(seconds, show)


def shorter(text):
    """The text with long lines cut, for example the message of 4096 characters."""
    cut = lambda line: line if len(line) < 300 else "%s ... (%d characters)" % (line[:120], len(line))
    return "\n".join(map(cut, text.split("\n")))


def connected(line, path):
    try:
        line.connect(path)
        return True
    except OSError:
        return False


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("waited %d s for %s" % (seconds, what))
        time.sleep(0.05)


class Machine:
    """A virtual machine with an adapter on the cable, and two consoles: `talk` and `watch`."""

    def __init__(self, name, address, cable, options, clock):
        self.name, self.options = name, options
        for end in ("talk", "watch", "monitor"):
            if os.path.exists("%s.%s" % (name, end)):
                os.unlink("%s.%s" % (name, end))
        # The recordings leave the machine on a second disk, as a tar archive.
        with open("%s.out" % name, "wb") as disk:
            disk.truncate(32 << 20)
        line = lambda end: "unix:%s.%s,server=on,wait=off" % (name, end)
        words = "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off lab.name=%s lab.ip=%s" % (name, address)
        command = ["qemu-system-x86_64", "-accel", options.accel, "-cpu", "max", "-m", "384", "-smp", "1",
                   "-display", "none", "-nodefaults", "-no-reboot",
                   "-kernel", "vmlinuz", "-initrd", "first.img", "-append", words,
                   "-serial", line("talk"), "-serial", line("watch"), "-monitor", line("monitor"),
                   "-drive", "file=rootfs.ext4,if=virtio,format=raw,snapshot=on",
                   "-drive", "file=%s.out,if=virtio,format=raw" % name,
                   "-netdev", cable,
                   "-device", "%s,netdev=cable,mac=%s,addr=0x3,romfile=" % (options.adapter, MACS[name])]
        command += ["-global", "PIIX4_PM.acpi-root-pci-hotplug=off"]
        command += ["-rtc", "base=%s" % clock] if clock else []
        self.errors = open("%s.errors" % name, "w")
        self.process = subprocess.Popen(command, stderr=self.errors)
        self.log = open("%s.log" % name, "wb")
        self.talk = Console("%s.talk" % name, name, self.log)
        self.watch = Console("%s.watch" % name, name, self.log)
        self.monitor = Console("%s.monitor" % name, name, open(os.devnull, "wb"))

    def ready(self):
        for console in (self.talk, self.watch):
            console.expect(rb"student@\w+:~\$ ", 600)
            console.run("stty -echo cols 150 rows 50; export TERM=dumb PS1= PS2=", show=False)

    def sniff(self, words):
        self.watch.start("sudo labkit sniff --host %s --guest %s %s" % (HOST, GUEST, words))
        self.watch.expect(rb"capturing on [^\n]*\n", 120)

    def stop(self):
        # Frames of the last moments may still be on their way: the connections are over once none of them is open.
        self.talk.run(SETTLED, show=False)
        self.watch.type("\x03")
        self.watch.done()

    def off(self):
        self.talk.run("sudo sh -c 'tar cf /dev/vdb -C /home/student . && sync'", show=False)
        self.monitor.type("quit\n")
        self.process.wait(60)
        os.makedirs(self.options.out, exist_ok=True)
        with tarfile.open("%s.out" % self.name) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".pcapng"):
                    name = os.path.basename(member.name)
                    with open(os.path.join(self.options.out, "%s-%s" % (self.name, name)), "wb") as copy:
                        copy.write(archive.extractfile(member).read())
        os.unlink("%s.out" % self.name)


def message(to, address, sender, text):
    to.talk.start("labkit receive")
    to.talk.expect(rb"Waiting for message on port 65432", 120)
    sender.talk.run("labkit send --to %s --message '%s'" % (address, text))
    to.talk.done()


def lab(host, guest):
    """The lab as in the handout."""
    guest.sniff("-w capture1.pcapng")
    host.sniff("-w capture1.pcapng")
    message(guest, GUEST, host, "Hello guest operating system")
    message(host, HOST, guest, "Hello host operating system")
    guest.stop()
    host.stop()
    step("the lab is done")
    guest.talk.run("labkit check capture1.pcapng")


def refused(host, guest):
    """No program listens: the first packets between the two machines are ARP, the answer to the SYN is a RST."""
    for machine in (guest, host):
        machine.talk.run("sudo ip neigh flush all", show=False)
        machine.sniff("--context -w refused.pcapng")
    host.talk.run("labkit send --to %s --message 'Hello guest operating system'" % GUEST)
    guest.stop()
    host.stop()
    guest.talk.run("labkit replay refused.pcapng -V 'arp' | grep -E 'Frame|Padding|Opcode'")
    step("the refused message is done")


def long(host, guest):
    """4096 characters each way: the captures show where they are cut into segments, and where checksums are filled in."""
    guest.sniff("-w long.pcapng")
    host.sniff("-w long.pcapng")
    message(guest, GUEST, host, LONG)
    message(host, HOST, guest, LONG)
    guest.stop()
    host.stop()
    step("the long messages are done")


SCENARIOS = {"refused": refused, "lab": lab, "long": long}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--adapter", default="e1000", help="what the machines' adapters are: e1000, virtio-net-pci …")
    parser.add_argument("--host-clock", help="the host's clock at its start, in UTC; without it both have this computer's")
    parser.add_argument("--scenario", default="refused,lab,long", help="which of refused, lab and long to play")
    parser.add_argument("--accel", default="tcg,tb-size=256", help="kvm is faster, where the machine has it and it works")
    options = parser.parse_args()
    options.out = options.adapter
    options.scenario = [SCENARIOS[name] for name in options.scenario.split(",")]
    return options


def main():
    options = arguments()
    os.chdir(options.folder)
    if os.path.exists("cable"):
        os.unlink("cable")
    end = "stream,id=cable,addr.type=unix,addr.path=cable,server="
    machines = []
    try:
        guest = Machine("guest", GUEST, end + "on", options, None)
        machines.append(guest)
        until(lambda: os.path.exists("cable"), 30, "the cable")
        host = Machine("host", HOST, end + "off", options, options.host_clock)
        machines.append(host)
        for machine in machines:
            machine.ready()
        step("both machines are up")
        for machine in machines:
            machine.talk.run("labkit interfaces; date -u '+%F %H:%M UTC'")
            machine.talk.run("sudo ethtool -k enp0s3 | grep -E '^(rx|tx)-checksumming|^tcp-seg|^generic-[sr]'")
        for scenario in options.scenario:
            scenario(host, guest)
        for machine in machines:
            machine.off()
        step("the captures are in %s/%s" % (options.folder, options.out))
    finally:
        for machine in machines:
            if machine.process.poll() is None:
                machine.process.kill()


main()
