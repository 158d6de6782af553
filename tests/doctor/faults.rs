//! Each fault is caused on a host; doctor finds it on this host and from the other one, and no longer once it is
//! mended.

use crate::harness::{Running, users};
use crate::stand::{GUEST, HOST, Stand};

/// The remedy as root of the host: without sudo.
fn without_sudo(remedy: &str) -> &str {
    remedy.strip_prefix("sudo ").expect("the remedy needs rights")
}

#[test]
fn a_lab_without_faults_is_called_ready() {
    for &user in users() {
        let stand = Stand::new(user);
        let _receiver = stand.python_listens("");
        let here = stand.doctor("host", &["--peer", GUEST]);
        assert_eq!(here.obstacles(), [""; 0]);
        assert_eq!(
            here.finds("address").1,
            "vboxnet0 is up and has 192.168.56.1/24: this looks like the host's end of VirtualBox's host-only network"
        );
        assert_eq!(here.finds("firewall-none").0, "good");
        assert_eq!(here.finds("port-free").0, "good");
        assert_eq!(here.finds("may-capture").0, "good");
        assert_eq!(here.finds("libpcap").0, "good");
        assert_eq!(here.finds("route").0, "good");
        assert!(here.finds("arp").1.contains("08:00:27:00:00:65"));
        assert!(here.finds("peer-answers").1.starts_with("192.168.56.101 answers on port 65432"));
    }
}

#[test]
fn a_missing_address_and_an_adapter_that_is_off_are_found() {
    for &user in users() {
        let stand = Stand::new(user);
        stand.make("guest", "ip address flush dev enp0s3");
        let there = stand.doctor("guest", &["--peer", HOST]);
        assert_eq!(there.obstacles(), ["no-address", "no-route"]);
        assert!(there.finds("no-route").1.starts_with("No route from this machine to 192.168.56.1"));
        stand.make("guest", "ip address add 192.168.56.101/24 dev enp0s3");
        assert_eq!(stand.doctor("guest", &[]).obstacles(), [""; 0]);

        stand.make("guest", "ip link set enp0s3 down");
        let there = stand.doctor("guest", &[]);
        assert_eq!(there.obstacles(), ["adapter-down"]);
        assert_eq!(there.remedy("adapter-down"), "sudo ip link set enp0s3 up");
        // The cable's other end loses its carrier a moment later.
        stand.until("host", &["no-carrier"]);
        stand.make("guest", without_sudo(there.remedy("adapter-down")));
        stand.until("guest", &[]);

        stand.make("guest", "ip address flush dev enp0s3; ip address add 10.0.2.15/24 dev enp0s3");
        let there = stand.doctor("guest", &[]);
        assert_eq!(there.obstacles(), ["nat"]);
        assert!(
            there
                .finds("nat")
                .1
                .contains("this looks like VirtualBox NAT (10.0.2.15): the host cannot reach you")
        );
    }
}

#[test]
fn a_firewall_is_named_with_its_rule_from_here_and_by_its_effect_from_there() {
    for &user in users() {
        for (verdict, here, from_there) in [
            ("drop", "firewall-drops", "dropped"),
            ("reject with icmpx admin-prohibited", "firewall-rejects", "rejected"),
            ("reject with tcp reset", "firewall-resets", "refused"),
        ] {
            let stand = Stand::new(user);
            let _receiver = stand.python_listens("");
            stand.make(
                "guest",
                &format!(
                    "nft 'add table inet lab; add chain inet lab input {{ type filter hook input priority 0; }}; \
                     add rule inet lab input tcp dport 65432 {verdict}'"
                ),
            );
            let guest = stand.doctor("guest", &[]);
            assert_eq!(guest.obstacles(), ["port-taken", here]);
            assert!(guest.finds(here).1.contains("of the chain input in table inet lab"), "{guest:?}");
            let host = stand.doctor("host", &["--peer", GUEST, "--timeout", "2"]);
            assert_eq!(host.obstacles(), [from_there], "{verdict}");
            assert_eq!(host.finds("arp").0, "good", "the machine is there all the same");

            stand.make("guest", without_sudo(guest.remedy(here)));
            assert_eq!(stand.doctor("guest", &[]).finds("firewall-open").0, "good");
            assert_eq!(stand.doctor("host", &["--peer", GUEST]).obstacles(), [""; 0]);
        }
    }
}

