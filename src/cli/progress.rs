//! Progress bars on standard error for work that takes longer than a second, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Work that takes no longer than this has no bar.
const LONG: Duration = Duration::from_secs(1);

/// Whether results go to the terminal: a bar between them would disturb.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Tells that results are written from now on; on a terminal, this hides all bars.
pub(crate) fn results_begin() {
    if !SILENT.load(Ordering::Relaxed) && io::stdout().is_terminal() {
        SILENT.store(true, Ordering::Relaxed);
    }
}

/// A bar that appears when its work has taken [`LONG`], and disappears when it is dropped.
pub(crate) struct Bar {
    bar: ProgressBar,
    begun: Instant,
    shown: bool,
}

impl Bar {
    /// A bar for `all` units of work; `None` if standard error is no terminal. `template` is in indicatif's syntax.
    pub(crate) fn new(all: u64, template: &str) -> Option<Bar> {
        io::stderr().is_terminal().then(|| Bar::hidden(all, template))
    }

    fn hidden(all: u64, template: &str) -> Bar {
        let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::hidden());
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Bar { bar, begun: Instant::now(), shown: false }
    }

    /// Sets how much of the work is done.
    pub(crate) fn at(&mut self, done: u64) {
        self.show(LONG, ProgressDrawTarget::stderr);
        self.bar.set_position(done);
    }

    fn show(&mut self, after: Duration, target: fn() -> ProgressDrawTarget) {
        match (self.shown, SILENT.load(Ordering::Relaxed)) {
            (false, false) if self.begun.elapsed() >= after => {
                self.bar.set_draw_target(target());
                self.shown = true;
            }
            (true, true) => {
                self.bar.finish_and_clear();
                self.bar.set_draw_target(ProgressDrawTarget::hidden());
                self.shown = false;
            }
            _ => {}
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A file whose reading has a bar.
pub(crate) struct Watched<R> {
    from: R,
    read: u64,
    bar: Option<Bar>,
}

impl<R: Read> Watched<R> {
    /// Reads `from`, which has so many bytes.
    pub(crate) fn new(from: R, bytes: u64) -> Watched<R> {
        let template = "labkit: {wide_bar} {bytes} of {total_bytes} read, {eta} left";
        Watched { from, read: 0, bar: Bar::new(bytes, template) }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let got = self.from.read(room)?;
        self.read += got as u64;
        match &mut self.bar {
            Some(_) if got == 0 => self.bar = None,
            Some(bar) => bar.at(self.read),
            None => {}
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_appears_only_after_its_time() {
        let mut bar = Bar::hidden(10, "{pos} of {len}");
        bar.show(Duration::from_secs(3600), ProgressDrawTarget::hidden);
        assert!(!bar.shown);
        bar.show(Duration::ZERO, ProgressDrawTarget::hidden);
        assert!(bar.shown);
        bar.at(7);
        assert_eq!(bar.bar.position(), 7);
    }

    #[test]
    fn what_is_read_stays_as_it_is() {
        let mut text = String::new();
        Watched::new(&b"some text"[..], 9).read_to_string(&mut text).expect("memory can be read");
        assert_eq!(text, "some text");
    }
}
