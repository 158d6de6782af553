use super::build::Build;
use super::{drain, frames, open};
use crate::capture::copy::Copier;
use crate::capture::info::{Info, Interface, Section, Statistics};
use crate::capture::reader::{FileReader, Reader};
use crate::capture::resolution::Resolution;
use crate::capture::revisit::Revisit;
use crate::capture::writer::{FileFormat, Writer};
use crate::capture::{CaptureError, Source};
use crate::frame::{Frame, FrameNo, LinkType, Origin, Timestamp};
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;

fn frame(nanos: i64, bytes: &[u8]) -> Frame<'_> {
    Frame {
        no: FrameNo(1),
        time: Some(Timestamp::from_nanos(nanos)),
        precision: 9,
        link: LinkType::ETHERNET,
        wire_len: bytes.len() as u32 + 10,
        interface: 0,
        origin: Origin::default(),
        bytes,
    }
}

fn nanosecond_interface(link: LinkType) -> Interface {
    Interface { resolution: Resolution::NANOS, snaplen: 262_144, ..Interface::new(link) }
}

fn copy(from: &[u8], format: FileFormat) -> Result<Vec<u8>, CaptureError> {
    let mut source = open(from);
    let mut copier =
        Copier::new(Writer::new(Vec::new(), "copy", format, &Section::copied_from(source.info())));
    while source.advance()? {
        copier.frame(&source)?;
    }
    copier.finish(source.info())
}

/// The description of a capture after all of it was read.
fn info(bytes: &[u8]) -> Info {
    let mut reader = open(bytes);
    assert!(drain(&mut reader).1.is_none());
    reader.info().clone()
}

#[test]
fn all_that_is_written_is_read_again() {
    let section = Section::of_this_machine();
    let mut writer = Writer::new(Vec::new(), "x", FileFormat::PcapNg, &section);
    let eth = Interface {
        name: Some("veth-guest".into()),
        description: Some("a cable".into()),
        filter: Some("tcp port 65432".into()),
        os: section.os.clone(),
        mac: Some([2, 0, 0, 0, 0, 1]),
        ipv4: vec![([192, 168, 56, 101].into(), [255, 255, 255, 0].into())],
        ipv6: vec![("fe80::1".parse().expect("an address"), 64)],
        speed: Some(10_000_000_000),
        comments: vec!["no comment".into()],
        ..nanosecond_interface(LinkType::ETHERNET)
    };
    assert_eq!(writer.interface(&eth).expect("memory"), 0);
    assert_eq!(writer.interface(&nanosecond_interface(LinkType::RAW)).expect("memory"), 1);
    let names = [
        ([192, 168, 56, 1].into(), "host".to_owned()),
        ("fe80::1".parse().expect("an address"), "guest".to_owned()),
    ];
    writer.names(&names).expect("memory");
    writer.frame(0, &frame(1_700_000_000_123_456_789, b"one")).expect("memory");
    writer.commented(1, &frame(5, b"four"), ["why", "because"].iter()).expect("memory");
    let counted = Statistics {
        time: Some(Timestamp::from_nanos(30)),
        start: Some(Timestamp::from_nanos(1)),
        end: Some(Timestamp::from_nanos(20)),
        received: Some(9),
        dropped: Some(1),
        os_dropped: Some(0),
        ..Statistics::default()
    };
    writer.statistics(0, &counted).expect("memory");
    let bytes = writer.finish().expect("memory");

    let mut reader = open(&bytes);
    let (seen, error) = drain(&mut reader);
    assert!(error.is_none());
    assert_eq!(
        (seen[0].nanos(), seen[0].wire_len, seen[0].bytes.as_slice()),
        (Some(1_700_000_000_123_456_789), 13, &b"one"[..])
    );
    assert_eq!(
        (seen[1].interface, seen[1].link, seen[1].comments.join(" ")),
        (1, 101, "why because".to_owned())
    );
    let read = reader.info();
    assert_eq!(read.sections[0].application.as_deref(), Some(concat!("labkit ", env!("CARGO_PKG_VERSION"))));
    assert_eq!(read.names, names);
    assert_eq!(read.interfaces[0], Interface { section: 1, statistics: Some(counted), ..eth });
}

