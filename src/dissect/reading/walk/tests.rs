use super::*;

static LENGTH: Field = Field::new("test.length", "Length", Kind::Uint(8));
static NUMBER: Field = Field::new("test.number", "Number", Kind::Uint(16));
static BIT: Field = Field::new("test.bit", "Bit", Kind::Bool).mask(0x0100);
static REST: Field = Field::new("test.rest", "Rest", Kind::Bytes);

/// Writes down what it sees: names, places and levels.
#[derive(Default)]
struct Log {
    seen: Vec<(&'static str, u32, u32)>,
    level: i32,
    most: usize,
}

impl Visit for Log {
    fn field(&mut self, field: &'static Field, at: At, _: Value<'_>) -> Visited {
        self.seen.push((field.name, at.start, at.len));
        if self.seen.len() == self.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
    fn open(&mut self) {
        self.level += 1;
    }
    fn close(&mut self) {
        self.level -= 1;
    }
}

/// A list of vectors, each with its length in front and a number inside, and a number behind the list.
fn vectors(w: &mut Walk<'_, '_>) -> Step {
    let all = w.take(&LENGTH, 1)?;
    w.within(all, |w| {
        while w.left() > 0 {
            let len = w.take(&LENGTH, 1)?;
            w.open();
            w.within(len, |w| w.num(&NUMBER, 0).map(drop))?;
            w.close();
        }
        Ok(())
    })?;
    w.num(&NUMBER, 0).map(drop)
}

fn log(bytes: &[u8], most: usize) -> (Log, Visited) {
    let mut log = Log { most, ..Log::default() };
    let mut w = Walk::new(bytes, 0, 100, &mut log);
    let result = vectors(&mut w);
    let flow = w.finish(result);
    (log, flow)
}

#[test]
fn a_part_that_ends_early_ends_alone() {
    let (log, flow) = log(&[7, 2, 0, 1, 1, 9, 1, 8, 0, 5], 99);
    let numbers: Vec<u32> = log.seen.iter().filter(|(n, ..)| *n == "test.number").map(|s| s.1).collect();
    // The second and the third vector have one byte, and their number two.
    assert_eq!(numbers, [102, 108]);
    assert_eq!((log.level, flow), (0, ControlFlow::Continue(())));
}

#[test]
fn a_walk_ends_where_its_bytes_end_and_closes_what_it_opened() {
    for len in 0..10 {
        let all = [7, 2, 0, 1, 2, 0, 9, 0, 0, 5];
        let (log, flow) = log(&all[..len], 99);
        assert!(log.seen.iter().all(|(_, start, n)| start + n <= 100 + len as u32), "{:?}", log.seen);
        assert_eq!((log.level, flow), (0, ControlFlow::Continue(())));
    }
}

#[test]
fn a_visitor_that_has_seen_enough_ends_the_walk_in_any_part() {
    for most in 1..7 {
        let (log, flow) = log(&[7, 2, 0, 1, 2, 0, 9, 0, 0, 5], most);
        assert_eq!((log.seen.len(), flow), (most, ControlFlow::Break(())));
    }
}

#[test]
fn bits_lie_in_as_many_bytes_as_the_caller_says_and_the_rest_is_what_there_is() {
    let mut log = Log { most: 99, ..Log::default() };
    let mut w = Walk::new(&[1, 0, 0xff], 0, 0, &mut log);
    let result = w.bits(&[&BIT, &NUMBER], 0, 2).and_then(|()| w.up_to(&REST, 2, 40));
    assert_eq!(result, Ok(()));
    assert_eq!(w.up_to(&REST, 3, 1), Ok(()));
    assert_eq!(w.num(&NUMBER, usize::MAX), Err(End::Short));
    assert_eq!(log.seen, [("test.bit", 0, 2), ("test.number", 0, 2), ("test.rest", 2, 1)]);
}
