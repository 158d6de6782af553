//! The menu of the handout.

use super::Settings;
use super::prompt::{Asked, Console, Line, ask_message, ask_recipient};
use super::receive::{listen, receive};
use super::send::send;
use std::io;

enum Choice {
    Send,
    Receive,
    Exit,
}

/// Shows the menu and does what the user chooses, until the user chooses the exit or presses Ctrl-C at a prompt, the
/// input ends, or a signal ends the program. On a terminal, an end of input (Ctrl-D) at a prompt of sending leads
/// back to the menu. Failures on the network are reported, and the menu goes on. Before receiving, `in_the_way` gives
/// a sentence on what keeps others from connecting, or `None`.
///
/// # Errors
/// If the dialogue's input or output fails.
pub fn menu(
    console: &mut Console,
    settings: &Settings,
    in_the_way: &dyn Fn() -> Option<String>,
) -> io::Result<()> {
    loop {
        console.say(&format!("==={}===", settings.banner))?;
        console.say("1) send message\n2) receive message\n0) exit")?;
        let go_on = match choose(console)? {
            Choice::Send => send_message(console, settings)?,
            Choice::Receive => {
                receive_message(console, settings, in_the_way)?;
                true
            }
            Choice::Exit => false,
        };
        if !go_on || console.interrupt().is_ending() {
            return console.say("\nGoodbye!");
        }
    }
}

fn choose(console: &mut Console) -> io::Result<Choice> {
    loop {
        let Asked::Given(line) = console.ask("Enter option: ")? else { return Ok(Choice::Exit) };
        if let Line::Text(text) = &line {
            match text.trim() {
                "1" => return Ok(Choice::Send),
                "2" => return Ok(Choice::Receive),
                "0" => return Ok(Choice::Exit),
                _ => {}
            }
        }
        console.say("Error, invalid input")?;
    }
}

/// Asks for message and recipient, and sends. Returns whether the menu goes on; Ctrl-D at a prompt leads back to it.
fn send_message(console: &mut Console, settings: &Settings) -> io::Result<bool> {
    let message = match ask_message(console, settings)? {
        Asked::Given(message) => message,
        Asked::End => return Ok(console.is_terminal()),
        Asked::Interrupted => return Ok(false),
    };
    let to = match ask_recipient(console)? {
        Asked::Given(to) => to,
        Asked::End => return Ok(console.is_terminal()),
        Asked::Interrupted => return Ok(false),
    };
    send(console, settings, to, &message)?;
    Ok(true)
}

fn receive_message(
    console: &mut Console,
    settings: &Settings,
    in_the_way: &dyn Fn() -> Option<String>,
) -> io::Result<()> {
    match listen(settings) {
        Ok(listener) => {
            if let Some(what) = in_the_way() {
                console.note(&what);
            }
            receive(console, settings, &listener, Some(1)).map(|_| ())
        }
        Err(error) => {
            console.note(&format!("Error, {error}."));
            Ok(())
        }
    }
}
