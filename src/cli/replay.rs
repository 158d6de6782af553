//! `labkit replay`: the packet list of a saved capture.

#[cfg(feature = "capture")]
mod live;
#[cfg(not(feature = "capture"))]
#[path = "replay/not_live.rs"]
mod live;

use super::at_once::Prompt;
use super::commentary::{self, Commentary, Comments, Shared};
use super::gate::Filters;
use super::names::Names;
use super::{Context, UsageError, input};
use crate::capture::Source;
use crate::capture::bpf_place::WORDS;
use crate::capture::copy::Copier;
use crate::capture::info::Section;
use crate::capture::merge::Merged;
use crate::capture::privilege;
use crate::capture::reader::FileReader;
use crate::capture::writer::Writer;
use crate::conversation::{Hindsight, Tracker};
use crate::dissect::PROTOCOLS;
use crate::pump::{self, Copy, Outlets, Sink};
use crate::text::{harmless, plural};
use crate::view::csv::Csv;
use crate::view::detail_pages::DetailPages;
use crate::view::fields::Fields;
use crate::view::jsonl::{self, Jsonl};
use crate::view::list::{List, Screen};
use crate::view::markdown::Markdown;
use crate::view::rows::Rows;
use crate::view::table::PacketTable;
use crate::view::time::TimeFormat;
use clap::{Args, ValueEnum};
use std::cell::Cell;
use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

/// The packet list of a saved capture, its details and its bytes
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input. Further files behind it are merged in order of time
    file: Option<PathBuf>,
    /// Show only packets that match this display filter
    #[arg(short = 'Y', long, value_name = "FILTER", allow_hyphen_values = true)]
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
    /// How packets are written [default: list; with -e: fields]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// A field to print, in columns separated by tabs; may be given several times
    #[arg(short = 'e', long = "field", value_name = "FIELD")]
    fields: Vec<String>,
    /// Save the packets that pass the filters to this file (pcapng, or pcap if the name says so), and list nothing
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// List also while saving
    #[arg(short = 'P', long, requires = "write")]
    print: bool,
    /// On a terminal: show whole rows, in several lines where one is not enough
    #[arg(long)]
    wrap: bool,
    /// Colour rows by the rules of this file, of the form of Wireshark's `colorfilters`
    #[arg(long, value_name = "FILE")]
    coloring: Option<PathBuf>,
    /// Read the capture twice, and show of each packet also what later ones say: "(reply in N)", "[Reassembled in #N]"
    #[arg(short = '2', long)]
    two_pass: bool,
    /// Leave out frames whose bytes are those of one of the four before, as from an adapter that was captured twice
    #[arg(long)]
    dedup: bool,
    /// Say what each packet of the lab's exchanges does
    #[arg(long)]
    explain: bool,
    /// Wait for a key before each further packet, while the ladders of the lab's exchanges grow; q ends it
    #[arg(long)]
    step: bool,
    /// Go on at the file's end, as `tail -f` does, until Ctrl-C: for a capture that is still written
    #[arg(long, conflicts_with_all = ["explain", "dedup", "step", "two_pass"])]
    live: bool,
    #[command(flatten)]
    names: Names,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
    /// Print every known field whose name contains PATTERN, with its type and meaning
    #[arg(long, value_name = "PATTERN", num_args = 0..=1, default_missing_value = "")]
    fields_list: Option<String>,
    /// More capture files, then a capture filter (BPF), as in `tcp port 65432`
    #[arg(value_name = "FILE|BPF")]
    bpf: Vec<String>,
}

