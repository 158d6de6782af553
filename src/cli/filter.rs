//! `labkit filter`: Task 2, a filter for the packets between two hosts, in both dialects.

use super::{Context, UsageError, gate, input};
use crate::filter::{Filter, between, to_capture, to_display};
use clap::{Args, Subcommand};
use std::io::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;

/// Filters in both dialects: for the packets between two hosts, and what a given one is
#[derive(Args, Debug)]
pub(crate) struct FilterArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// The filter for the lab's packets between two hosts, as display filter and as capture filter
    Between {
        /// Address of one host
        a: IpAddr,
        /// Address of the other
        b: IpAddr,
        /// TCP port, instead of the lab's
        #[arg(long)]
        port: Option<u16>,
    },
    /// Says which dialect a filter is in, and translates it into the other; or what is wrong with it
    Explain {
        /// The filter
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
    },
}

pub(crate) fn run(context: &Context, args: &FilterArgs) -> anyhow::Result<ExitCode> {
    let mut out = input::stdout();
    match &args.what {
        What::Between { a, b, port } => {
            let port = port.unwrap_or(context.lab.communicator.port);
            let display = between(*a, *b, port).ok_or_else(|| {
                UsageError(format!("{a} and {b} are of different families: no packet goes between them"))
            })?;
            let capture = to_capture(&display).unwrap_or_default();
            writeln!(out, "display filter:  {display}\ncapture filter:  {capture}")?;
        }
        What::Explain { text } => {
            let text = text.join(" ");
            match Filter::compile(&text) {
                Ok(_) => writeln!(out, "display filter:  {text}")?,
                Err(error) => match to_display(&text) {
                    Some(display) => writeln!(out, "display filter:  {display}\ncapture filter:  {text}")?,
                    None => return Err(UsageError(format!("this is no display filter: {error}")).into()),
                },
            }
            if let Some(capture) = to_capture(&text) {
                writeln!(out, "capture filter:  {capture}")?;
            } else if gate::display_filter(&text).is_ok() {
                writeln!(out, "capture filter:  none says the same; filter after capturing, with -Y")?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_2_in_both_dialects() {
        let (a, b) = ("192.168.56.1".parse().unwrap(), "192.168.56.101".parse().unwrap());
        let display = between(a, b, 65432).unwrap();
        assert_eq!(display, "ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp.port == 65432");
        assert!(Filter::compile(&display).is_ok());
        assert_eq!(
            to_capture(&display).unwrap(),
            "host 192.168.56.1 and host 192.168.56.101 and tcp port 65432"
        );
        assert!(between(a, "::1".parse().unwrap(), 1).is_none());
    }
}
