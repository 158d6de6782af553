//! The faults of the network between the two hosts.

use std::fmt;
use std::time::Duration;

/// The reaction of the guest's firewall to segments for the lab's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firewall {
    /// It answers with an ICMP error, as firewalld does.
    Reject,
    /// It drops them.
    Drop,
    /// It answers with a RST.
    Reset,
}

/// What the cable does to frames, in each direction alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weather {
    /// The time that a frame takes.
    pub delay: Duration,
    /// The share of frames that are lost, 0 to 1.
    pub loss: f64,
    /// The share of frames that arrive twice, 0 to 1.
    pub duplicate: f64,
    /// The share of frames that the next one overtakes, 0 to 1.
    pub reorder: f64,
    /// The seed of the random numbers, so that a run can be repeated; `None` takes another one each time.
    pub seed: Option<u64>,
}

impl Weather {
    /// Whether the cable leaves all frames as they are.
    pub fn is_fair(&self) -> bool {
        Weather { seed: None, ..*self } == Weather::default()
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Weather> {
        let mut weather = Weather::default();
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=')?;
            match name {
                "delay" => weather.delay = Duration::from_nanos(value.parse().ok()?),
                "loss" => weather.loss = value.parse().ok()?,
                "duplicate" => weather.duplicate = value.parse().ok()?,
                "reorder" => weather.reorder = value.parse().ok()?,
                "seed" => weather.seed = Some(value.parse().ok()?),
                _ => return None,
            }
        }
        Some(weather)
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weather { delay, loss, duplicate, reorder, seed } = self;
        write!(f, "delay={} loss={loss} duplicate={duplicate} reorder={reorder}", delay.as_nanos())?;
        seed.map_or(Ok(()), |seed| write!(f, " seed={seed}"))
    }
}

/// All faults of the lab's network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// What the cable does.
    pub weather: Weather,
    /// The largest packet, in bytes; `None` is the usual 1500.
    pub mtu: Option<u32>,
    /// Whether TSO, GSO and GRO are switched off.
    pub no_offload: bool,
    /// The guest's firewall; `None` lets everything pass.
    pub firewall: Option<Firewall>,
}

impl Faults {
    /// The faults in words, a phrase for each; empty without faults.
    pub fn words(&self) -> Vec<String> {
        let Weather { delay, loss, duplicate, reorder, .. } = self.weather;
        let percent = |share: f64| format!("{} %", (share * 100_000.0).round() / 1000.0);
        let mut words = Vec::new();
        if !delay.is_zero() {
            words.push(format!("each frame takes {delay:?}"));
        }
        if loss > 0.0 {
            words.push(format!("{} of the frames are lost", percent(loss)));
        }
        if duplicate > 0.0 {
            words.push(format!("{} of the frames arrive twice", percent(duplicate)));
        }
        if reorder > 0.0 {
            words.push(format!("{} of the frames are overtaken by the next one", percent(reorder)));
        }
        if let Some(mtu) = self.mtu {
            words.push(format!("packets have {mtu} bytes at most"));
        }
        if self.no_offload {
            words.push("adapters cut segments themselves".to_owned());
        }
        match self.firewall {
            Some(Firewall::Reject) => words.push("the guest's firewall rejects the lab's port".to_owned()),
            Some(Firewall::Drop) => {
                words.push("the guest's firewall drops what comes to the lab's port".to_owned())
            }
            Some(Firewall::Reset) => words.push("the guest's firewall resets the lab's port".to_owned()),
            None => {}
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let weather = Weather {
            delay: Duration::from_micros(1500),
            loss: 0.1,
            duplicate: 1.0,
            reorder: 0.25,
            seed: Some(7),
        };
        assert_eq!(Weather::parse(&weather.to_string()), Some(weather));
        assert_eq!(Weather::parse(""), Some(Weather::default()));
        assert_eq!(Weather::parse("rain=1"), None);
        assert!(Weather { seed: Some(1), ..Weather::default() }.is_fair() && !weather.is_fair());
    }
}
