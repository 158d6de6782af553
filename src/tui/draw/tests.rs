//! Whole screens, at three sizes, after keys that a user would press.

mod grows;
mod mouse;
#[cfg(all(unix, feature = "capture"))]
mod progress;

use crate::capture::interfaces::{Interface, Kind, State as Link};
use crate::lab::definition::Lab;
use crate::tui::draw::draw;
use crate::tui::origin::Origin;
use crate::tui::session::Session;
use crate::tui::start::Start;
use crate::tui::state::{Ask, Effect, Leave, State};
use crate::tui::theme::Theme;
use crate::tui::update::{self, tick};
use crate::view::colour::Rules;
use crate::view::palette::Palette;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SIZES: [(u16, u16); 3] = [(60, 20), (80, 24), (120, 40)];

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

fn open(name: &str) -> State {
    open_file(&captures().join(name))
}

fn open_file(path: &Path) -> State {
    let mut state =
        State::new(Lab::built_in(), Rules::default(), Theme { palette: Some(Palette::default()) });
    state.set_session(Session::open(Origin::file(path), Rules::default()).unwrap());
    settle(&mut state);
    state.message = None;
    state
}

/// Waits until no thread works any more.
fn settle(state: &mut State) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if !tick::tick(state) {
            return;
        }
        assert!(Instant::now() < deadline, "it never comes to rest");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Presses keys, and waits after each until no thread works any more.
fn press(state: &mut State, text: &str) -> Effect {
    keys(state, text, &mut settle)
}

/// Presses keys: characters, and names in angle brackets.
fn keys(state: &mut State, keys: &str, after: &mut dyn FnMut(&mut State)) -> Effect {
    let mut effect = Effect::None;
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (code, used) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            Some((name, _)) if !name.is_empty() => (named(name), name.len() + 2),
            _ => (KeyCode::Char(c), c.len_utf8()),
        };
        effect = update::key(state, &KeyEvent::new(code, KeyModifiers::NONE));
        after(state);
        rest = &rest[used..];
    }
    effect
}

fn named(name: &str) -> KeyCode {
    match name {
        "Tab" => KeyCode::Tab,
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Up" => KeyCode::Up,
        "End" => KeyCode::End,
        "lt" => KeyCode::Char('<'),
        "F2" => KeyCode::F(2),
        other => panic!("no key is named {other}"),
    }
}

fn drawn(state: &mut State, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).map(|y| format!("|{}|\n", row(y))).collect()
}

/// The screen at each size, after the same keys in a fresh state; `<Draw>` among the keys draws it once more in
/// between.
fn screens(name: &str, keys: &str) -> String {
    let mut all = String::new();
    for size in SIZES {
        let mut state = open(name);
        drawn(&mut state, size);
        for part in keys.split("<Draw>") {
            press(&mut state, part);
            drawn(&mut state, size);
        }
        all.push_str(&format!("{}x{}\n{}", size.0, size.1, text(&drawn(&mut state, size))));
    }
    all
}

macro_rules! screen {
    ($name:ident, $capture:literal, $keys:literal) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(screens($capture, $keys));
        }
    };
}

screen!(the_three_panes, "capture1.pcapng", "");
screen!(a_field_marks_its_bytes, "capture1.pcapng", "jjj<Tab>jjjljjll");
screen!(a_byte_selects_its_field, "capture1.pcapng", "jjj<Tab><Tab>jjjjjjj");
screen!(a_filter_that_is_not_complete, "capture1.pcapng", "ftcp.len ==");
screen!(a_filter_that_is_wrong, "capture1.pcapng", "ftcp.prot == 1");
screen!(a_filter_at_work, "capture1.pcapng", "ftcp.len > 0<Enter>");
screen!(a_filter_that_nothing_passes, "capture1.pcapng", "fudp<Enter>");
screen!(names_that_fit, "capture1.pcapng", "ftcp.fla<Tab><Tab>");
screen!(the_keys, "capture1.pcapng", "?");
screen!(what_both_ends_said, "capture1.pcapng", "F");
screen!(what_both_ends_said_in_hexadecimal, "capture1.pcapng", "Fx");
screen!(gaps_in_what_was_said, "started-late.pcapng", "F");
screen!(the_ladder, "capture1.pcapng", "L");
screen!(a_step_in_an_exchange, "capture1.pcapng", "S   ");
screen!(the_conversations, "capture1.pcapng", "O");
screen!(the_hierarchy, "capture1.pcapng", "H");
screen!(the_answers, "capture1.pcapng", "A");
screen!(the_bytes_alone, "capture1.pcapng", "<Tab><Tab>z");
screen!(a_column_of_ones_own, "capture1.pcapng", "ctcp.seq<Enter>");
screen!(a_filter_whose_reason_is_long, "capture1.pcapng", "fip.host == 192.168.56. and tcp");
screen!(a_label_for_a_filter, "capture1.pcapng", "ftcp.len > 0<Enter><F2>");
screen!(a_comment_on_a_filter, "capture1.pcapng", "ftcp.len > 0<Enter><F2>data<Enter>");
screen!(a_frame_to_go_to, "capture1.pcapng", "g14");
screen!(a_search, "capture1.pcapng", "/<Tab>hello");
screen!(what_was_searched_for, "capture1.pcapng", "/<Tab><Tab>hello<Enter>");
screen!(a_search_in_a_pane, "capture1.pcapng", "A<Draw>/forge<Enter>");
screen!(a_name_to_save_under, "capture1.pcapng", "wmine.pcapng");
screen!(another_file_to_open, "capture1.pcapng", "oother.pcapng");
// The system's own words are others on Windows.
#[cfg(unix)]
screen!(a_file_that_is_not_there, "capture1.pcapng", "ono-such.pcapng<Enter>");
screen!(the_list_alone, "capture1.pcapng", "z");
screen!(the_details_alone_with_names, "capture1.pcapng", "jjj<Tab>zEi");
screen!(what_one_side_said, "capture1.pcapng", "Fd");
screen!(marks_and_a_time_reference, "capture1.pcapng", "jmjjT");

