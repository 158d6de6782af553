//! The machine that uses each IP address, according to ARP.

use crate::dissect::protocols::arp::users;
use crate::dissect::{ArpFacts, Duplicate};
use rustc_hash::FxHashMap;
use std::net::Ipv4Addr;

/// The most addresses in each of the two tables.
const MOST: usize = 32_768;

/// The machine that claimed each address first. There is a table of the newest claims and one of older ones; when the
/// newest are too many, they become the older ones, and the former older ones are forgotten.
#[derive(Default)]
pub(super) struct Neighbours {
    newest: FxHashMap<Ipv4Addr, User>,
    older: FxHashMap<Ipv4Addr, User>,
}

/// A machine that claims an address: its hardware address, and the frame and the time of its last claim.
#[derive(Clone, Copy)]
struct User {
    mac: [u8; 6],
    frame: u64,
    /// Whole seconds since the epoch.
    time: i64,
}

impl Neighbours {
    /// Takes an ARP packet of `frame`, which came at `time` (nanoseconds since the epoch). Returns the addresses in
    /// it that another machine has claimed; `None` if there are none.
    pub(super) fn packet(&mut self, bytes: &[u8], frame: u64, time: i64) -> Option<ArpFacts> {
        let time = time.div_euclid(1_000_000_000);
        let [sender, target] =
            users(bytes).map(|user| user.and_then(|(ip, mac)| self.claim(ip, User { mac, frame, time })));
        (sender.is_some() || target.is_some()).then_some(ArpFacts { sender, target })
    }

    /// Notes that a machine claims an address. The machine that claimed it before keeps it, and the claim is a
    /// duplicate then.
    fn claim(&mut self, ip: Ipv4Addr, user: User) -> Option<Duplicate> {
        let known = self.newest.get(&ip).or_else(|| self.older.get(&ip));
        if let Some(known) = known.filter(|known| known.mac != user.mac) {
            let seconds = u32::try_from(user.time.saturating_sub(known.time)).unwrap_or(0);
            return Some(Duplicate { mac: known.mac, frame: known.frame, seconds });
        }
        if self.newest.len() >= MOST {
            self.older = std::mem::take(&mut self.newest);
        }
        self.newest.insert(ip, user);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(mac: u8, ip: [u8; 4]) -> Vec<u8> {
        let [a, b, c, d] = ip;
        vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, mac, a, b, c, d, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9]
    }

    #[test]
    fn who_was_first_keeps_the_address_and_is_heard_of_again() {
        let mut all = Neighbours::default();
        let ip = [10, 0, 0, 1];
        assert_eq!(all.packet(&request(1, ip), 1, 400_000_000), None);
        let found = |frame, seconds| {
            let sender = Some(Duplicate { mac: [2, 0, 0, 0, 0, 1], frame, seconds });
            Some(ArpFacts { sender, target: None })
        };
        assert_eq!(all.packet(&request(2, ip), 2, 1_100_000_000), found(1, 1), "in whole seconds");
        assert_eq!(all.packet(&request(2, ip), 3, 1_200_000_000), found(1, 1), "still not its own");
        assert_eq!(all.packet(&request(1, ip), 4, 2_000_000_000), None);
        assert_eq!(all.packet(&request(2, ip), 5, 7_000_000_000), found(4, 5));
    }

    #[test]
    fn a_flood_of_addresses_stays_bounded_and_forgets_the_oldest() {
        let mut all = Neighbours::default();
        for n in 1..=(3 * MOST as u32) {
            all.packet(&request(1, n.to_be_bytes()), n.into(), 0);
        }
        assert!(all.newest.len() + all.older.len() <= 2 * MOST);
        assert_eq!(all.packet(&request(2, [0, 0, 0, 1]), 9, 0), None, "forgotten");
        assert!(all.packet(&request(2, (3 * MOST as u32).to_be_bytes()), 9, 0).is_some());
    }
}
