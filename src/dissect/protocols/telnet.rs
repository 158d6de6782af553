//! Telnet (`telnet`): RFC 854; options by their numbers (RFC 856 and later), RFC 1073 (window size), RFC 1091
//! (terminal type). All that is typed, passwords included, is in the bytes without encryption.

use crate::dissect::over_tcp::{Application, Measure};
use crate::dissect::reading::layer::{show, unseen};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::Push;

const IAC: u8 = 255;
const SUBOPTION: u8 = 250;
const SUBOPTION_END: u8 = 240;
const WILL: u8 = 251;
const DONT: u8 = 254;
const TERMINAL_TYPE: u8 = 24;
const WINDOW_SIZE: u8 = 31;

const COMMANDS: Names = &[
    (236, "End of File"),
    (237, "Suspend Process"),
    (238, "Abort Process"),
    (239, "End of Record"),
    (240, "Suboption End"),
    (241, "No-Operation"),
    (242, "Data Mark"),
    (243, "Break"),
    (244, "Interrupt Process"),
    (245, "Abort Output"),
    (246, "Are You There?"),
    (247, "Escape Character"),
    (248, "Erase Line"),
    (249, "Go Ahead"),
    (250, "Suboption"),
    (251, "Will"),
    (252, "Won't"),
    (253, "Do"),
    (254, "Don't"),
];
const OPTIONS: Names = &[
    (0, "Binary Transmission"),
    (1, "Echo"),
    (2, "Reconnection"),
    (3, "Suppress Go Ahead"),
    (4, "Approx Message Size Negotiation"),
    (5, "Status"),
    (6, "Timing Mark"),
    (7, "Remote Controlled Trans and Echo"),
    (8, "Output Line Width"),
    (9, "Output Page Size"),
    (10, "Output Carriage-Return Disposition"),
    (18, "Logout"),
    (23, "Send Location"),
    (24, "Terminal Type"),
    (25, "End of Record"),
    (31, "Negotiate About Window Size"),
    (32, "Terminal Speed"),
    (33, "Remote Flow Control"),
    (34, "Linemode"),
    (35, "X Display Location"),
    (36, "Environment Option"),
    (37, "Authentication Option"),
    (38, "Encryption Option"),
    (39, "New Environment Option"),
];

crate::fields! {
    COMMAND = Field::new("telnet.cmd", "Command", Kind::Uint(8)).names(COMMANDS);
    SUBCOMMAND = Field::new("telnet.subcmd", "Subcommand", Kind::Uint(8)).names(OPTIONS);
    WIDTH = Field::new("telnet.naws_subopt.width", "Width", Kind::Uint(16));
    HEIGHT = Field::new("telnet.naws_subopt.height", "Height", Kind::Uint(16));
    VALUE = Field::new("telnet.string_subopt.value", "Value", Kind::Text);
    DATA = Field::new("telnet.data", "Data", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary: |_, _, out| out.text("Telnet Data ..."),
    tcp_ports: &[23],
    application: Some(Application {
        measure: |input| Measure::Complete(input.bytes.len() as u32),
        decode: |work, source, span, _| {
            let whole = unseen(work.get(source, span), parts) != Err(End::Short);
            let mut decoder = work.decoder(source);
            decoder.layer(Proto::Telnet, span, span.len());
            if !whole {
                decoder.stop(Proto::Telnet, span);
            }
        },
        is_likely: None,
    }),
    damage: Some("TELNET"),
    ..Protocol::new("telnet", "TELNET", "Telnet")
};

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, parts)
}

/// Visits the commands, and the data between them.
fn parts(w: &mut Walk<'_, '_>) -> Step {
    let mut at = 0;
    while at < w.bytes.len() {
        at += match w.u8(at)? {
            IAC if w.u8(at + 1)? != IAC => command(w, at)?,
            _ => data(w, at)?,
        };
    }
    Ok(())
}

/// Visits a line of data, up to the next command, and returns its length.
fn data(w: &mut Walk<'_, '_>, at: usize) -> Step<usize> {
    let rest = w.bytes.get(at..).unwrap_or(&[]);
    let mut len = 0;
    while let Some(byte) = rest.get(len) {
        len += match (byte, rest.get(len + 1)) {
            (&IAC, Some(&IAC)) => 2,
            (&IAC, _) => break,
            (b'\n', _) => {
                len += 1;
                break;
            }
            _ => 1,
        };
    }
    let len = len.max(1).min(rest.len());
    w.string(&DATA, at, len)?;
    Ok(len)
}

/// Visits a command with its option and suboption, and returns the length of all.
fn command(w: &mut Walk<'_, '_>, at: usize) -> Step<usize> {
    let command = w.u8(at + 1)?;
    let name = name_of(COMMANDS, command.into()).unwrap_or("Unknown Command");
    let len = match command {
        SUBOPTION => 3 + suboption_len(w.get(at + 3, w.bytes.len().saturating_sub(at + 3))?),
        WILL..=DONT => 3,
        _ => 2,
    };
    if len == 2 {
        w.text(at, len, format_args!("{name}"))?;
    } else {
        let option = name_of(OPTIONS, w.u8(at + 2)?.into()).unwrap_or("<unknown option>");
        w.text(at, len, format_args!("{name} {option}"))?;
    }
    w.open();
    w.num(&COMMAND, at + 1)?;
    if len > 2 {
        let option = w.u8(at + 2)?;
        let name = name_of(OPTIONS, option.into()).unwrap_or("<unknown option>");
        w.line(&SUBCOMMAND, at + 2, 1, Value::Uint(option.into()), format_args!("Subcommand: {name}"))?;
        if command == SUBOPTION {
            w.open();
            suboption(w, option, at + 3, len - 3)?;
            w.close();
        }
    }
    w.close();
    Ok(len)
}

/// The length of a suboption, up to the command that ends it.
fn suboption_len(bytes: &[u8]) -> usize {
    let end = bytes.windows(2).position(|pair| pair == [IAC, SUBOPTION_END]);
    end.unwrap_or(bytes.len())
}

fn suboption(w: &mut Walk<'_, '_>, option: u8, at: usize, len: usize) -> Step {
    match (option, len) {
        (WINDOW_SIZE, 4) => {
            w.num(&WIDTH, at)?;
            w.num(&HEIGHT, at + 2).map(|_| ())
        }
        (TERMINAL_TYPE, 1..) => {
            let how = w.u8(at)?;
            let text = if how == 1 { "Send your Terminal Type" } else { "Here's my Terminal Type" };
            w.line(&SUBCOMMAND, at, 1, Value::Uint(how.into()), format_args!("{text}"))?;
            if len > 1 { w.string(&VALUE, at + 1, len - 1).map(|_| ()) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}
