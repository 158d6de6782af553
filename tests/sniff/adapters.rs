//! Which adapters are listed, which one is taken, and the error if none can be.

use crate::harness::Folder;

#[test]
fn adapters_are_listed_with_state_kind_and_addresses() {
    let out = Folder::new().run(
        r#"
two_hosts
ip link add br0 type bridge
"$LABKIT" interfaces 2>&1"#,
    );
    let row = |name: &str| {
        let row = out.lines().find(|l| l.split_whitespace().next() == Some(name));
        row.unwrap_or_else(|| panic!("{out}")).split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(row("lo")[1..4], ["up", "loopback", "yes"]);
    assert_eq!(row("guest0")[1..4], ["up", "veth", "yes"]);
    assert_eq!(row("guest0")[5], "192.168.56.101/24");
    assert_eq!(row("br0")[1..5], ["down", "bridge", "no:", "down"]);
}

#[test]
fn without_a_name_the_adapter_of_the_default_route_is_taken() {
    let folder = Folder::new();
    folder.run(
        r#"
ip link add first0 type veth peer name first1
ip link set first0 up
two_hosts
ip route add default via 192.168.56.1
sniff --seconds 0.05
wait $SNIFF"#,
    );
    let remarks = folder.text("remarks");
    assert!(
        remarks.contains("capturing on guest0 (veth, 192.168.56.101/24"),
        "the default route leads through it: {remarks}"
    );
}

#[test]
fn one_of_the_two_hosts_may_be_this_machine() {
    let folder = Folder::new();
    folder.run("two_hosts; sniff --guest 192.168.56.101 --host 192.168.56.1 --seconds 0.05; wait $SNIFF");
    assert!(folder.text("remarks").contains("capturing on guest0"), "{}", folder.text("remarks"));
}

/// The messages of `labkit sniff` behind a script's commands, and then its exit status; it must fail.
fn refused(script: &str) -> String {
    Folder::new().run(&format!("{script}\n\"$LABKIT\" sniff $arguments 2>&1 && exit 97; echo status $?"))
}

#[test]
fn an_unknown_adapter_is_answered_with_those_there_are() {
    let said = refused("ip link add real0 type bridge; arguments='-i eth9'");
    assert!(
        said.contains("cannot capture on 'eth9': there is no such adapter here. There are: lo, real0"),
        "{said}"
    );
    assert!(said.ends_with("status 1\n"), "{said}");
}

#[test]
fn an_adapter_that_is_down_says_how_to_switch_it_on() {
    let said = refused("ip link add down0 type bridge; arguments='-i down0'");
    assert!(said.contains("the adapter is down. Switch it on: `sudo ip link set down0 up`"), "{said}");
    assert!(said.ends_with("status 1\n"), "{said}");
}

#[test]
fn a_bad_capture_filter_is_the_command_lines_fault() {
    let said = refused("arguments='-i lo tcp port abc'");
    assert!(said.contains("'tcp port abc'") && said.contains("unknown port 'abc'"), "{said}");
    assert!(said.ends_with("status 2\n"), "{said}");
    let said = refused("arguments='-i lo --host 10.0.0.1 --guest 10.0.0.1'");
    assert!(said.contains("name the same address") && said.ends_with("status 2\n"), "{said}");
}

#[test]
fn without_the_right_to_capture_both_ways_out_are_named() {
    // Root of a new user namespace, but in the network namespace of the parent: without rights there.
    let folder = Folder::new();
    let out = folder.run(
        r#"
unshare --map-root-user bash -c '"$LABKIT" sniff -i lo -w no.pcapng 2>&1; echo status $?; "$LABKIT" interfaces 2>&1'
[ ! -e no.pcapng ]"#,
    );
    let exe = env!("CARGO_BIN_EXE_labkit");
    assert!(out.contains("(CAP_NET_RAW) is missing") && out.contains("status 1\n"), "{out}");
    assert!(out.contains(&format!("`sudo {exe} …`")), "{out}");
    assert!(out.contains(&format!("`sudo setcap cap_net_raw,cap_net_admin=eip {exe}`")), "{out}");
    assert!(out.contains("no right"), "{out}");
}
