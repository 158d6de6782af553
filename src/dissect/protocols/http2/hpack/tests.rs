use super::*;
use crate::dissect::facts::HeaderSays;
use crate::dissect::testing::bytes;

fn lines(items: &[HeaderItem]) -> Vec<String> {
    let line = |item: &HeaderItem| match &item.says {
        HeaderSays::Field(f) => {
            format!("{}: {}", String::from_utf8_lossy(&f.name), String::from_utf8_lossy(&f.value))
        }
        HeaderSays::TableSize(size) => format!("size {size}"),
    };
    items.iter().map(line).collect()
}

/// RFC 7541, C.6.
const RESPONSES: [&str; 3] = [
    "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
    "4883 640e ffc1 c0bf",
    "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
];

#[test]
fn blocks_of_one_connection_share_a_table_that_forgets_the_oldest() {
    let mut decoder = Decoder::default();
    decoder.allow(256);
    let said = RESPONSES.map(|block| lines(&decoder.decode(&bytes(block), true)));
    assert_eq!(said[0][0], ":status: 302");
    assert_eq!(
        said[1],
        [
            ":status: 307",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com"
        ]
    );
    assert_eq!(said[2][4], "content-encoding: gzip");
    assert_eq!(decoder.size, 215, "as the RFC has it");
    assert_eq!(decoder.table.len(), 3);
}

#[test]
fn a_block_in_parts_says_each_field_where_it_ends() {
    let block = bytes(RESPONSES[0]);
    for cut in 0..block.len() {
        let mut decoder = Decoder::default();
        let (first, second) = block.split_at(cut);
        let mut items = decoder.decode(first, false);
        items.extend(decoder.decode(second, true));
        assert_eq!(lines(&items), lines(&Decoder::default().decode(&block, true)), "cut at {cut}");
    }
}

#[test]
fn after_a_block_that_is_wrong_nothing_is_known() {
    for wrong in ["80", "c0", "ff ff ff ff ff ff", "3f e2 1f", "41 83 ff ff ff", "00 05 61"] {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(&bytes(wrong), true), [], "{wrong}");
        assert_eq!(decoder.decode(&bytes("82"), true), [], "{wrong}");
    }
}

#[test]
fn a_short_block_does_not_stand_for_a_long_text() {
    let mut decoder = Decoder::default();
    let long = [&[0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], &[b'x'; 4000]].concat();
    assert_eq!(decoder.decode(&long, true).len(), 1);
    let shown = decoder.decode(&[0xbe; 16384], true);
    let octets: usize = shown.iter().map(HeaderItem::octets).sum();
    assert!(octets <= MOST_OCTETS && shown.len() <= MOST_SHOWN);
    assert_eq!(lines(&decoder.decode(&[0x82], true)), [":method: GET"]);
}
