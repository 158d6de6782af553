//! Rulesets as nft and iptables-save print them, and their judgements on the lab's first packet.

use super::ruleset::{Answer, Fate, Judgement};
use super::*;

fn packet() -> Opening {
    Opening {
        comes_in: true,
        port: 65_432,
        adapters: vec!["enp0s3".into()],
        own: vec![(number([192, 168, 56, 101].into()), number([192, 168, 56, 101].into()))],
        others: vec![network([192, 168, 56, 101].into(), 24)],
    }
}

/// The judgement of the rules of one table, each rule a list of expressions in nft's JSON.
fn nft(policy: &str, rules: &[&str]) -> Judgement {
    let mut objects = vec![format!(
        r#"{{"chain":{{"family":"inet","table":"t","name":"in","type":"filter","hook":"input","prio":0,"policy":"{policy}"}}}}"#
    )];
    objects.push(r#"{"chain":{"family":"inet","table":"t","name":"more"}}"#.into());
    objects.push(
        r#"{"set":{"family":"inet","name":"ports","table":"t","elem":[22,{"range":[65000,65500]}]}}"#.into(),
    );
    objects.push(r#"{"map":{"family":"inet","name":"m","table":"t","elem":[[65432,{"drop":null}]]}}"#.into());
    for (i, rule) in rules.iter().enumerate() {
        let (chain, expressions) = rule.split_once('|').unwrap_or(("in", rule));
        objects.push(format!(
            r#"{{"rule":{{"family":"inet","table":"t","chain":"{chain}","handle":{i},"expr":[{expressions}]}}}}"#
        ));
    }
    let text = format!(r#"{{"nftables":[{}]}}"#, objects.join(","));
    let mut foreign = Vec::new();
    nft::read(&text, &packet(), &mut foreign).unwrap().judge(INCOMING)
}

const PORT: &str =
    r#"{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":65432}}"#;

fn shut(judgement: &Judgement) -> Option<&Fate> {
    if let Judgement::Shut { fate, .. } = judgement { Some(fate) } else { None }
}

#[test]
fn rules_that_are_certain_are_decided() {
    let then = |verdict: &str| format!("{PORT},{verdict}");
    assert_eq!(nft("accept", &[]), Judgement::Open);
    assert_eq!(shut(&nft("drop", &[])), Some(&Fate::Dropped));
    assert_eq!(nft("drop", &[&then(r#"{"counter":{}},{"accept":null}"#)]), Judgement::Open);
    let reset = nft("accept", &[&then(r#"{"reject":{"type":"tcp reset"}}"#)]);
    assert_eq!(shut(&reset), Some(&Fate::Rejected(Answer::Reset)));
    let rejected = nft("accept", &[&then(r#"{"reject":null}"#)]);
    assert_eq!(shut(&rejected), Some(&Fate::Rejected(Answer::Icmp)));
    assert!(
        matches!(&rejected, Judgement::Shut { rule, .. } if rule == "rule 0 of the chain in in table inet t")
    );
}

#[test]
fn what_is_compared_is_understood() {
    let dropped = |test: &str| {
        let rule = format!(r#"{test},{{"drop":null}}"#);
        match nft("accept", &[&rule]) {
            Judgement::Open => "no",
            Judgement::Shut { .. } => "yes",
            _ => "perhaps",
        }
    };
    let test = |left: &str, op: &str, right: &str| {
        dropped(&format!(r#"{{"match":{{"op":"{op}","left":{left},"right":{right}}}}}"#))
    };
    let port = r#"{"payload":{"protocol":"tcp","field":"dport"}}"#;
    assert_eq!(test(port, "==", r#"{"set":[22,80]}"#), "no");
    assert_eq!(test(port, "==", r#"{"set":[22,{"range":[60000,65535]}]}"#), "yes");
    assert_eq!(test(port, "==", r#""@ports""#), "yes");
    assert_eq!(test(port, "==", r#""@nowhere""#), "perhaps");
    assert_eq!(test(port, "!=", "65432"), "no");
    assert_eq!(test(port, ">=", "1024"), "yes");
    assert_eq!(test(port, "<", "65432"), "no");
    assert_eq!(test(port, "<=", "65432"), "yes");
    assert_eq!(test(port, ">", "65432"), "no");
    assert_eq!(test(r#"{"payload":{"protocol":"udp","field":"dport"}}"#, "!=", "53"), "no");
    assert_eq!(test(r#"{"payload":{"protocol":"tcp","field":"sport"}}"#, "==", "50000"), "perhaps");
    let from = r#"{"payload":{"protocol":"ip","field":"saddr"}}"#;
    assert_eq!(test(from, "==", r#"{"prefix":{"addr":"192.168.0.0","len":16}}"#), "yes");
    assert_eq!(test(from, "==", r#""192.168.56.1""#), "perhaps");
    assert_eq!(test(from, "==", r#"{"range":["10.0.0.1","10.0.0.9"]}"#), "no");
    assert_eq!(test(r#"{"meta":{"key":"iifname"}}"#, "==", r#"{"set":["lo","docker0"]}"#), "no");
    assert_eq!(test(r#"{"meta":{"key":"iifname"}}"#, "==", r#""enp*""#), "yes");
    assert_eq!(test(r#"{"ct":{"key":"state"}}"#, "in", r#"["established","related"]"#), "no");
    assert_eq!(test(r#"{"ct":{"key":"state"}}"#, "in", r#"["new","untracked"]"#), "yes");
    assert_eq!(test(r#"{"meta":{"key":"mark"}}"#, "==", "7"), "perhaps");
    let flags = r#"{"&":[{"payload":{"protocol":"tcp","field":"flags"}},["syn","ack"]]}"#;
    assert_eq!(test(flags, "==", r#""syn""#), "yes");
    assert_eq!(test(flags, "!=", r#""syn""#), "no");
    assert_eq!(test(r#"{"fib":{"result":"type","flags":["daddr"]}}"#, "==", r#""local""#), "yes");
    assert_eq!(dropped(r#"{"limit":{"rate":5,"per":"second"}}"#), "perhaps");
    assert_eq!(dropped(r#"{"something new":null}"#), "perhaps");
}

#[test]
fn chains_are_followed_there_and_back() {
    let jump = r#"{"jump":{"target":"more"}}"#;
    assert_eq!(nft("drop", &[jump, r#"{"accept":null}"#]), Judgement::Open);
    let back = r#"more|{"return":null}"#;
    assert_eq!(nft("drop", &[jump, back, r#"more|{"drop":null}"#, r#"{"accept":null}"#]), Judgement::Open);
    // After a goto, the packet does not come back to the chain.
    let goto = r#"{"goto":{"target":"more"}}"#;
    assert!(shut(&nft("drop", &[goto, r#"{"accept":null}"#])).is_some());
    // A circle of jumps, which the kernel would refuse, ends.
    assert!(matches!(
        nft("drop", &[jump, r#"more|{"jump":{"target":"more"}}"#]),
        Judgement::Undecided { .. }
    ));
    let map = r#"{"vmap":{"key":{"payload":{"protocol":"tcp","field":"dport"}},"data":"@m"}}"#;
    assert!(shut(&nft("accept", &[map])).is_some());
    let states = r#"{"vmap":{"key":{"ct":{"key":"state"}},"data":{"set":[["established",{"accept":null}],["invalid",{"drop":null}]]}}}"#;
    assert_eq!(nft("accept", &[states]), Judgement::Open);
}

#[test]
fn where_both_ways_end_alike_it_is_decided() {
    let perhaps = r#"{"limit":{"rate":5,"per":"second"}}"#;
    let both = [format!("{perhaps},{{\"drop\":null}}"), r#"{"drop":null}"#.to_owned()];
    assert!(shut(&nft("accept", &[&both[0], &both[1]])).is_some());
    assert!(
        matches!(nft("accept", &[&both[0]]), Judgement::Undecided { rule } if rule.starts_with("rule 0"))
    );
}

#[test]
fn no_chain_for_such_packets_is_no_firewall() {
    let text = r#"{"nftables":[{"chain":{"family":"inet","table":"t","name":"f","hook":"forward","prio":0,"policy":"drop"}},
        {"chain":{"family":"ip6","table":"t","name":"i","hook":"input","prio":0,"policy":"drop"}}]}"#;
    assert_eq!(nft::read(text, &packet(), &mut Vec::new()).unwrap().judge(INCOMING), Judgement::NoRules);
    assert!(nft::read("{", &packet(), &mut Vec::new()).is_err());
}

/// The rules of ufw when it is switched on without further settings.
const UFW: &str = r#"*filter
:INPUT DROP [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
:ufw-logging-deny - [0:0]
:ufw-not-local - [0:0]
:ufw-after-input - [0:0]
:ufw-skip-to-policy-input - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-after-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT
-A ufw-before-input -j ufw-user-input
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
-A ufw-logging-deny -m limit --limit 3/min -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-user-input -p tcp -m tcp --dport 22 -m comment --comment "for \"ssh\" -j" -j ACCEPT
-A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-skip-to-policy-input -j DROP
COMMIT
"#;

#[test]
fn ufw_keeps_the_port_shut_until_it_is_allowed() {
    let rules = iptables::read(UFW, &packet(), "");
    let Judgement::Shut { fate, rule } = rules.judge(INCOMING) else { panic!("{:?}", rules.judge(INCOMING)) };
    assert_eq!((fate, tool(&rules, &rule)), (Fate::Dropped, Tool::Ufw));
    assert_eq!(opens(Tool::Ufw, 65_432, &rule), "sudo ufw allow 65432/tcp");
    // `ufw allow` would put its rule behind the one that denies, without effect.
    let denied =
        UFW.replace("-A ufw-after", "-A ufw-user-input -p tcp -m tcp --dport 65432 -j DROP\n-A ufw-after");
    let rules = iptables::read(&denied, &packet(), "");
    let Judgement::Shut { rule, .. } = rules.judge(INCOMING) else { panic!("{:?}", rules.judge(INCOMING)) };
    assert_eq!(opens(Tool::Ufw, 65_432, &rule), "sudo ufw prepend allow 65432/tcp");
    let allowed =
        UFW.replace("-A ufw-after", "-A ufw-user-input -p tcp -m tcp --dport 65432 -j ACCEPT\n-A ufw-after");
    assert_eq!(iptables::read(&allowed, &packet(), "").judge(INCOMING), Judgement::Open);
}

#[test]
fn the_options_of_iptables_are_understood() {
    let judge = |rule: &str| {
        let text = format!("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {rule}\nCOMMIT\n");
        match iptables::read(&text, &packet(), "").judge(INCOMING) {
            Judgement::Open => "open",
            Judgement::Shut { fate: Fate::Dropped, .. } => "dropped",
            Judgement::Shut { fate: Fate::Rejected(Answer::Reset), .. } => "reset",
            Judgement::Shut { .. } => "rejected",
            _ => "undecided",
        }
    };
    assert_eq!(judge("-p tcp -m tcp --dport 65432 -j DROP"), "dropped");
    assert_eq!(judge("-p tcp -m tcp ! --dport 22 -j REJECT --reject-with icmp-port-unreachable"), "rejected");
    assert_eq!(
        judge("-p tcp -m multiport --dports 22,65000:65500 -j REJECT --reject-with tcp-reset"),
        "reset"
    );
    assert_eq!(judge("-p udp -m udp --dport 65432 -j DROP"), "open");
    assert_eq!(judge("! -i lo -j DROP"), "dropped");
    assert_eq!(judge("-i enp+ -j DROP"), "dropped");
    assert_eq!(judge("-s 192.168.0.0/255.255.0.0 -j DROP"), "dropped");
    assert_eq!(judge("-s 192.168.56.1/32 -j DROP"), "undecided");
    assert_eq!(judge("! -s 192.168.56.0/24 -j DROP"), "open");
    assert_eq!(judge("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"), "dropped");
    assert_eq!(judge("-p tcp -m tcp --tcp-flags ALL NONE -j DROP"), "open");
    assert_eq!(judge("-m string --string x --algo bm -j DROP"), "undecided");
    assert_eq!(judge("-m iprange --src-range 192.168.56.0-192.168.56.255 -j DROP"), "dropped");
    assert_eq!(judge("-j LOG --log-prefix \"-j DROP\""), "open");
}

/// Rules as firewalld 1.3 names them: of the packet's zone, of its rich rules, and of the panic mode.
#[test]
fn firewalld_is_told_the_zone_whose_rule_it_was() {
    let command = |rule: &str| opens(Tool::Firewalld, 65_432, rule);
    assert_eq!(
        command("rule 335 of the chain filter_IN_work in table inet firewalld"),
        "sudo firewall-cmd --zone=work --add-port=65432/tcp"
    );
    for rich in ["deny", "pre"] {
        let rule = format!("rule 90 of the chain filter_IN_public_{rich} in table inet firewalld");
        assert!(
            command(&rule).starts_with("sudo firewall-cmd --zone=public --list-rich-rules shows the rule")
        );
    }
    assert_eq!(
        command("rule 99 of the chain filter_IN_public_post in table inet firewalld"),
        "sudo firewall-cmd --zone=public --add-port=65432/tcp"
    );
    assert_eq!(
        command("the policy of the chain raw_prerouting in table inet firewalld_policy_drop"),
        "sudo firewall-cmd --panic-off"
    );
    assert_eq!(command(""), "sudo firewall-cmd --add-port=65432/tcp");
}
