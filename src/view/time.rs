//! The Time column: the four formats that `-t` names, and one for programs.

use crate::frame::Timestamp;
use crate::packet::Packet;
use crate::text::{Line, Push};
use jiff::tz::TimeZone;
use std::io::Write as _;

/// What the Time column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since the first frame.
    #[default]
    Relative,
    /// Time of day, in the local time zone.
    Absolute,
    /// Seconds since the previous frame.
    Delta,
    /// Seconds since 1970.
    Epoch,
    /// Seconds since the first frame with this many decimals, independent of the recorded precision; for programs.
    Seconds(u8),
}

impl TimeFormat {
    /// Appends the time of a packet, with as many decimals as were recorded. A packet without a time has an empty
    /// column; in [`TimeFormat::Seconds`] it has the time of the packet before.
    pub fn write(self, packet: &Packet<'_>, out: &mut Line) {
        let facts = &packet.context.facts.frame;
        let digits = packet.context.frame.precision;
        match (self, packet.context.frame.time) {
            (TimeFormat::Seconds(digits), _) => out.seconds(facts.time_relative, digits),
            (_, None) => {}
            (TimeFormat::Relative, _) => out.seconds(facts.time_relative, digits),
            (TimeFormat::Delta, _) => out.seconds(facts.time_delta, digits),
            (TimeFormat::Epoch, Some(time)) => out.seconds(time.nanos(), digits),
            (TimeFormat::Absolute, Some(time)) => local_time(time, digits, out),
        }
    }

    /// As [`TimeFormat::write`], right-aligned in a column of `width` bytes, for the usual case: seconds since the
    /// first frame, not before it. For any other case, appends nothing and returns `false`.
    pub(super) fn write_right(self, packet: &Packet<'_>, width: usize, out: &mut Line) -> bool {
        let frame = packet.context.frame;
        let nanos = packet.context.facts.frame.time_relative;
        let fits = self == TimeFormat::Relative && frame.time.is_some() && nanos >= 0 && frame.precision > 0;
        if fits {
            let whole = width.saturating_sub(usize::from(frame.precision) + 1);
            out.num_right(nanos.unsigned_abs() / 1_000_000_000, whole);
            out.fraction(nanos.unsigned_abs(), frame.precision);
        }
        fits
    }
}

fn local_time(time: Timestamp, digits: u8, out: &mut Line) {
    let (secs, nanos) = time.split();
    let Ok(moment) = jiff::Timestamp::new(secs, nanos as i32) else { return };
    let local = moment.to_zoned(TimeZone::system());
    // Writing to a vector cannot fail.
    let _ = write!(out, "{}", local.strftime("%H:%M:"));
    let second = i64::from(local.second()) * 1_000_000_000 + i64::from(nanos);
    if local.second() < 10 {
        out.push(b'0');
    }
    out.seconds(second, digits);
}

/// Appends a time as Wireshark writes it: `Nov 23, 2026 02:24:03.634347779 UTC`, in the local time zone.
pub fn moment(time: Timestamp, out: &mut Line) {
    let (secs, nanos) = time.split();
    let Ok(moment) = jiff::Timestamp::new(secs, nanos as i32) else { return };
    let local = moment.to_zoned(TimeZone::system());
    let _ = write!(
        out,
        "{} {:2}, {:04} {:02}:{:02}:{:02}.{nanos:09} {}",
        local.strftime("%b"),
        local.day(),
        local.year(),
        local.hour(),
        local.minute(),
        local.second(),
        local.strftime("%Z")
    );
}
