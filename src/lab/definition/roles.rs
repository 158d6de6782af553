//! Which address is the host, and which the guest.

use super::{Lab, Role};
use crate::lab::evidence::exchange::{Exchange, Side, on_one_machine};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// Where the roles come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The user gave an address.
    Given,
    /// The capture stores the names host and guest for addresses.
    Named,
    /// One of the lab's messages was sent, and the definition names its sender.
    Spoken,
    /// None of the lab's messages was sent: the sender of the first message counts as host.
    FirstSpeaker,
    /// The roles are unknown; the sides are called client and server.
    Unknown,
}

/// Which address has which role.
#[derive(Clone, Debug)]
pub struct Roles {
    by_ip: FxHashMap<IpAddr, Role>,
    /// Where the roles come from.
    pub known: Known,
}

impl Roles {
    /// Finds the roles: from the addresses that the user gave, else from names that the captures store, else from the
    /// messages.
    pub fn find(
        lab: &Lab,
        given: (Option<IpAddr>, Option<IpAddr>),
        names: &[(IpAddr, String)],
        exchanges: &[Exchange],
    ) -> Roles {
        let pairs = |host: Option<IpAddr>, guest: Option<IpAddr>| {
            let all = [host.map(|ip| (ip, Role::Host)), guest.map(|ip| (ip, Role::Guest))];
            all.into_iter().flatten().collect::<FxHashMap<_, _>>()
        };
        let named = |role: Role| names.iter().find(|(_, n)| n.eq_ignore_ascii_case(role.name())).map(|n| n.0);
        let candidates = [
            (pairs(given.0, given.1), Known::Given),
            (pairs(named(Role::Host), named(Role::Guest)), Known::Named),
            (spoken(lab, exchanges), Known::Spoken),
            (first_speaker(exchanges), Known::FirstSpeaker),
        ];
        let found = candidates.into_iter().find(|(by_ip, _)| !by_ip.is_empty());
        let (mut by_ip, known) = found.unwrap_or((FxHashMap::default(), Known::Unknown));
        complete(&mut by_ip, exchanges);
        Roles { by_ip, known }
    }

    /// The role of an address; `None` if it has none.
    pub fn of(&self, ip: IpAddr) -> Option<Role> {
        self.by_ip.get(&ip).copied()
    }

    /// The name of one side of an exchange: its role, else `client` or `server`.
    pub fn name(&self, x: &Exchange, side: Side) -> &'static str {
        // Two ends on one machine share an address, which cannot tell them apart.
        let role = if on_one_machine(x).is_some() { None } else { self.of(x.end(side).ip) };
        role.map_or(side.name(), Role::name)
    }

    /// A sentence on where the roles come from, for the reader of the answers.
    pub fn explanation(&self) -> &'static str {
        match self.known {
            Known::Given => "Host and guest are as you gave them.",
            Known::Named => "Host and guest are as the names stored in the capture say.",
            Known::Spoken => {
                "Host and guest follow from the messages: the lab says which machine sends which one."
            }
            Known::FirstSpeaker => {
                "The sender of the first message counts as the host; --host and --guest say otherwise."
            }
            Known::Unknown => {
                "Nothing tells host from guest, so they are called client and server; --host and --guest name them."
            }
        }
    }
}

/// Where only one address has a role, gives the other role to the other end of its conversations.
fn complete(by_ip: &mut FxHashMap<IpAddr, Role>, exchanges: &[Exchange]) {
    if by_ip.len() != 1 {
        return;
    }
    let Some((&ip, &role)) = by_ip.iter().next() else { return };
    let peer = exchanges.iter().map(ends).find_map(|(client, server)| match (client == ip, server == ip) {
        (true, false) => Some(server),
        (false, true) => Some(client),
        _ => None,
    });
    if let Some(peer) = peer {
        by_ip.insert(peer, role.other());
    }
}

fn ends(x: &Exchange) -> (IpAddr, IpAddr) {
    (x.end(Side::Client).ip, x.end(Side::Server).ip)
}

fn pair(x: &Exchange, client: Role) -> FxHashMap<IpAddr, Role> {
    let (c, s) = ends(x);
    if c == s { FxHashMap::default() } else { [(c, client), (s, client.other())].into_iter().collect() }
}

/// The roles by the first message that the lab's definition has; empty without one.
fn spoken(lab: &Lab, exchanges: &[Exchange]) -> FxHashMap<IpAddr, Role> {
    let says = |x: &Exchange| {
        let text = x.half(Side::Client).text()?;
        let step = lab.steps.iter().find(|s| s.message.as_bytes() == text)?;
        // A message that both machines send according to the definition decides nothing.
        let both = lab.steps.iter().any(|s| s.message == step.message && s.from != step.from);
        // Two programs on one machine share an address, which has no role.
        (!both).then(|| pair(x, step.from)).filter(|pair| !pair.is_empty())
    };
    exchanges.iter().find_map(says).unwrap_or_default()
}

/// The roles by the first message with any text: its sender is the host.
fn first_speaker(exchanges: &[Exchange]) -> FxHashMap<IpAddr, Role> {
    let speaks = |x: &&Exchange| x.half(Side::Client).has_data() && on_one_machine(x).is_none();
    exchanges.iter().find(speaks).map(|x| pair(x, Role::Host)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::evidence::handmade::Wire;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 56, last])
    }

    #[test]
    fn the_labs_second_message_alone_makes_its_sender_the_guest() {
        let lab = Lab::built_in();
        let x = [Wire::whole(lab.steps[1].message.as_bytes()).exchange()];
        let roles = Roles::find(&lab, (None, None), &[], &x);
        assert_eq!((roles.of(ip(1)), roles.known), (Some(Role::Guest), Known::Spoken));
        let x = [Wire::whole(b"anything").exchange()];
        let roles = Roles::find(&lab, (None, None), &[], &x);
        assert_eq!((roles.of(ip(1)), roles.known), (Some(Role::Host), Known::FirstSpeaker));
    }

    #[test]
    fn what_the_user_gives_beats_names_and_names_beat_messages() {
        let lab = Lab::built_in();
        let x = [Wire::whole(b"anything").exchange()];
        let names = [(ip(101), "Host".to_string())];
        let roles = Roles::find(&lab, (None, None), &names, &x);
        assert_eq!((roles.of(ip(101)), roles.of(ip(1))), (Some(Role::Host), Some(Role::Guest)));
        let roles = Roles::find(&lab, (Some(ip(1)), None), &names, &x);
        assert_eq!((roles.of(ip(1)), roles.of(ip(101))), (Some(Role::Host), Some(Role::Guest)));
    }

    #[test]
    fn without_a_message_there_are_only_client_and_server() {
        let mut wire = Wire::new();
        wire.c("S", 0, 0, b"").s("RA", 0, 1, b"");
        let x = [wire.exchange()];
        let roles = Roles::find(&Lab::built_in(), (None, None), &[], &x);
        assert_eq!((roles.name(&x[0], Side::Client), roles.known), ("client", Known::Unknown));
    }
}