#[test]
fn the_adapters() {
    let adapter = |name: &str, state, kind, ip: &str| Interface {
        name: name.into(),
        index: 1,
        state,
        addresses: vec![(ip.parse().unwrap(), 24)],
        mac: None,
        kind,
    };
    let found = [
        adapter("lo", Link::Up, Kind::Loopback, "127.0.0.1"),
        adapter("eth0", Link::Up, Kind::Ethernet, "192.168.56.1"),
        adapter("eth1", Link::Down, Kind::Ethernet, "10.0.0.1"),
    ];
    let mut all = String::new();
    for size in SIZES {
        let mut state =
            State::new(Lab::built_in(), Rules::default(), Theme { palette: Some(Palette::default()) });
        let mut start = Start::default();
        for round in 0..12 {
            start.take(&found, true, &|name| if name == "eth0" { round * round } else { 7 });
        }
        start.scroll.cursor = 2;
        state.start = Some(start);
        all.push_str(&format!("{}x{}\n{}", size.0, size.1, text(&drawn(&mut state, size))));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_would_be_lost_is_asked_for() {
    let mut all = String::new();
    for size in SIZES {
        let mut state = open("capture1.pcapng");
        update::prompt::open(&mut state, Ask::Leave(Leave::Restart), "");
        all.push_str(&format!("{}x{}\n{}", size.0, size.1, text(&drawn(&mut state, size))));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_conversation_of_the_table_becomes_a_filter() {
    let mut state = open("capture1.pcapng");
    press(&mut state, "O/38200<Enter>=");
    assert!(state.pane.is_none());
    assert_eq!(state.session.as_ref().unwrap().sift.as_ref().unwrap().text, "tcp.stream == 1");
    press(&mut state, "gg");
    assert_eq!(state.current(), Some(11));
}

#[test]
fn a_stream_is_copied_whole_and_its_sides_can_be_seen_alone() {
    let mut state = open("capture1.pcapng");
    press(&mut state, "F");
    let both = "> Hello guest operating system\n< #<<END>>#";
    assert_eq!(press(&mut state, "Y"), Effect::Copy(both.into()));
    press(&mut state, "dd");
    assert_eq!(press(&mut state, "Y"), Effect::Copy("< #<<END>>#".into()));
    press(&mut state, "d");
    assert_eq!(press(&mut state, "Y"), Effect::Copy(both.into()));
}

#[test]
fn an_opened_protocol_stays_open_from_packet_to_packet() {
    let mut state = open("capture1.pcapng");
    press(&mut state, "<Tab>jjjl");
    let open = |state: &mut State| text(&drawn(state, (80, 40))).contains("Source Port: ");
    assert!(open(&mut state));
    press(&mut state, "<Tab><Tab>jjjj");
    assert!(open(&mut state), "still, in another packet");
    press(&mut state, "<Tab>h");
    assert!(!open(&mut state));
}

#[test]
fn keys_reach_every_frame() {
    let mut state = open("capture1.pcapng");
    press(&mut state, "g14<Enter>");
    assert_eq!(state.current(), Some(14));
    press(&mut state, "]");
    assert_eq!(state.current(), Some(15));
    press(&mut state, "[[[[[");
    assert_eq!(state.current(), Some(11), "the first of its conversation");
    press(&mut state, "<End>");
    assert_eq!(state.current(), Some(20));
    press(&mut state, "/fin<Enter>");
    let first = state.current();
    press(&mut state, "n");
    assert_ne!(state.current(), first);
    press(&mut state, "N");
    assert_eq!(state.current(), first);
    press(&mut state, "/<Tab><Tab>23 3c 3c<Enter>");
    assert_eq!(state.current(), Some(16), "the marker in the bytes");
    press(&mut state, "/<Tab>/syn, ack.*len=0/<Enter>");
    assert_eq!(state.current(), Some(2), "what an expression matches in the list");
    press(&mut state, "//(/<Enter>");
    assert_eq!(state.message.as_deref(), Some("`(` is no regular expression"));
}

#[test]
fn what_later_frames_say_is_in_details_and_filters() {
    let mut state = open("capture1.pcapng");
    press(&mut state, "ftcp.completeness == 31<Enter>");
    assert_eq!(state.session.as_ref().unwrap().len(), 20, "also the SYN");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/site.pcapng");
    let mut state = open_file(&path);
    for (asks, answers) in [("http.response_in", "http.request_in"), ("dns.response_in", "dns.response_to")] {
        press(&mut state, &format!("f{asks}<Enter>"));
        let (asking, no) = (state.session.as_ref().unwrap().len(), state.current().unwrap());
        let lines = state.session.as_mut().unwrap().show(no).unwrap().lines.clone();
        let said = lines.iter().find(|line| line.field.is_some_and(|field| field.name == asks)).unwrap();
        let answer: u32 = said.text.trim_end_matches(']').rsplit(' ').next().unwrap().parse().unwrap();
        press(&mut state, &format!("<Esc>f{answers} == {no}<Enter>"));
        assert_eq!(state.current(), Some(answer), "{}", said.text);
        press(&mut state, &format!("<Esc>f{answers}<Enter>"));
        assert_eq!(state.session.as_ref().unwrap().len(), asking, "each question has its answer");
        press(&mut state, "<Esc>");
    }
}

#[test]
fn a_field_becomes_a_filter_and_esc_takes_it_away() {
    let mut state = open("capture1.pcapng");
    press(&mut state, "=");
    assert_eq!(state.session.as_ref().unwrap().sift.as_ref().unwrap().text, "tcp.stream == 0");
    assert_eq!(state.session.as_ref().unwrap().len(), 10);
    press(&mut state, "<Tab>jjjljjjjj&");
    assert_eq!(
        state.session.as_ref().unwrap().sift.as_ref().unwrap().text,
        "(tcp.stream == 0) && tcp.len == 0"
    );
    press(&mut state, "<Esc>");
    assert_eq!(state.session.as_ref().unwrap().len(), 20);
}

#[test]
fn what_is_copied_is_the_value() {
    let mut state = open("capture1.pcapng");
    assert_eq!(press(&mut state, "<Tab>jjjljy"), Effect::Copy("37818".into()));
    let Effect::Copy(row) = press(&mut state, "Y") else { panic!("nothing was copied") };
    assert!(row.starts_with("1\t0.000000") && row.contains("[SYN]"), "{row}");
    assert_eq!(press(&mut state, "q"), Effect::Quit);
}

#[test]
fn rows_of_a_filter_are_those_that_replay_lists() {
    let mut state = open("port-reused.pcapng");
    press(&mut state, "ftcp.len > 0<Enter>");
    let session = state.session.as_mut().unwrap();
    let numbers: Vec<u32> = (0..session.len()).filter_map(|line| session.number(line)).collect();
    session.fetch(&numbers);
    assert!(!numbers.is_empty());
    assert!(numbers.iter().all(|no| session.row(*no).unwrap().cells.last().unwrap().contains("Len=")));
}

#[test]
fn without_colours_no_cell_has_one() {
    let mut state = open("capture1.pcapng");
    state.theme = Theme { palette: None };
    press(&mut state, "ftcp.len > 0<Enter>");
    let buffer = drawn(&mut state, (80, 24));
    let plain = ratatui::style::Color::Reset;
    assert!(buffer.content.iter().all(|cell| cell.fg == plain && cell.bg == plain));
}

#[test]
fn any_size_can_be_drawn() {
    let mut state = open("capture1.pcapng");
    for keys in ["", "?", "<Esc>ftcp", "<Esc>", "L", "<Esc>z"] {
        press(&mut state, keys);
        for (width, height) in [(1, 1), (20, 6), (21, 7), (40, 9), (300, 3), (300, 90)] {
            drawn(&mut state, (width, height));
        }
    }
}
