//! Masks for bytes and addresses: `tcp[12:2] & 10:00`, `ip.src & 255.255.255.0`, `eth.dst & 01:00:00:00:00:00`.

use super::compile::{Compiled, Source, SourceKind, Typed};
use super::literal::{Type, literal};
use super::tree::{Op, Operand};
use super::value::{Items, Seen};

/// One side of an expression: its values in the packet, or `None` for a literal, and how it was written.
type Side<'o> = (Option<Typed>, &'o Operand);

/// Whether a value of the type has a mask of its own type.
fn is_masked(ty: Type) -> bool {
    matches!(ty, Type::Bytes | Type::Mac | Type::Ipv4 | Type::Ipv6)
}

/// The type of what is left of two sides by `&`, if both are bytes or addresses of one type; the type of a literal is
/// that of the other side.
pub(super) fn type_of(a: &Side<'_>, b: &Side<'_>) -> Option<Type> {
    match (&a.0, &b.0) {
        (Some(a), Some(b)) if a.ty == b.ty => Some(a.ty),
        (Some(a), Some(b)) if is_masked(b.ty) && a.ty.fits(b.ty) => Some(Type::Bytes),
        (Some(one), None) | (None, Some(one)) => Some(one.ty),
        _ => None,
    }
    .filter(|ty| is_masked(*ty))
}

/// The values of a side whose type is known; fails if a literal is none of this type.
pub(super) fn side(input: &str, (typed, operand): Side<'_>, ty: Type) -> Compiled<Source> {
    match typed {
        Some(typed) => Ok(typed.source),
        None => {
            let literal = literal(input, operand, ty, None, Op::AnyEq)?;
            Ok(SourceKind::Fixed(literal).typed(ty).source)
        }
    }
}

/// Adds what two values of one type have in common, bytes as far as both go; `false` if they are of no such type.
pub(super) fn apply(a: Seen<'_>, b: Seen<'_>, out: &mut Items) -> bool {
    match (a, b) {
        (Seen::Ipv4(a, _), Seen::Ipv4(b, _)) => out.add(Seen::Ipv4(a & b, 32)),
        (Seen::Ipv6(a, _), Seen::Ipv6(b, _)) => out.add(Seen::Ipv6(a & b, 128)),
        (Seen::Bytes(a), Seen::Bytes(b)) => {
            let common: Vec<u8> = a.iter().zip(b).map(|(a, b)| a & b).collect();
            out.store(&common);
        }
        _ => return false,
    }
    true
}
