//! `labkit replay`: the packet list of a saved capture.

use super::{UsageError, input};
use crate::pump::{self, Gate, Open, PumpError, Sink};
use crate::view::detail_pages::DetailPages;
use crate::view::fields::Fields;
use crate::view::list::List;
use crate::view::rows::{RowFormat, Rows};
use crate::view::table::PacketTable;
use crate::view::time::TimeFormat;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// The packet list of a saved capture, its details and its bytes
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input
    file: PathBuf,
    /// Show only packets that match this display filter
    #[arg(short = 'Y', long, value_name = "FILTER")]
    display_filter: Option<String>,
    /// Stop after so many listed packets
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,
    /// Show the details of each packet
    #[arg(short = 'V', long)]
    details: bool,
    /// Show the bytes of each packet
    #[arg(short = 'x', long)]
    bytes: bool,
    /// What the Time column counts from
    #[arg(short = 't', long, value_enum, default_value_t, value_name = "FORMAT")]
    time: TimeArg,
    /// How packets are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// A field to print with --format fields; may be given several times
    #[arg(short = 'e', long = "field", value_name = "FIELD")]
    fields: Vec<String>,
    /// Capture filter (BPF), as in `tcp port 65432`
    #[arg(value_name = "BPF", trailing_var_arg = false)]
    bpf: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TimeArg {
    /// Seconds since the first packet
    #[default]
    #[value(alias = "relative")]
    R,
    /// Time of day
    #[value(alias = "absolute")]
    A,
    /// Seconds since the previous packet
    #[value(alias = "delta")]
    D,
    /// Seconds since 1970
    #[value(alias = "epoch")]
    E,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line a packet
    #[default]
    List,
    /// A table with lines around it (at most 10,000 packets)
    Table,
    /// A Markdown table
    Markdown,
    /// Comma-separated values
    Csv,
    /// One JSON object a line
    Jsonl,
    /// The fields named with -e, separated by tabs
    Fields,
}

impl From<TimeArg> for TimeFormat {
    fn from(arg: TimeArg) -> TimeFormat {
        match arg {
            TimeArg::R => TimeFormat::Relative,
            TimeArg::A => TimeFormat::Absolute,
            TimeArg::D => TimeFormat::Delta,
            TimeArg::E => TimeFormat::Epoch,
        }
    }
}

pub(crate) fn run(args: &Replay) -> anyhow::Result<ExitCode> {
    if args.format == Format::Fields && args.fields.is_empty() {
        let why = "--format fields needs at least one -e FIELD, as in `-e frame.number -e ip.src`";
        return Err(UsageError(why.into()).into());
    }
    let mut source = input::open(&args.file)?;
    let live = args.file.as_os_str() == "-";
    let screen = input::screen(live);
    let out = input::stdout();
    let time = args.time.into();
    let mut go = |sink: &mut dyn Sink| pump::run(&mut source, &mut Open, args.count, sink);
    let done = match args.format {
        _ if args.details || args.bytes => {
            go(&mut DetailPages::new(out, args.details, args.bytes, screen.colour))
        }
        Format::List => go(&mut List::new(out, time, screen)),
        Format::Jsonl => go(&mut Rows::new(out, RowFormat::Jsonl, time, screen.flush)),
        Format::Csv => go(&mut Rows::new(out, RowFormat::Csv, time, screen.flush)),
        Format::Markdown => go(&mut Rows::new(out, RowFormat::Markdown, time, screen.flush)),
        Format::Table => {
            let mut table = PacketTable::new(out, time, screen.width);
            let done = go(&mut table);
            say_left_out(table.left_out());
            done
        }
        Format::Fields => {
            let mut fields = Fields::new(out, &args.fields, screen.flush).map_err(unknown_field)?;
            go(&mut fields)
        }
    };
    done.map_err(input::pump_error)?;
    Ok(ExitCode::SUCCESS)
}

fn say_left_out(rows: u64) {
    if rows > 0 {
        let _ = anstream::eprintln!(
            "labkit: the table was full after {} packets; {rows} more are not shown. Without --format table all are listed.",
            crate::view::table::MOST_ROWS
        );
    }
}

fn unknown_field(name: String) -> anyhow::Error {
    UsageError(format!("-e {name}: there is no such field. `labkit replay --fields-list` prints all of them"))
        .into()
}
