//! The dialogue with a program on its terminal: waits for its questions, types the answers, ends it.

use super::{Cast, LAST, SETTLED, Stop, Voice, trouble};
use crate::lab::definition::Role;
use crate::lab::stage::actors::{Stage, Wait};
use crate::lab::stage::run::dialogue::{Prompt, last_lines, question};
use crate::lab::stage::run::{MOMENT, Play, RunError};
use std::io::Write;
use std::process::ExitStatus;
use std::time::Duration;

impl Play<'_, '_> {
    /// The program's next question; starts the program if it does not run.
    pub(super) fn asked(&mut self, cast: &mut Cast<'_>, role: Role) -> Result<Prompt, Stop> {
        self.make_sure_it_runs(cast, role)?;
        let asks = |text: &str| question(text).is_some();
        let came = self.until_it_says(cast, role, MOMENT, asks)?;
        match question(&self.since(cast, role)) {
            Some(prompt) => Ok(prompt),
            None => {
                self.unless_crashed(cast, role)?;
                let what =
                    if came { "it ended" } else { "it hangs: it does not ask what a communicator asks" };
                Err(trouble(role, what))
            }
        }
    }

    /// Waits until a program that has done its part asks again or has ended, because some end after each message, and
    /// take their time on a busy machine.
    pub(super) fn between_steps(&mut self, cast: &mut Cast<'_>, role: Role) -> Result<(), Stop> {
        // Once is enough: the wait is long for a program that hangs.
        let rested = cast.voice(role).as_mut().is_some_and(|voice| std::mem::take(&mut voice.rests));
        if !rested {
            return Ok(());
        }
        self.until_it_says(cast, role, MOMENT, |text| question(text).is_some())?;
        self.unless_crashed(cast, role)
    }

    fn make_sure_it_runs(&mut self, cast: &mut Cast<'_>, role: Role) -> Result<(), Stop> {
        self.between_steps(cast, role)?;
        if let Some(voice) = cast.voice(role)
            && self.stage.ended(voice.id).is_none()
        {
            return Ok(());
        }
        let Some((program, arguments)) = cast.tryout.command.split_first() else { return Ok(()) };
        let mut command = self.network.host(role).command(program);
        command.args(arguments);
        let started = self.stage.start_on_terminal(role.name(), command);
        let (id, terminal) = started
            .map_err(|source| RunError::System { what: "start the program on a terminal", why: source })?;
        *cast.voice(role) = Some(Voice { id, terminal, from: 0, typed: String::new(), rests: false });
        Ok(())
    }

    /// Types an answer.
    pub(super) fn answer(&mut self, cast: &mut Cast<'_>, role: Role, text: &str) -> Result<(), Stop> {
        let Some(voice) = cast.voice(role) else { return Ok(()) };
        voice.from = self.stage.spoken_until(voice.id).0;
        voice.typed = format!("{text}\n");
        let typed = voice.terminal.write_all(voice.typed.as_bytes());
        typed
            .map_err(|source| RunError::System { what: "type on the program's terminal", why: source }.into())
    }

    /// The text that the program has printed since the last answer.
    pub(super) fn since(&self, cast: &mut Cast<'_>, role: Role) -> String {
        cast.voice(role).as_ref().map(|voice| said(self.stage, voice)).unwrap_or_default()
    }

    /// Waits until the program is silent and `done` is true for its text since the last answer, or until it has
    /// ended. Returns whether either came in time.
    pub(super) fn until_it_says(
        &mut self,
        cast: &mut Cast<'_>,
        role: Role,
        longest: Duration,
        done: impl Fn(&str) -> bool,
    ) -> Result<bool, Stop> {
        let Some(voice) = cast.voice(role) else { return Ok(true) };
        self.wait(longest, |stage| {
            let is_quiet = stage.spoken_until(voice.id).1 > SETTLED;
            stage.ended(voice.id).is_some() || is_quiet && done(&said(stage, voice))
        })
        .map_err(Stop::from)
    }

    /// Waits until `done` is true, and returns whether it came true in time.
    pub(super) fn wait(
        &mut self,
        longest: Duration,
        done: impl FnMut(&mut Stage<'_>) -> bool,
    ) -> Result<bool, RunError> {
        let mut done = done;
        match self.stage.until(longest, |stage| done(stage)) {
            Ok(()) => Ok(true),
            Err(Wait::TimedOut) => Ok(false),
            Err(Wait::Interrupted) => Err(RunError::Interrupted),
            Err(Wait::System(source)) => Err(RunError::System { what: "print", why: source }),
        }
    }

    /// An error if the program has ended with an error status.
    pub(super) fn unless_crashed(&mut self, cast: &mut Cast<'_>, role: Role) -> Result<(), Stop> {
        let Some(voice) = cast.voice(role) else { return Ok(()) };
        let status: Option<ExitStatus> = self.stage.ended(voice.id).filter(|s| !s.success());
        match status {
            Some(status) => Err(trouble(role, &format!("it crashed ({status})"))),
            None => Ok(()),
        }
    }

    pub(super) fn last_of(&self, cast: &mut Cast<'_>, role: Role) -> Vec<String> {
        let text = cast.voice(role).as_ref().map(|v| self.stage.spoken(v.id, 0)).unwrap_or_default();
        last_lines(&text, LAST)
    }

    pub(super) fn end(&mut self, cast: &mut Cast<'_>, role: Role) {
        if let Some(voice) = cast.voice(role).take() {
            self.stage.kill(voice.id);
        }
    }
}

/// The text since the last answer, without the answer itself, which the terminal echoes.
fn said(stage: &Stage<'_>, voice: &Voice) -> String {
    let text = stage.spoken(voice.id, voice.from);
    match text.strip_prefix(voice.typed.as_str()) {
        Some(rest) => rest.to_owned(),
        // The echo is not complete yet.
        None if voice.typed.starts_with(&text) => String::new(),
        None => text,
    }
}