impl Replay {
    /// The form of the output. Fields without a form mean the form `fields`.
    fn format(&self) -> Format {
        let default = if self.fields.is_empty() { Format::List } else { Format::Fields };
        self.format.unwrap_or(default)
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum TimeArg {
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
    /// One line for each packet
    #[default]
    List,
    /// A table with lines around it (at most 10,000 packets)
    Table,
    /// A Markdown table
    Markdown,
    /// Comma-separated values
    Csv,
    /// One JSON object in each line
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

pub(crate) fn run(context: &Context, args: &Replay) -> anyhow::Result<ExitCode> {
    args.names.choose();
    if let Some(pattern) = &args.fields_list {
        return fields_list(pattern);
    }
    if args.format() == Format::Fields && args.fields.is_empty() {
        let why = "--format fields needs at least one -e FIELD, as in `-e frame.number -e ip.src`";
        return Err(UsageError(why.into()).into());
    }
    let Some(file) = &args.file else {
        return Err(UsageError("replay needs a capture file; - is standard input".into()).into());
    };
    let (more, bpf) = files_and_filter(file, &args.bpf)?;
    if args.step {
        commentary::check_steps()?;
    }
    if args.explain && (!more.is_empty() || args.dedup) {
        return Err(UsageError(
            "--explain is for one capture as it is; save the merged one with -w first".into(),
        )
        .into());
    }
    // A ladder needs a single capture that can be read twice.
    let steps = args.step && more.is_empty() && !args.dedup && file.is_file();
    let comments = if args.explain || steps {
        commentary::comments(context, file, args.explain, steps)?
    } else {
        Comments::default()
    };
    let mut gate = Filters::new(bpf, args.display_filter.as_deref())?;
    if args.live {
        if !more.is_empty() {
            let why = "--live follows one file; merge several once they are complete";
            return Err(UsageError(why.into()).into());
        }
        live::read(args, file, &mut gate, bpf)?;
        return Ok(ExitCode::SUCCESS);
    }
    let files: Vec<&Path> = std::iter::once(file.as_path()).chain(more.iter().map(Path::new)).collect();
    if args.two_pass {
        check_twice(&files)?;
    }
    let readers = open(&files)?;
    let before = args.two_pass.then(|| open(&files)).transpose()?;
    let alone = more.is_empty() && !args.dedup;
    let run = Run { args, gate: &mut gate, bpf, comments, hindsight: None };
    match alone {
        true => run.read(first(readers), before.map(first))?,
        false => {
            let merged = |readers| Merged::new(readers, args.dedup);
            run.read(merged(readers), before.map(merged))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Splits the words into further captures and the words of the capture filter behind them.
fn files_and_filter<'a>(file: &Path, words: &'a [String]) -> anyhow::Result<(&'a [String], &'a [String])> {
    let is_file = |word: &String| !WORDS.contains(&word.as_str()) && Path::new(word).is_file();
    let files = words.iter().take_while(|word| is_file(word)).count();
    let (more, bpf) = words.split_at(files);
    let shown = file.display();
    match bpf {
        [number] if number.parse::<u64>().is_ok() => Err(UsageError(format!(
            "{number} is no capture filter; `labkit show {shown} {number}` shows packet {number}, `port {number}` is a filter"
        ))
        .into()),
        // No word of a filter has such an ending.
        [name, ..] if input::looks_like_capture(Path::new(name)) => {
            // Opening it gives the same error as for the first file.
            input::open(Path::new(name))?;
            Ok((more, bpf))
        }
        _ => Ok((more, bpf)),
    }
}

/// Opens all of these files.
fn open(files: &[&Path]) -> anyhow::Result<Vec<FileReader>> {
    files.iter().map(|file| input::open(file)).collect()
}

/// The first reader, where there is one only.
fn first(readers: Vec<FileReader>) -> FileReader {
    readers.into_iter().next().expect("there is one file")
}

/// Refuses inputs that can be read only once.
fn check_twice(files: &[&Path]) -> anyhow::Result<()> {
    let Some(once) = files.iter().find(|file| input::is_read_once(file)) else { return Ok(()) };
    let why = format!(
        "-2 reads a capture twice, which {} cannot be; save it first, with `labkit replay - -w FILE`",
        match once.as_os_str() == "-" {
            true => "standard input".into(),
            false => harmless(&once.display().to_string()),
        }
    );
    Err(UsageError(why).into())
}

/// One listing, or one copying.
struct Run<'r> {
    args: &'r Replay,
    gate: &'r mut Filters,
    bpf: &'r [String],
    comments: Comments,
    /// What later packets say about earlier ones, from a first reading; `None` in a single pass.
    hindsight: Option<Hindsight>,
}

impl Run<'_> {
    /// Lists or copies the packets of `source`. `before` is the same capture once more, for a first reading with
    /// `-2`.
    fn read<S: Source + Send>(mut self, mut source: S, before: Option<S>) -> anyhow::Result<()> {
        let args = self.args;
        let Some(path) = &args.write else {
            privilege::drop_for_reading();
            self.learn(before)?;
            return self.list(&mut source, None);
        };
        if path.as_os_str() == "-" && args.print {
            return Err(UsageError(
                "-P lists on standard output, where -w - puts the capture; give -w a file".into(),
            )
            .into());
        }
        let writer = Writer::create(path, args.force, &Section::copied_from(source.info()))?;
        privilege::drop_for_reading();
        self.learn(before)?;
        self.copy(&mut source, writer)
    }

    /// Reads the capture a first time, if there is one to read.
    fn learn<S: Source + Send>(&mut self, before: Option<S>) -> anyhow::Result<()> {
        self.hindsight = before.map(|mut before| input::learn(&mut before)).transpose()?.flatten();
        Ok(())
    }

    /// Copies the frames that pass; lists them as well with -P.
    fn copy<S: Source + Send, W: io::Write>(self, source: &mut S, writer: Writer<W>) -> anyhow::Result<()> {
        let mut copier = Copier::new(writer);
        let done = if self.args.print {
            self.list(source, Some(&mut copier))
        } else {
            let mut outlets = Outlets { sink: None, copy: Some(&mut copier) };
            pump(source, self.gate, self.args.count, &mut outlets, self.hindsight)
        };
        // The copy keeps all frames that could be read, also if the input is damaged.
        copier.finish(source.info())?;
        done
    }

    /// Lists the packets that pass, in the form that was asked for.
    fn list<S: Source + Send>(self, source: &mut S, copy: Option<&mut dyn Copy<S>>) -> anyhow::Result<()> {
        let args = self.args;
        let wrote = Rc::new(Cell::new(false));
        let out = Noticed { out: input::stdout(), wrote: wrote.clone() };
        let mut sink = if args.explain || args.step {
            let out = Shared::new(out);
            let inner = sink(args, out.clone())?;
            Box::new(Commentary { inner, out, comments: self.comments, step: args.step })
        } else {
            sink(args, out)?
        };
        // The sink has the shorter lifetime, so the copy is borrowed again for it.
        let copy = copy.map(|c| c as &mut dyn Copy<S>);
        let mut outlets = Outlets { sink: Some(&mut *sink), copy };
        pump(source, self.gate, args.count, &mut outlets, self.hindsight)?;
        let filtered = args.display_filter.is_some() || !self.bpf.is_empty();
        if filtered && !wrote.get() && args.count != Some(0) {
            let all = source.frames();
            input::say(format_args!("0 of {all} packet{} match", plural(all)));
            for trap in args.display_filter.as_deref().map(crate::filter::traps).unwrap_or_default() {
                let instead = trap.instead.map_or_else(String::new, |text| format!("; perhaps: -Y '{text}'"));
                input::say(format_args!("{}{}", harmless(&trap.says), harmless(&instead)));
            }
        }
        Ok(())
    }
}

/// Pumps the packets of `source` through the gate, with the hindsight if there is any.
fn pump<S: Source + Send>(
    source: &mut S,
    gate: &mut Filters,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
    hindsight: Option<Hindsight>,
) -> anyhow::Result<()> {
    let tracker = hindsight.as_ref().map_or_else(Tracker::new, Tracker::looking_back);
    // The program ends soon, and gives back all its memory at once. To free the conversations of a large capture one by
    // one takes about a fiftieth of the time of its list.
    let mut tracker = ManuallyDrop::new(tracker);
    pump::pump_with(source, gate, limit, outlets, &mut tracker).map_err(input::pump_error)
}

/// Notes whether anything is written.
struct Noticed<W> {
    out: W,
    wrote: Rc<Cell<bool>>,
}

impl<W: io::Write> io::Write for Noticed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wrote.set(true);
        self.out.write(bytes)
    }

    // The default calls `write` in a loop, and the list writes each row with it.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wrote.set(self.wrote.get() || !bytes.is_empty());
        self.out.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn sink(args: &Replay, out: impl io::Write + 'static) -> anyhow::Result<Box<dyn Sink>> {
    let live = args.live || args.file.as_ref().is_some_and(|f| f.as_os_str() == "-");
    let screen = Screen { wrap: args.wrap, ..input::screen(live) };
    let rules = args.coloring.as_deref().map(super::view::rules).transpose()?;
    let time = args.time.into();
    Ok(match args.format() {
        _ if args.details || args.bytes => {
            let pages = DetailPages::new(out, args.details, args.bytes, screen.palette.is_some());
            if args.live { Box::new(Prompt { inner: pages, at_once: true }) } else { Box::new(pages) }
        }
        Format::List => {
            let list = List::new(out, time, screen);
            Box::new(match rules {
                Some(rules) => list.coloured_by(rules),
                None => list,
            })
        }
        Format::Jsonl => Box::new(Rows::new(out, Jsonl::default(), jsonl::TIME, screen.flush)),
        Format::Csv => Box::new(Rows::new(out, Csv, time, screen.flush)),
        Format::Markdown => Box::new(Rows::new(out, Markdown::default(), time, screen.flush)),
        Format::Table => Box::new(PacketTable::new(out, time, screen.width)),
        Format::Fields => Box::new(Fields::new(out, &args.fields, screen.flush).map_err(unknown_field)?),
    })
}

/// Prints the fields whose name contains `pattern`: name, type and meaning, separated by tabs.
fn fields_list(pattern: &str) -> anyhow::Result<ExitCode> {
    let mut out = input::stdout();
    for protocol in PROTOCOLS {
        for field in std::iter::once(&protocol.field).chain(protocol.fields.iter().copied()) {
            if field.name.contains(pattern) {
                writeln!(out, "{}\t{}\t{}", field.name, field.kind, field.label)?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The end of a sentence that names the field nearest to an unknown name; empty if none is near.
pub(super) fn near(name: &str) -> String {
    crate::filter::nearest(name).map_or_else(String::new, |near| format!("; the nearest is {near}"))
}

fn unknown_field(name: String) -> anyhow::Error {
    let near = near(&name);
    UsageError(format!(
        "-e {name}: there is no such field{near}. `labkit replay --fields-list` prints all of them"
    ))
    .into()
}