#[test]
fn receive_says_at_its_start_that_the_firewall_keeps_the_port_shut() {
    for &user in users() {
        let stand = Stand::new(user);
        stand.make(
            "guest",
            "nft 'add table inet lab; add chain inet lab input { type filter hook input priority 0; policy drop; }; \
             add rule inet lab input ct state established accept; add rule inet lab input iifname lo accept'",
        );
        let mut receiver = Running::start(stand.on("guest", &["labkit", "receive"]));
        receiver.until("Waiting for message");
        receiver.signal(nix::sys::signal::Signal::SIGINT);
        let (_, notes, _) = receiver.finish();
        assert!(
            notes.starts_with("This machine's firewall keeps port 65432 shut: the policy of the chain input in table inet lab drops"),
            "{notes}"
        );
        let open = "sudo nft insert rule inet lab input tcp dport 65432 accept";
        assert!(notes.contains(open), "{notes}");
        stand.make("guest", without_sudo(open));
        let mut receiver = Running::start(stand.on("guest", &["labkit", "receive"]));
        receiver.until("Waiting for message");
        receiver.signal(nix::sys::signal::Signal::SIGINT);
        let (_, notes, _) = receiver.finish();
        assert!(!notes.contains("firewall"), "{notes}");
    }
}

#[test]
fn rules_that_depend_on_what_is_unknown_are_not_decided() {
    for &user in users() {
        let stand = Stand::new(user);
        stand.make(
            "guest",
            "nft 'add table inet lab; add chain inet lab input { type filter hook input priority 0; }; \
             add rule inet lab input ip saddr 192.168.56.1 tcp dport 65432 drop'",
        );
        let guest = stand.doctor("guest", &[]);
        assert_eq!(guest.finds("firewall").0, "undecided");
        assert_eq!(guest.obstacles(), [""; 0]);
        // With the peer's address, doctor can decide whether the rule drops its packets.
        let known = stand.doctor("guest", &["--peer", HOST]);
        assert_eq!(known.finds("firewall-drops").0, "obstacle");
        stand.make(
            "guest",
            "nft 'add chain inet lab out { type filter hook output priority 0; policy drop; }'",
        );
        let shut_in = stand.doctor("guest", &["--peer", HOST, "--timeout", "1"]);
        assert!(shut_in.obstacles().contains(&"own-firewall"), "{shut_in:?}");
    }
}

#[test]
fn who_listens_where_is_found_here_and_there() {
    for &user in users() {
        let stand = Stand::new(user);
        assert_eq!(stand.doctor("host", &["--peer", GUEST]).obstacles(), ["refused"], "nobody listens");

        let local = stand.python_listens("127.0.0.1");
        let guest = stand.doctor("guest", &[]);
        assert_eq!(guest.obstacles(), ["localhost-only"]);
        assert!(guest.finds("localhost-only").1.contains("listens on 127.0.0.1 alone"));
        assert_eq!(stand.doctor("host", &["--peer", GUEST]).obstacles(), ["refused"]);
        let mut child = local.into_child();
        child.kill().unwrap();
        child.wait().unwrap();

        let _receiver = stand.python_listens("");
        let guest = stand.doctor("guest", &[]);
        assert_eq!(guest.obstacles(), ["port-taken"]);
        let (_, says) = guest.finds("port-taken");
        assert!(
            says.contains("communication.py receive confirms") && says.contains("on all addresses"),
            "{says}"
        );
        assert!(guest.remedy("port-taken").starts_with("kill "));
    }
}

#[test]
fn an_address_that_nobody_has_is_told_from_one_without_a_way() {
    let stand = Stand::new(users()[0]);
    let nobody = stand.doctor("host", &["--peer", "192.168.56.77", "--timeout", "20"]);
    assert_eq!(nobody.obstacles(), ["no-machine"]);
    assert!(nobody.finds("no-machine").1.contains("nothing there answered ARP"));
    assert_eq!(stand.doctor("host", &["--peer", "10.9.9.9"]).obstacles(), ["no-route"]);
    assert_eq!(stand.doctor("host", &["--peer", "192.168.56.255"]).obstacles(), ["not-a-machine"]);
    let own = stand.doctor("host", &["--peer", HOST]);
    assert_eq!((own.finds("own-address").0, own.obstacles()), ("note", vec!["refused"]));
}

#[test]
fn send_points_to_doctor_when_it_fails() {
    let stand = Stand::new(users()[0]);
    let send = stand.on("host", &["labkit", "send", "--to", GUEST, "--message", "Hello"]).output().unwrap();
    let notes = String::from_utf8(send.stderr).unwrap();
    assert!(notes.contains("`labkit doctor --peer 192.168.56.101` finds"), "{notes}");
}
