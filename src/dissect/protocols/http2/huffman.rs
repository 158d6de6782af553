//! The Huffman code of HPACK (RFC 7541, section 5.2 and appendix B).

/// The symbol that ends a string, which none contains.
const END: usize = 256;
const SYMBOLS: usize = 257;
/// The longest code, in bits.
const LONGEST: usize = 30;

/// How long the code of each octet is, in bits, and that of [`END`]. The code is canonical: codes of one length count up
/// with their symbols, and a longer one goes on behind the last shorter one, so that the lengths say all.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6,
    6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8,
    13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15,
    11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23,
    23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26,
    26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21,
    22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27,
    27, 26, 30,
];

/// The codes of one length.
#[derive(Clone, Copy)]
struct Group {
    /// The first of them.
    first: u32,
    /// How many there are.
    count: u32,
    /// The place of the first one's symbol in [`BY_CODE`].
    at: usize,
}

const TABLES: ([Group; LONGEST + 1], [u16; SYMBOLS]) = {
    let mut groups = [Group { first: 0, count: 0, at: 0 }; LONGEST + 1];
    let mut symbols = [0; SYMBOLS];
    let (mut length, mut code, mut filled) = (1, 0, 0);
    while length <= LONGEST {
        code <<= 1;
        groups[length] = Group { first: code, count: 0, at: filled };
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == length {
                symbols[filled] = symbol as u16;
                filled += 1;
                code += 1;
                groups[length].count += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    (groups, symbols)
};
static GROUPS: [Group; LONGEST + 1] = TABLES.0;
/// The symbols in the order of their codes.
static BY_CODE: [u16; SYMBOLS] = TABLES.1;

/// The octets that a string stands for; `None` if it is no string of this code.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() * 8 / 5);
    let (mut code, mut length) = (0u32, 0);
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |n| byte >> n & 1)) {
        (code, length) = (code << 1 | u32::from(bit), length + 1);
        let group = GROUPS.get(length)?;
        let place = code.wrapping_sub(group.first);
        if place < group.count {
            let symbol = *BY_CODE.get(group.at + place as usize)?;
            if usize::from(symbol) == END {
                return None;
            }
            out.push(symbol as u8);
            (code, length) = (0, 0);
        }
    }
    // What is left of the last octet is filled with ones.
    (length < 8 && code.count_ones() as usize == length).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn strings_of_the_rfc_are_read() {
        assert_eq!(decode(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff").unwrap(), b"www.example.com");
        assert_eq!(decode(b"\xa8\xeb\x10\x64\x9c\xbf").unwrap(), b"no-cache");
        assert_eq!(decode(b"").unwrap(), b"");
    }

    #[test]
    fn what_is_filled_up_with_anything_but_a_few_ones_is_none() {
        assert_eq!(decode(&[0x07]).unwrap(), b"0", "five bits, and three ones");
        assert_eq!(decode(&[0x06]), None, "the last bit is no one");
        assert_eq!(decode(&[0x07, 0xff]), None, "a whole octet of ones");
        assert_eq!(decode(&[0xff; 4]), None, "the symbol that ends a string");
    }
}