/// Remembers the length after each write.
#[derive(Default)]
struct Steps(Vec<u8>, Vec<usize>);

impl Write for Steps {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend(bytes);
        self.1.push(self.0.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_has_been_written_is_a_valid_capture_at_every_moment() {
    let mut writer = Writer::new(Steps::default(), "x", FileFormat::PcapNg, &Section::default());
    writer.interface(&nanosecond_interface(LinkType::ETHERNET)).expect("memory");
    for n in 0..400 {
        writer.frame(0, &frame(n, &[1; 1500])).expect("memory");
        if n % 90 == 7 {
            writer.flush().expect("memory");
        }
    }
    let steps = writer.finish().expect("memory");
    assert!(steps.1.len() > 5);
    for end in &steps.1 {
        frames(&steps.0[..*end]);
    }
    assert_eq!(frames(&steps.0).len(), 400);
}

#[test]
fn a_copy_says_what_its_source_said() {
    let build = Build::new().interface(1, 0, &[(2, b"unused")]).interface(
        101,
        0,
        &[(2, b"tun0"), (14, &[9, 0, 0, 0, 0, 0, 0, 0])],
    );
    let names = build.option(1, b"\x0a\0\0\x01host\0");
    let comment = build.option(1, b"look here");
    let source = build
        .packet_with(1, 1, b"abc", &comment)
        .block(4, &names)
        .turn()
        .section(&[])
        .interface(1, 0, &[(2, b"eth0"), (9, &[9])])
        .packet(0, 3, b"def")
        .bytes;
    let copied = copy(&source, FileFormat::PcapNg).expect("memory");
    let (old, new) = (frames(&source), frames(&copied));
    assert_eq!(old.len(), new.len());
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(
            (old.time, old.precision, old.link, &old.bytes, &old.comments),
            (new.time, new.precision, new.link, &new.bytes, &new.comments)
        );
    }
    let info = info(&copied);
    let described: Vec<_> = info.interfaces.iter().map(|i| i.name.clone().unwrap_or_default()).collect();
    assert_eq!(described, ["tun0", "eth0"], "only interfaces that have frames, in the order of their first");
    assert_eq!(info.address_of("host"), Some([10, 0, 0, 1].into()));
}

#[test]
fn counts_are_copied() {
    let build = Build::new().interface(1, 0, &[]).packet(0, 1, b"abc");
    let counts = [build.n32(0), build.n32(0), build.n32(9), build.option(4, &build.n64(10))].concat();
    let source = build.block(5, &counts).bytes;
    let copied = copy(&source, FileFormat::PcapNg).expect("memory");
    assert_eq!(info(&copied).interfaces[0].statistics, info(&source).interfaces[0].statistics);
}

#[test]
fn frames_without_a_time_stay_without() {
    let build = Build::new().interface(1, 4, &[]);
    let body = [build.n32(60), b"abcd".to_vec()].concat();
    let copied = copy(&build.block(3, &body).bytes, FileFormat::PcapNg).expect("memory");
    assert_eq!((frames(&copied)[0].time, frames(&copied)[0].wire_len), (None, 60));
}

#[test]
fn classic_pcap_takes_one_link_type_and_says_so() {
    let two = Build::new().interface(1, 0, &[]).interface(101, 0, &[]).packet(0, 1, b"a").packet(1, 1, b"b");
    let error = copy(&two.bytes, FileFormat::Pcap).expect_err("two link types");
    assert!(matches!(error, CaptureError::SecondLinkType { .. }));
    assert!(error.to_string().contains(".pcapng"), "{error}");
    let one =
        Build::new().interface(1, 0, &[(9, &[9])]).interface(1, 0, &[]).packet(0, 1, b"a").packet(1, 1, b"b");
    let seen = frames(&copy(&one.bytes, FileFormat::Pcap).expect("memory"));
    assert_eq!((seen[0].nanos(), seen[1].nanos(), seen[0].precision), (Some(1), Some(1_000), 9));
    assert!(frames(&copy(&Build::new().bytes, FileFormat::Pcap).expect("memory")).is_empty());
}

#[test]
fn the_name_decides_the_format() {
    assert_eq!(FileFormat::of(Path::new("a/b.pcap")), FileFormat::Pcap);
    assert_eq!(FileFormat::of(Path::new("B.PCAP")), FileFormat::Pcap);
    assert_eq!(FileFormat::of(Path::new("a.pcapng")), FileFormat::PcapNg);
    assert_eq!(FileFormat::of(Path::new("capture")), FileFormat::PcapNg);
}

#[test]
fn compressed_files_are_read_and_damage_in_them_is_named() {
    let plain = Build::new().interface(1, 0, &[]).packet(0, 1, b"abcd").packet(0, 2, b"efgh").bytes;
    let pack = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).and_then(|()| gzip.finish()).expect("memory")
    };
    let path = std::env::temp_dir().join(format!("labkit-gzip-{}.pcapng.gz", std::process::id()));
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("a temporary file");
        FileReader::open(&path).map(|mut reader| (reader.info().compressed, drain(&mut reader)))
    };
    // Two members in a row, as `cat a.gz b.gz` makes them.
    let (compressed, (seen, error)) =
        read(&[pack(&plain[..50]), pack(&plain[50..])].concat()).expect("a capture");
    assert!(compressed && error.is_none(), "{error:?}");
    assert_eq!(seen, frames(&plain));
    let whole = pack(&plain);
    let cut = read(&whole[..whole.len() - 9]).map(|(_, (_, error))| error);
    let _ = std::fs::remove_file(&path);
    assert!(matches!(cut, Err(CaptureError::Read { .. }) | Ok(Some(CaptureError::Read { .. }))), "{cut:?}");
}

