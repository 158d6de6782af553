//! `labkit man`: the manual pages, from the same definition as the help.

use super::{examples, input};
use anyhow::Context as _;
use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man as Page;
use roff::{Roff, roman};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the manual pages, one for each command, into a folder
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder; labkit makes it where it does not exist, and replaces pages of the same names
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Man) -> anyhow::Result<ExitCode> {
    let dir = &args.dir;
    fs::create_dir_all(dir).with_context(|| {
        format!("cannot make the folder {} for the manual pages; name another one", dir.display())
    })?;
    // The page lists the subcommands itself, so it needs no grouped overview.
    let mut command = examples::added(super::Cli::command());
    command.build();
    let pages = write_pages(&command, dir).with_context(|| {
        format!("cannot write the manual pages into {}; name a folder that you may write to", dir.display())
    })?;
    input::say(format_args!("{pages} pages are in {0}; `man {0}/labkit.1` shows the first", dir.display()));
    Ok(ExitCode::SUCCESS)
}

/// Writes the page of `command` and those of its subcommands; returns their number.
fn write_pages(command: &Command, dir: &Path) -> io::Result<usize> {
    let mut pages = 1;
    for sub in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        pages += write_pages(sub, dir)?;
    }
    let page = Page::new(command.clone());
    let mut text = Vec::new();
    render(&page, command, &mut text)?;
    fs::write(dir.join(page.get_filename()), text)?;
    Ok(pages)
}

/// clap_mangen's sections, with the examples line by line: its own rendering fills them like a paragraph.
fn render(page: &Page, command: &Command, out: &mut dyn Write) -> io::Result<()> {
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(out)?;
    }
    let Some(after) = command.get_after_help().map(ToString::to_string) else { return Ok(()) };
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    for line in after.lines().filter(|line| *line != "Examples:") {
        roff.text([roman(line.trim_start())]);
    }
    roff.control("fi", []);
    roff.to_writer(out)
}
