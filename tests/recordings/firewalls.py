"""Recordings of a first packet that a firewall or router does not let through. The firewalls are nftables
in the namespaces."""

from programs import TO_HOST, ended, expect, habit, python_sends
from stage import ADAPTERS, GUEST, HOST, PORT, Sniff, Stage, recording

SIX = {"host": "fd00:56::1", "guest": "fd00:56::101"}
HELLO = "Hello guest operating system"


def shut(stage, on, verdict):
    """Gives a host's firewall a rule with this verdict for packets to the lab's port."""
    chain = "chain inet lab input { type filter hook input priority 0; }"
    stage.do(on, "nft", f"add table inet lab; add {chain}; add rule inet lab input tcp dport {PORT} {verdict}")


def behind_firewalls(labkit, file, verdict, seconds="5"):
    """A firewall and a listening receiver on either side: labkit sends to the guest, plain Python to the host."""
    with Stage(labkit) as stage:
        for on in ADAPTERS:
            shut(stage, on, verdict)
            habit(stage, on, "receive", "confirms")
        with Sniff(stage, file, context=True):
            stage.send("host", HELLO, "--timeout", seconds, expect=1)
            expect(python_sends(stage, "guest", "handout", "--seconds", seconds, "--text", TO_HOST), "ERROR")


def behind_firewalls_6(labkit, file, verdict, seconds="5"):
    """The same over IPv6, which the lab's communicator does not speak: plain Python on either side."""
    with Stage(labkit) as stage:
        for on, adapter in ADAPTERS.items():
            # IPv6 is off on the lab's hosts, because it would add packets to the recordings.
            stage.do(on, "sh", "-c", f"echo 0 > /proc/sys/net/ipv6/conf/{adapter}/disable_ipv6")
            stage.do(on, "ip", "-6", "address", "add", f"{SIX[on]}/64", "dev", adapter, "nodad")
            shut(stage, on, verdict)
            habit(stage, on, "receive", "confirms", "--bind", "::")
        with Sniff(stage, file, context=True, roles=SIX):
            for on, to in (("host", "guest"), ("guest", "host")):
                sender = habit(stage, on, "send", "handout", SIX[to], "--seconds", seconds)
                expect(sender, "ERROR")
                ended(sender)


@recording
def rejected_by_firewall(labkit, file):
    """The receiver's firewall rejects the port, as firewalld does where nothing else is set: ICMP, administratively prohibited."""
    behind_firewalls(labkit, file, "reject with icmpx admin-prohibited")


@recording
def rejected_port_unreachable(labkit, file):
    """The receiver's firewall rejects the port with nftables' own choice, which is also that of ufw: ICMP, port unreachable."""
    behind_firewalls(labkit, file, "reject with icmpx port-unreachable")


@recording
def reset_by_firewall(labkit, file):
    """The receiver's firewall answers the SYN with an RST, which looks like a port where no program listens."""
    behind_firewalls(labkit, file, "reject with tcp reset")


@recording
def dropped_by_firewall(labkit, file):
    """The receiver's firewall drops the SYN and its repetitions without a word; the sender gives up after 5 s."""
    behind_firewalls(labkit, file, "drop")


@recording
def rejected_by_firewall_ipv6(labkit, file):
    """As rejected-by-firewall, over IPv6 and with plain Python: ICMPv6, administratively prohibited."""
    behind_firewalls_6(labkit, file, "reject with icmpx admin-prohibited")


@recording
def rejected_port_unreachable_ipv6(labkit, file):
    """As rejected-port-unreachable, over IPv6 and with plain Python: ICMPv6, port unreachable."""
    behind_firewalls_6(labkit, file, "reject with icmpx port-unreachable")


@recording
def reset_by_firewall_ipv6(labkit, file):
    """As reset-by-firewall, over IPv6 and with plain Python."""
    behind_firewalls_6(labkit, file, "reject with tcp reset")


@recording
def dropped_by_firewall_ipv6(labkit, file):
    """As dropped-by-firewall, over IPv6 and with plain Python."""
    behind_firewalls_6(labkit, file, "drop")


@recording
def unreachable_behind_router(labkit, file):
    """The guest is a router here: in the network behind it there is no machine 192.168.57.77, and none in 192.168.58.0/24, to which it has no way. Its ICMP errors say so."""
    with Stage(labkit) as stage:
        stage.router("guest", "192.168.57.1/24")
        for network in ("192.168.57.0/24", "192.168.58.0/24"):
            stage.do("host", "ip", "route", "add", network, "via", GUEST)
        either = f"host {HOST} and (tcp port {PORT} or icmp)"
        with Sniff(stage, file, filter=either):
            stage.send("host", HELLO, to="192.168.57.77", expect=1)
            stage.send("host", HELLO, to="192.168.58.77", expect=1)
