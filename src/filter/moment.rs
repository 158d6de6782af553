//! Dates and times in a display filter.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time in nanoseconds since 1970: from a date and time such as `2026-11-23 02:24:00.5` or `Nov 23, 2026 02:24:00`
/// (in UTC if it ends in `Z` or ` UTC`, else in the local time zone), or from a number of seconds since 1970. `None`
/// for any other text.
pub(super) fn parse(text: &str) -> Option<i128> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_nanosecond());
    }
    let (text, utc) = match text.strip_suffix(" UTC").or_else(|| text.strip_suffix('Z')) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let civil = text.parse::<DateTime>().ok().or_else(|| {
        let forms = ["%b %e, %Y %H:%M:%S%.f", "%b %e, %Y %H:%M", "%b %e, %Y", "%Y-%m-%d %H:%M"];
        forms.iter().find_map(|form| {
            let time = jiff::fmt::strtime::parse(form, text).ok()?;
            time.to_datetime().or_else(|_| time.to_date().map(|d| d.at(0, 0, 0, 0))).ok()
        })
    });
    if let Some(civil) = civil {
        return civil.to_zoned(zone).ok().map(|z| z.timestamp().as_nanosecond());
    }
    let seconds: f64 = text.parse().ok()?;
    Some((seconds * 1e9) as i128)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn moments_as_people_and_wireshark_write_them() {
        let expected = 1_795_400_640_000_000_000;
        assert_eq!(parse("2026-11-23T02:24:00Z"), Some(expected));
        assert_eq!(parse("2026-11-23 02:24:00 UTC"), Some(expected));
        assert_eq!(parse("Nov 23, 2026 02:24:00.5 UTC"), Some(expected + 500_000_000));
        assert_eq!(parse("yesterday"), None);
    }
}
