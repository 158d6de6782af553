//! `labkit view`: the packets in three panes, full screen.

use super::names::Names;
use super::{Context, UsageError, input};
use crate::capture::privilege;
use crate::tui::{self, Keeper, Seat, What};
use crate::view::colour::Rules;
use crate::view::palette::{Ground, Palette};
use anyhow::Context as _;
use clap::Args;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A capture in three panes: list, details and bytes, full screen; live, too
///
/// Without a file and without -i it lists the adapters, and Enter captures. ? shows all keys.
#[derive(Args, Debug)]
#[command(override_usage = "labkit view [OPTIONS] [FILE]\n       labkit view [OPTIONS] -i <IF> [BPF]...")]
pub(crate) struct View {
    /// Capture file (pcap or pcapng, also gzipped), - is standard input; with -i: the words of a capture filter
    #[arg(value_name = "FILE")]
    words: Vec<PathBuf>,
    /// Capture on this adapter at once; `any` for all of them
    #[arg(short, long, value_name = "IF")]
    interface: Option<String>,
    /// Begin with this display filter
    #[arg(short = 'Y', long, value_name = "FILTER", allow_hyphen_values = true)]
    display_filter: Option<String>,
    /// A column for this field; may be given several times
    #[arg(short = 'e', long = "field", value_name = "FIELD")]
    fields: Vec<String>,
    /// Colour rows by the rules of this file, of the form of Wireshark's `colorfilters`
    #[arg(long, value_name = "FILE")]
    coloring: Option<PathBuf>,
    /// What the terminal's background is, where it does not say so itself; LABKIT_THEME is the same for all commands
    #[arg(long, value_enum, value_name = "THEME")]
    theme: Option<Theme>,
    /// Add what is copied to this file, too
    #[arg(long, value_name = "FILE")]
    copy_to: Option<PathBuf>,
    /// Run captures for another process
    #[arg(long, hide = true, value_name = "DIR")]
    keeper: Option<PathBuf>,
    #[command(flatten)]
    names: Names,
}

/// A terminal's background.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Theme {
    Light,
    Dark,
}

pub(crate) fn run(args: &View, context: &Context) -> anyhow::Result<ExitCode> {
    args.names.choose();
    if let Some(folder) = &args.keeper {
        tui::keep(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !io::stdout().is_terminal() {
        let why = "view needs a terminal; `labkit replay FILE` lists the packets of a file anywhere";
        return Err(UsageError(why.into()).into());
    }
    if let Some(name) = args.fields.iter().find(|name| crate::view::fields::find(name).is_none()) {
        return Err(UsageError(format!(
            "-e {name}: there is no such field. `labkit replay --fields-list` prints all of them"
        ))
        .into());
    }
    let what = what(args)?;
    let filter = args.display_filter.as_deref().map(super::gate::checked_text).transpose()?;
    let rules = args.coloring.as_deref().map_or_else(|| Ok(Rules::default()), rules)?;
    let (lab, copy_to) = ((*context.lab).clone(), args.copy_to.clone());
    // The keeper has the rights that this process has now. If they do not suffice, it reports that when it is to
    // capture.
    let keeper = match &what {
        What::File(_) => None,
        _ => Some(Keeper::start().context("cannot start the process that captures")?),
    };
    match &what {
        What::File(file) => privilege::drop_to_caller([file.as_path()]),
        _ => privilege::drop_rights(),
    }
    let ground = args.theme.map(|theme| match theme {
        Theme::Light => Ground::Light,
        Theme::Dark => Ground::Dark,
    });
    let ground = ground.or_else(input::chosen_ground);
    let seat = Seat {
        lab,
        rules,
        palette: input::colour_on_stdout().then(|| Palette::here(ground)),
        ground_is_said: ground.is_some(),
        keeper,
        copy_to,
        columns: args.fields.clone(),
    };
    tui::run(what, filter.as_deref(), seat)?;
    Ok(ExitCode::SUCCESS)
}

fn what(args: &View) -> Result<What, UsageError> {
    match (&args.interface, args.words.as_slice()) {
        (Some(interface), bpf) => {
            let bpf = bpf.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            Ok(What::Adapter(interface.clone(), bpf))
        }
        (None, []) => Ok(What::Adapters),
        (None, [file]) => Ok(What::File(file.clone())),
        (None, [_, more, ..]) => Err(UsageError(format!(
            "view shows one file, and `{}` is a second one; a capture filter goes with -i IF",
            more.display()
        ))),
    }
}

/// The colour rules in a file; lines that cannot be used are reported on standard error.
pub(crate) fn rules(path: &Path) -> anyhow::Result<Rules> {
    let text =
        std::fs::read(path).with_context(|| format!("cannot read the colour rules of {}", path.display()))?;
    let (rules, refused) = Rules::read(&String::from_utf8_lossy(&text));
    for why in refused {
        input::say(format_args!("{}, {}", path.display(), crate::text::harmless(&why)));
    }
    Ok(rules)
}
