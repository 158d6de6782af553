//! `labkit filter`: Task 2, a filter for the packets between two hosts, in both dialects.

mod explain;

use super::{Context, UsageError, input};
use crate::filter::saved::{self, Saved};
use crate::filter::{Filter, between, to_capture};
use crate::text::{harmless, plural};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Filters in both dialects: write one for the packets between two hosts, explain one, save and list them
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
    /// Save a display filter under a label; -Y @LABEL then stands for it, in every command
    Save {
        /// Label; one that is taken already needs --force
        label: String,
        /// The filter
        #[arg(required = true, value_name = "FILTER")]
        filter: Vec<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        comment: String,
        /// Replace the filter that is saved under this label
        #[arg(long)]
        force: bool,
    },
    /// The saved filters: label, filter, comment
    List,
    /// Forget a saved filter
    Rm {
        /// Its label
        label: String,
    },
    /// Save the filters of a file of Wireshark's (`dfilters`); those whose label is taken stay as they are
    Import {
        /// The file
        file: PathBuf,
    },
    /// Says which dialect a filter is in, translates it into the other, and names its traps; or what is wrong with it
    Explain {
        /// Count the packets of this capture that it keeps, and compare with the lab's own filter
        #[arg(long, value_name = "FILE")]
        on: Option<PathBuf>,
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
        What::Save { label, filter, comment, force } => save(label, &filter.join(" "), comment, *force)?,
        What::List => list(&mut out)?,
        What::Rm { label } => remove(label)?,
        What::Import { file } => import(file)?,
        What::Explain { text, on } => explain::run(context, &text.join(" "), on.as_deref(), &mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Path of the file with the saved filters, and its filters.
fn saved_filters() -> anyhow::Result<(PathBuf, Vec<Saved>)> {
    let Some(path) = saved::path() else {
        bail!("filters are saved in the configuration folder, and {} where it is", saved::WHERE);
    };
    let all = saved::load(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((path, all))
}

fn store(path: &Path, all: &[Saved]) -> anyhow::Result<()> {
    saved::store(path, all).with_context(|| format!("cannot write {}", path.display()))
}

fn save(label: &str, filter: &str, comment: &str, force: bool) -> anyhow::Result<()> {
    if label.trim().is_empty() || label.chars().any(char::is_control) {
        return Err(UsageError("a label is one line of text".into()).into());
    }
    Filter::compile(filter).map_err(|e| UsageError(format!("this is no display filter: {e}")))?;
    let (path, mut all) = saved_filters()?;
    let new = Saved { label: label.to_owned(), filter: filter.to_owned(), comment: comment.to_owned() };
    match all.iter_mut().find(|saved| saved.label == label) {
        Some(known) if !force && known.filter != filter => bail!(
            "a filter is saved as {} already: {}; --force replaces it",
            harmless(label),
            harmless(&known.filter)
        ),
        Some(known) => *known = new,
        None => all.push(new),
    }
    store(&path, &all)?;
    input::say(format_args!("saved in {}; -Y '@{}' uses it", path.display(), harmless(label)));
    Ok(())
}

fn list(out: &mut dyn Write) -> anyhow::Result<()> {
    let (path, all) = saved_filters()?;
    if all.is_empty() {
        input::say(format_args!(
            "no filter is saved in {}; `labkit filter save LABEL FILTER` saves one",
            path.display()
        ));
    }
    for saved in &all {
        let cells = [&saved.label, &saved.filter, &saved.comment].map(|cell| harmless(cell));
        writeln!(out, "{}", cells.join("\t").trim_end())?;
    }
    Ok(())
}

fn remove(label: &str) -> anyhow::Result<()> {
    let (path, mut all) = saved_filters()?;
    let before = all.len();
    all.retain(|saved| saved.label != label);
    if all.len() == before {
        bail!(
            "no filter is saved as {} in {}; `labkit filter list` shows those that are",
            harmless(label),
            path.display()
        );
    }
    store(&path, &all)
}

fn import(file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (found, odd) = saved::parse(&String::from_utf8_lossy(&text));
    let (path, mut all) = saved_filters()?;
    let mut taken = 0;
    for line in odd {
        input::say(format_args!("{}, line {line}: not of the form \"label\" filter", file.display()));
    }
    for new in found {
        if all.iter().any(|known| known.label == new.label) {
            input::say(format_args!(
                "{}: this label is taken, the filter stays as it is",
                harmless(&new.label)
            ));
            continue;
        }
        if let Err(error) = Filter::compile(&new.filter) {
            let why = harmless(&error.message);
            input::say(format_args!("{}: saved, but it cannot be used here: {why}", harmless(&new.label)));
        }
        all.push(new);
        taken += 1;
    }
    store(&path, &all)?;
    let s = plural(taken);
    input::say(format_args!("{taken} filter{s} saved in {}", path.display()));
    Ok(())
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
