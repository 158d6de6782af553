//! The mouse: each click is at a position where the last screen shows the text that is clicked.

use super::{drawn, open, press, settle, text};
use crate::filter::saved::Saved;
use crate::tui::state::{Effect, Focus, State};
use crate::tui::update;
use ratatui::crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

const SIZE: (u16, u16) = (80, 24);

/// Column and row of a text on the screen.
fn place(screen: &str, wanted: &str) -> (u16, u16) {
    let found = screen.lines().enumerate().find_map(|(row, line)| Some((line.find(wanted)?, line, row)));
    let (at, line, row) = found.unwrap_or_else(|| panic!("no {wanted:?} on\n{screen}"));
    // Each line begins with the border that the tests draw.
    (line[..at].chars().count() as u16 - 1, row as u16)
}

fn mouse(state: &mut State, kind: MouseEventKind, (column, row): (u16, u16)) -> Effect {
    let event = Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let effect = update::event(state, &event);
    settle(state);
    effect
}

/// Clicks on a text, and returns the screen afterwards.
fn click(state: &mut State, wanted: &str) -> String {
    let at = place(&text(&drawn(state, SIZE)), wanted);
    mouse(state, MouseEventKind::Down(MouseButton::Left), at);
    mouse(state, MouseEventKind::Up(MouseButton::Left), at);
    text(&drawn(state, SIZE))
}

#[test]
fn a_click_chooses_a_packet_unfolds_a_protocol_and_selects_a_byte() {
    let mut state = open("capture1.pcapng");
    let screen = click(&mut state, "PSH,ACK Seq=1 Ack=1 Len=28");
    assert!(screen.contains("Details of packet 4"), "{screen}");
    click(&mut state, "▸ Transmission Control Protocol");
    let screen = click(&mut state, "▸ Transmission Control Protocol");
    assert!(screen.contains("Source Port: 37818"), "the second click unfolds\n{screen}");
    // The last byte of the source port, in the row of offset 0x20.
    let (column, row) = place(&screen, "0020  38 65 93 ba");
    mouse(
        &mut state,
        MouseEventKind::Down(MouseButton::Left),
        (column + "0020  38 65 93 b".len() as u16, row),
    );
    assert_eq!((state.focus, state.bytes.cursor), (Focus::Bytes, 0x23));
    assert_eq!(press(&mut state, "<Tab><Tab>y"), Effect::Copy("37818".into()));
}

#[test]
fn the_wheel_scrolls_what_is_under_the_mouse() {
    let mut state = open("capture1.pcapng");
    let screen = text(&drawn(&mut state, SIZE));
    mouse(&mut state, MouseEventKind::ScrollDown, place(&screen, "SYN Seq=0"));
    assert_eq!((state.current(), state.details.cursor), (Some(4), 0));
    mouse(&mut state, MouseEventKind::ScrollDown, place(&screen, "Ethernet II"));
    assert_eq!((state.current(), state.details.cursor), (Some(4), 3));
    mouse(&mut state, MouseEventKind::ScrollUp, place(&screen, "SYN Seq=0"));
    assert_eq!(state.current(), Some(1));
}

#[test]
fn saved_filters_are_buttons_and_so_are_the_keys_below() {
    let mut state = open("capture1.pcapng");
    let saved = |label: &str, filter: &str| Saved {
        label: label.into(),
        filter: filter.into(),
        comment: String::new(),
    };
    state.saved = vec![saved("data", "tcp.len > 0"), saved("syn", "tcp.flags.syn == 1")];
    let screen = click(&mut state, "[2] syn");
    assert!(screen.contains("Filter: tcp.flags.syn == 1  [1] data  [2] syn"), "{screen}");
    assert_eq!(state.session.as_ref().unwrap().len(), 4);
    click(&mut state, "[1] data");
    assert_eq!(state.session.as_ref().unwrap().len(), 4);
    assert!(click(&mut state, "Filter: tcp.len").contains("a display filter"), "the bar is typed into");
    press(&mut state, "<Esc>");
    let screen = click(&mut state, "L ladder");
    assert!(screen.contains("├──"), "{screen}");
    click(&mut state, "[SYN] Seq=0 MSS");
    click(&mut state, "Ack=29 Len=9");
    let screen = click(&mut state, "Ack=29 Len=9");
    assert!(screen.contains("Details of packet 6"), "the second click goes there\n{screen}");
    let quit = place(&screen, "q quit");
    assert_eq!(mouse(&mut state, MouseEventKind::Down(MouseButton::Left), quit), Effect::Quit);
}

#[test]
fn headings_between_panes_can_be_dragged() {
    let mut state = open("capture1.pcapng");
    let screen = text(&drawn(&mut state, SIZE));
    let from = place(&screen, " Details of packet 1");
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), from);
    mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), (from.0, 5));
    mouse(&mut state, MouseEventKind::Up(MouseButton::Left), (from.0, 5));
    let screen = text(&drawn(&mut state, SIZE));
    assert_eq!(place(&screen, " Details of packet 1").1, 5, "{screen}");
    let bytes = place(&screen, " Frame: 74 bytes");
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), bytes);
    mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), (bytes.0, 12));
    let screen = text(&drawn(&mut state, SIZE));
    assert_eq!(place(&screen, " Details of packet 1").1, 5, "the other one stays\n{screen}");
    assert_eq!(place(&screen, " Frame: 74 bytes").1, 12, "{screen}");
    // The screen can be drawn for any position of the dragged heading.
    for row in [0, 1, 22, 23, 200] {
        mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), (0, row));
        drawn(&mut state, SIZE);
    }
}
