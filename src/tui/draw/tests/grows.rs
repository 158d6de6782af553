//! A capture that grows while the user looks at it: a file that the test fills bit by bit.

use super::{drawn, press, settle, text};
use crate::capture::Source;
use crate::capture::reader::FileReader;
use crate::lab::definition::Lab;
use crate::tui::draw::tests::captures;
use crate::tui::origin::Origin;
use crate::tui::session::Session;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::update::tick;
use crate::view::colour::Rules;
use crate::view::palette::Palette;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (80, 24);

/// The lab's first capture, cut to its first frames.
pub(super) struct Growing {
    whole: Vec<u8>,
    /// The offset of each frame's block, and of the end.
    places: Vec<usize>,
    written: usize,
    file: PathBuf,
    /// Its drop removes the file.
    _folder: Option<tempfile::TempDir>,
    done: Arc<AtomicBool>,
    pub(super) state: State,
}

impl Growing {
    fn new() -> Growing {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("capture.pcapng");
        let state =
            State::new(Lab::built_in(), Rules::default(), Theme { palette: Some(Palette::default()) });
        let mut capture = Growing::into(file, state);
        capture._folder = Some(folder);
        let origin = Origin::growing(&capture.file, "a capture", capture.done.clone());
        capture.state.set_session(Session::open(origin, Rules::default()).unwrap());
        capture
    }

    /// Writes the blocks before the first frame.
    pub(super) fn into(file: PathBuf, state: State) -> Growing {
        let path = captures().join("capture1.pcapng");
        let whole = std::fs::read(&path).unwrap();
        let (mut source, mut places) = (FileReader::open(&path).unwrap(), Vec::new());
        while source.advance().unwrap() {
            places.push(source.position() as usize);
        }
        places.push(whole.len());
        let done = Arc::new(AtomicBool::new(false));
        std::fs::write(&file, &whole[..places[0]]).unwrap();
        Growing { written: places[0], whole, places, file, _folder: None, done, state }
    }

    /// Writes up to frame `no`, and waits until it is there.
    pub(super) fn up_to(&mut self, no: u32) {
        let end = self.places[no as usize];
        let mut file = File::options().append(true).open(&self.file).unwrap();
        file.write_all(&self.whole[self.written..end]).unwrap();
        self.written = end;
        self.wait(|state| state.session.as_ref().unwrap().read().len() == no);
    }

    fn end(&mut self) {
        self.done.store(true, Ordering::Release);
        settle(&mut self.state);
    }

    pub(super) fn wait(&mut self, is_so: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so(&self.state) {
            tick::tick(&mut self.state);
            let screen = text(&drawn(&mut self.state, SIZE));
            assert!(Instant::now() < deadline, "in vain\n{screen}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(super) fn press(&mut self, keys: &str) {
        // A growing capture never comes to rest, so this does not wait for that.
        super::keys(&mut self.state, keys, &mut |state| {
            let _ = tick::tick(state);
        });
    }

    fn screen(&mut self) -> String {
        tick::tick(&mut self.state);
        text(&drawn(&mut self.state, SIZE))
    }
}

fn shows(frame: u32) -> impl Fn(&State) -> bool {
    move |state| {
        state.pane.as_ref().is_some_and(|pane| pane.lines.iter().any(|line| line.frame == Some(frame)))
    }
}

#[test]
fn a_ladder_grows_with_the_packets() {
    let mut capture = Growing::new();
    capture.up_to(3);
    capture.press("L");
    capture.wait(shows(3));
    assert!(!shows(4)(&capture.state));
    capture.up_to(6);
    capture.wait(shows(6));
    let screen = capture.screen();
    assert!(screen.contains("[PSH, ACK] Seq=1 Ack=29 Len=9"), "{screen}");
}

#[test]
fn steps_go_on_while_packets_come() {
    let mut capture = Growing::new();
    // The step mode begins before there is a packet to step to.
    capture.press("S");
    capture.up_to(2);
    capture.wait(|state| shows(2)(state) && state.pane.as_ref().unwrap().step == Some(1));
    capture.press("  ");
    assert_eq!(capture.state.pane.as_ref().unwrap().step, Some(2));
    let screen = capture.screen();
    assert!(screen.contains("the ladder grows as packets come"), "{screen}");
    capture.up_to(4);
    capture.wait(shows(4));
    assert!(!capture.screen().contains("Len=28"), "not before its step");
    capture.press("  ");
    let screen = capture.screen();
    assert!(
        screen.contains("Len=28") && screen.contains("The host sends the message: 28 bytes."),
        "{screen}"
    );
}

#[test]
fn the_list_follows_its_end_until_the_user_goes_up_and_again_from_the_end_on() {
    let mut capture = Growing::new();
    capture.up_to(5);
    capture.wait(|state| state.current() == Some(5));
    capture.press("k");
    capture.up_to(9);
    capture.screen();
    assert_eq!(capture.state.current(), Some(4));
    capture.press("G");
    capture.up_to(12);
    capture.wait(|state| state.current() == Some(12));
}

#[test]
fn what_only_later_frames_say_is_filtered_anew_when_the_capture_ends() {
    let mut capture = Growing::new();
    capture.up_to(6);
    capture.press("ftcp.completeness == 31<Enter>");
    assert_eq!(capture.state.session.as_ref().unwrap().len(), 0);
    capture.up_to(20);
    capture.end();
    capture.wait(|state| state.session.as_ref().unwrap().len() == 20);
    press(&mut capture.state, "ccompleteness<Esc>ctcp.completeness<Enter>");
    let screen = capture.screen();
    assert!(screen.contains("tcp.completeness") && screen.contains(" 31 "), "{screen}");
}