#[test]
fn frames_are_fetched_again_in_any_order() {
    let build = Build::new().interface(1, 0, &[]).interface(101, 0, &[]);
    let comment = build.option(1, b"why");
    let bytes = build
        .packet_with(1, 5, b"abc", &comment)
        .turn()
        .section(&[])
        .interface(113, 0, &[(9, &[9])])
        .packet(0, 7, b"defg")
        .packet(0, 8, b"hij")
        .bytes;
    let path = std::env::temp_dir().join(format!("labkit-revisit-{}.pcapng", std::process::id()));
    std::fs::write(&path, &bytes).expect("a temporary file");
    let (seen, info) = (frames(&bytes), info(&bytes));
    let mut again = Revisit::open(&path, &info).expect("it is there").expect("a plain file");
    let _ = std::fs::remove_file(&path);
    for no in [2, 0, 1, 1, 0] {
        let expected = &seen[no];
        let frame =
            again.frame(FrameNo(no as u64 + 1), expected.position).expect("no damage").expect("a frame");
        assert_eq!((frame.no.0, frame.link.0), (no as u64 + 1, expected.link));
        assert_eq!((frame.time, frame.bytes), (expected.time, expected.bytes.as_slice()));
        let comments: Vec<_> = again.comments().collect();
        assert_eq!(comments, expected.comments);
    }
    assert!(again.frame(FrameNo(4), bytes.len() as u64).expect("no damage").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_come_back_as_they_were(
        data in prop::collection::vec((0..i64::MAX, prop::collection::vec(any::<u8>(), 0..70), "[a-zé€]{0,9}"), 0..20),
        classic in any::<bool>(),
    ) {
        let format = if classic { FileFormat::Pcap } else { FileFormat::PcapNg };
        let mut writer = Writer::new(Vec::new(), "x", format, &Section::default());
        let id = writer.interface(&nanosecond_interface(LinkType::ETHERNET)).expect("memory");
        // Classic pcap counts seconds in 32 bits.
        let most = if classic { i64::from(u32::MAX) * 1_000_000_000 } else { i64::MAX };
        for (time, bytes, comment) in &data {
            writer.commented(id, &frame(time % most, bytes), std::iter::once(comment)).expect("memory");
        }
        let bytes = writer.finish().expect("memory");
        let seen = frames(&bytes);
        prop_assert_eq!(seen.len(), data.len());
        for (seen, (time, bytes, comment)) in seen.iter().zip(&data) {
            prop_assert_eq!(seen.nanos(), Some(time % most));
            prop_assert_eq!(&seen.bytes, bytes);
            prop_assert_eq!(seen.wire_len as usize, bytes.len() + 10);
            prop_assert!(classic || seen.comments == [comment.as_str()]);
        }
        prop_assert!(Reader::new(bytes.as_slice(), "x").is_ok());
    }
}
