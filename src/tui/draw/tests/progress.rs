//! Screens of unfinished work: a capture that is being read, a filter that is running, a capture that grows.

use super::grows::Growing;
use super::{SIZES, drawn, keys, press, settle, text};
use crate::lab::definition::Lab;
use crate::tui::live::{Capture, Keeper, Said};
use crate::tui::origin::{Hold, Origin};
use crate::tui::session::Session;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::update::tick;
use crate::view::colour::Rules;
use crate::view::palette::Palette;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// Readers are held after this frame, the last of the first batch that the index publishes.
const HELD: u32 = 64;

fn recording() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/handshakes.pcapng")
}

/// A state with a capture whose readers stop at frame [`HELD`].
fn held() -> (State, Arc<Hold>) {
    let hold = Hold::at(HELD.into());
    let mut origin = Origin::file(&recording());
    origin.hold = Some(hold.clone());
    let mut state =
        State::new(Lab::built_in(), Rules::default(), Theme { palette: Some(Palette::default()) });
    state.set_session(Session::open(origin, Rules::default()).unwrap());
    (state, hold)
}

fn wait(state: &mut State, is_so: impl Fn(&State) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so(state) {
        tick::tick(state);
        assert!(Instant::now() < deadline, "in vain\n{}", text(&drawn(state, SIZES[1])));
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn at_all_sizes(state: &mut State) -> String {
    let screen = |size: (u16, u16)| format!("{}x{}\n{}", size.0, size.1, text(&drawn(state, size)));
    SIZES.map(screen).concat()
}

fn session(state: &State) -> &Session {
    state.session.as_ref().unwrap()
}

#[test]
fn a_capture_that_is_being_read() {
    let (mut state, hold) = held();
    wait(&mut state, |state| session(state).read().len() == HELD);
    insta::assert_snapshot!(at_all_sizes(&mut state));
    hold.release();
    settle(&mut state);
    assert!(session(&state).read().len() > HELD && session(&state).read().is_complete());
    let screen = text(&drawn(&mut state, SIZES[1]));
    assert!(!screen.contains("reading"), "{screen}");
}

#[test]
fn a_filter_that_runs_and_is_stopped() {
    let (mut state, hold) = held();
    hold.release();
    settle(&mut state);
    state.message = None;
    let held = Hold::at(HELD.into());
    state.session.as_mut().unwrap().origin.hold = Some(held.clone());
    keys(&mut state, "ftcp.flags.syn == 1<Enter>", &mut |_| {});
    let place = session(&state).read().entry(HELD).unwrap().position();
    wait(&mut state, |state| session(state).sift.as_ref().unwrap().position() == place);
    let running = at_all_sizes(&mut state);
    // Stopped, it keeps what it has found.
    let found = session(&state).len();
    press(&mut state, "<Esc>");
    assert_eq!(session(&state).len(), found);
    insta::assert_snapshot!(running + &at_all_sizes(&mut state));
}

/// A live capture in which the test plays the keeper: the channel for the keeper's words, and the file that it fills.
fn live() -> (Growing, Sender<Said>) {
    let (keeper, said) = Keeper::played();
    let mut state =
        State::new(Lab::built_in(), Rules::default(), Theme { palette: Some(Palette::default()) });
    state.live = Some(Capture::new(keeper));
    tick::capture(&mut state, "eth0", &["tcp".to_owned()]);
    let file = state.live.as_ref().unwrap().file();
    (Growing::into(file, state), said)
}

/// Whether the search for the lab's exchanges is done for this number of frames.
fn is_judged(state: &State, frames: u32) -> bool {
    state.exchanges_of.frames == frames && state.exchanges_coming.is_none()
}

#[test]
fn a_live_capture_from_its_start_to_its_end() {
    let (mut capture, said) = live();
    capture.wait(|state| state.session.is_some());
    let mut all = at_all_sizes(&mut capture.state);
    capture.up_to(7);
    capture.wait(|state| state.current() == Some(7) && is_judged(state, 7));
    all += &at_all_sizes(&mut capture.state);
    // After the user goes up, the list stays there while more frames come.
    capture.press("kkk");
    capture.up_to(12);
    capture.wait(|state| is_judged(state, 12));
    all += &at_all_sizes(&mut capture.state);
    let counts = "20 frames received, 0 dropped, 20 written to capture.pcapng";
    capture.up_to(20);
    said.send(Said::Line(counts.into())).unwrap();
    said.send(Said::End(1, true)).unwrap();
    capture.wait(|state| !state.live.as_ref().unwrap().running && session(state).read().is_complete());
    settle(&mut capture.state);
    all += &at_all_sizes(&mut capture.state);
    insta::assert_snapshot!(all);
}

#[test]
fn a_capture_that_says_more_about_earlier_packets_than_is_kept() {
    let hold = Hold::at(1);
    let mut origin = Origin::file(&recording());
    origin.hold = Some(hold.clone());
    let mut state =
        State::new(Lab::built_in(), Rules::default(), Theme { palette: Some(Palette::default()) });
    state.set_session(Session::open(origin, Rules::default()).unwrap());
    session(&state).read().hindsight().fill();
    hold.release();
    settle(&mut state);
    assert!(state.message.as_ref().unwrap().contains("more about earlier ones than is kept"));
    // The status line says so even after the message is gone.
    press(&mut state, "G");
    insta::assert_snapshot!(at_all_sizes(&mut state));
}
