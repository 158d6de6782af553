//! `labkit check`: is this capture what the lab asks for; and packing what is handed in.

use super::{Context, UsageError, input};
use crate::capture::Source as _;
use crate::lab::check::{self, Check, Subject, Surveyor};
use crate::lab::exchange::Exchange;
use crate::lab::roles::Roles;
use crate::pump::{self, Open, PumpError};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Is a capture what the lab asks for: messages, receipts, handshakes, closes, nothing else; what to do if not
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input
    #[arg(value_name = "FILE", required_unless_present = "pack")]
    file: Option<PathBuf>,
    /// Address of the host
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
    /// Address of the guest
    #[arg(long, value_name = "IP")]
    guest: Option<IpAddr>,
    /// TCP port of the receiver [default: the lab's]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// How the verdicts are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Look whether a folder holds all that is handed in, and pack it
    #[arg(long, value_name = "DIR", requires = "out", conflicts_with_all = ["file", "host", "guest", "port", "format"])]
    pack: Option<PathBuf>,
    /// Archive to write, such as project2.tar.gz
    #[arg(short, long, value_name = "ARCHIVE", requires = "pack")]
    out: Option<PathBuf>,
    /// Pack also if something is missing, and overwrite an archive that is there
    #[arg(long, requires = "pack")]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// A line a requirement
    #[default]
    Text,
    /// One object: lab, capture, met, checks
    Json,
}

pub(crate) fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    if let (Some(dir), Some(out)) = (&args.pack, &args.out) {
        return pack(context, dir, out, args.force);
    }
    let Some(file) = &args.file else {
        return Err(UsageError("check needs a capture file, or --pack DIR -o ARCHIVE".into()).into());
    };
    if args.host.is_some() && args.host == args.guest {
        let why = "--host and --guest are the same address; they name two machines";
        return Err(UsageError(why.into()).into());
    }
    let checks = verdicts(context, args, file)?;
    let mut out = input::stdout();
    match args.format {
        Format::Text => check::text(&checks, &mut out)?,
        Format::Json => {
            check::json(&context.lab.id, &file.display().to_string(), &checks, &mut out)?;
        }
    }
    out.flush()?;
    Ok(status(&checks))
}

/// 1 if something is not met.
fn status(checks: &[Check]) -> ExitCode {
    if checks.iter().any(Check::fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn pack(context: &Context, dir: &Path, archive: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let checks = check::contents(&context.lab, dir)?;
    let mut out = input::stdout();
    check::text(&checks, &mut out)?;
    out.flush()?;
    if !force && checks.iter().any(Check::fails) {
        input::say(format_args!(
            "nothing was packed, because something is missing; mend it, or pack what is there with --force"
        ));
        return Ok(ExitCode::FAILURE);
    }
    let packed = check::pack(dir, archive, force)?;
    input::say(format_args!(
        "{packed} files and folders packed into {}",
        check::shell(&archive.display().to_string())
    ));
    Ok(status(&checks))
}

fn verdicts(context: &Context, args: &CheckArgs, file: &Path) -> anyhow::Result<Vec<Check>> {
    let port = args.port.unwrap_or(context.lab.communicator.port);
    let mut source = input::open(file)?;
    let mut surveyor = Surveyor::new(port);
    let damage = match pump::run(&mut source, &mut Open, None, &mut surveyor) {
        Ok(()) => None,
        Err(PumpError::Capture(error)) => Some(error.to_string().replace('\n', " ")),
        Err(error) => return Err(input::pump_error(error)),
    };
    let (evidence, survey) = surveyor.into_parts();
    let marker = context.lab.communicator.marker.as_bytes();
    let conversations = evidence.conversations.into_iter();
    let exchanges: Vec<_> = conversations.map(|c| Exchange::new(0, c, port, marker)).collect();
    let info = source.info();
    let roles = Roles::find(&context.lab, (args.host, args.guest), &info.names, &exchanges);
    Ok(check::check(&Subject {
        lab: &context.lab,
        port,
        file: &check::shell(&file.display().to_string()),
        info,
        survey: &survey,
        exchanges: &exchanges,
        roles: &roles,
        damage,
    }))
}
