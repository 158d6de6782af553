//! Compiles the tree of a filter to a program: names become fields, words become literals, types are checked.

use super::column::{self, Column};
use super::error::FilterError;
use super::hints;
use super::literal::{Type, dashed, literal};
use super::mask;
use super::tree::{Expr, Op, Operand, Quantifier, SliceRange};
use super::value::{Items, Literal};
use crate::dissect::{Direct, PROTOCOLS, Proto, ProtoSet, direct};
use crate::field::{Field, Kind};
use std::ops::Range;

/// A field that the filter reads, with its values in the current packet.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) fields: Vec<&'static Field>,
    pub(super) protos: ProtoSet,
    pub(super) way: Way,
    pub(super) state: State,
    /// The layers among those of its protocol whose values count: from 1, or below 0 from the innermost. `None` for all
    /// layers.
    pub(super) layers: Option<Vec<SliceRange>>,
    pub(super) values: Items,
}

/// How the values of a slot are read.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// The values are layers; `frame` says whether one of them is the whole frame.
    Layers { frame: bool },
    /// Directly from the headers of layers, as long as they allow it.
    Direct(Vec<(Proto, Direct)>),
    /// By a walk over the packet.
    Walk,
    /// From the text of a column of the list.
    Column(Column),
}

/// Whether a slot has its values for the current packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not yet; the condition that needs them reads them.
    Later,
    /// Not yet; the walk over the packet's fields reads them.
    Sought,
    /// Yes, all of them.
    Read,
}

/// A condition, ready to be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Or(Box<Node>, Box<Node>),
    Xor(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    /// True if the slot's protocol is in the packet; reads no field.
    Protocol(usize),
    Exists(Source),
    /// True if any number is not 0.
    NonZero(Source),
    Compare {
        left: Source,
        op: Op,
        all: bool,
        right: Right,
    },
    In {
        left: Source,
        all: bool,
        set: Vec<(Literal, Option<Literal>)>,
    },
}

/// The right side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Right {
    Literal(Literal),
    Source(Source),
}

/// Where the values of an operand come from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) kind: SourceKind,
    /// The values for the current packet, unless they are the slot's own.
    pub(super) values: Items,
}

#[derive(Clone, Debug)]
pub(super) enum SourceKind {
    /// Index into the program's slots.
    Slot(usize),
    Slice(Box<Source>, Vec<SliceRange>),
    /// A literal.
    Fixed(Literal),
    Arithmetic(Box<Source>, char, Box<Source>),
    Negative(Box<Source>),
    Call(Function, Vec<Source>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Len,
    /// The length of values that all have so many octets.
    Width(u8),
    Count,
    Upper,
    Lower,
    Text,
    Max,
    Min,
    Abs,
}

const FUNCTIONS: [(&str, Function); 8] = [
    ("len", Function::Len),
    ("count", Function::Count),
    ("upper", Function::Upper),
    ("lower", Function::Lower),
    ("string", Function::Text),
    ("max", Function::Max),
    ("min", Function::Min),
    ("abs", Function::Abs),
];

pub(super) type Compiled<T> = Result<T, FilterError>;

/// Compiles a tree, and collects the slots that it needs.
pub(super) struct Compiler<'i> {
    pub(super) input: &'i str,
    pub(super) slots: Vec<Slot>,
}

/// A source, and what is known about its values.
pub(super) struct Typed {
    pub(super) source: Source,
    pub(super) ty: Type,
    /// The field, if the values are those of a field.
    field: Option<&'static Field>,
}

impl SourceKind {
    pub(super) fn typed(self, ty: Type) -> Typed {
        Typed { source: Source { kind: self, values: Items::default() }, ty, field: None }
    }
}

/// All fields of this name, and the protocols that have them.
pub(super) fn fields_named(name: &str) -> (Vec<&'static Field>, ProtoSet) {
    let mut found = (Vec::new(), ProtoSet::default());
    for (index, protocol) in PROTOCOLS.iter().enumerate() {
        for field in std::iter::once(&protocol.field).chain(protocol.fields.iter().copied()) {
            if field.name == name {
                found.0.push(field);
                found.1 = found.1.with_index(index);
            }
        }
    }
    found
}

impl Compiler<'_> {
    pub(super) fn node(&mut self, expr: &Expr) -> Compiled<Node> {
        let mut pair = |a: &Expr, b: &Expr| Ok((Box::new(self.node(a)?), Box::new(self.node(b)?)));
        Ok(match expr {
            Expr::Or(a, b) => pair(a, b).map(|(a, b)| Node::Or(a, b))?,
            Expr::Xor(a, b) => pair(a, b).map(|(a, b)| Node::Xor(a, b))?,
            Expr::And(a, b) => pair(a, b).map(|(a, b)| Node::And(a, b))?,
            Expr::Not(inner) => Node::Not(Box::new(self.node(inner)?)),
            Expr::Exists(operand) => self.exists(operand)?,
            Expr::Compare { left, op, quantifier, right, op_at } => {
                self.compare(left, *op, *quantifier, right, op_at)?
            }
            Expr::In { left, quantifier, set } => self.set(left, *quantifier, set)?,
        })
    }

    fn exists(&mut self, operand: &Operand) -> Compiled<Node> {
        let typed = match self.source(operand)? {
            Some(typed) => typed,
            None => return Err(hints::alone(self.input, operand)),
        };
        if let Some(field) = typed.field.filter(|f| f.kind == Kind::Protocol)
            && let (Operand::Word { .. }, SourceKind::Slot(slot)) = (operand, &typed.source.kind)
        {
            // Remarks are not layers, but each has a severity.
            if field == &Proto::Expert.get().field
                && let Some(severity) = self.slot("_ws.expert.severity", None)
            {
                return Ok(Node::Exists(severity.source));
            }
            return Ok(Node::Protocol(*slot));
        }
        Ok(match typed.source.kind {
            SourceKind::Slot(_) | SourceKind::Slice(..) => Node::Exists(typed.source),
            _ => Node::NonZero(typed.source),
        })
    }

    fn compare(
        &mut self,
        left: &Operand,
        op: Op,
        quantifier: Option<Quantifier>,
        right: &Operand,
        op_at: &Range<usize>,
    ) -> Compiled<Node> {
        let left_typed = self.left(left)?;
        self.check(&left_typed, left, op, op_at)?;
        let all = match quantifier {
            Some(quantifier) => quantifier == Quantifier::All,
            None => matches!(op, Op::AllEq | Op::AllNe),
        };
        if let Some(literal) = dashed(self.input, right, left_typed.ty, op)? {
            return Ok(Node::Compare { left: left_typed.source, op, all, right: Right::Literal(literal) });
        }
        let right = match self.source(right)? {
            None => Right::Literal(literal(self.input, right, left_typed.ty, left_typed.field, op)?),
            Some(typed) => {
                if op == Op::Matches {
                    return Err(FilterError::new(
                        right.at(),
                        "matches needs a regular expression in double quotes",
                    ));
                }
                if !left_typed.ty.fits(typed.ty) {
                    let error = FilterError::new(right.at(), "the two sides are of different types");
                    let word = typed.field.map_or("", |field| field.name);
                    return Err(hints::or_port(self.input, error, left_typed.field, word));
                }
                Right::Source(typed.source)
            }
        };
        Ok(Node::Compare { left: left_typed.source, op, all, right })
    }

    fn check(&self, left: &Typed, operand: &Operand, op: Op, op_at: &Range<usize>) -> Compiled<()> {
        let name = left.field.map_or("this", |f| f.name);
        if left.ty == Type::Label {
            let message = format!("{name} has no value to compare with: it is there or it is not");
            let error = FilterError::new(operand.at().start..op_at.end, message);
            return Err(error.hint(format!("Write {name} alone, or not {name}.")));
        }
        if matches!(op, Op::Contains | Op::Matches) && !left.ty.has_bytes() && left.ty != Type::Mac {
            let kind = left.field.map_or_else(String::new, |f| format!(" ({})", f.kind));
            let error = FilterError::new(op_at.clone(), format!("{name}{kind} cannot be searched"));
            return Err(
                error.hint("contains and matches look into text and bytes; compare this with == or in.")
            );
        }
        Ok(())
    }

    fn set(
        &mut self,
        left: &Operand,
        quantifier: Option<Quantifier>,
        set: &[(Operand, Option<Operand>)],
    ) -> Compiled<Node> {
        let typed = self.left(left)?;
        if typed.ty == Type::Label {
            return Err(FilterError::new(left.at(), "this has no value that a set could hold"));
        }
        let mut literals = Vec::new();
        for (from, to) in set {
            let one = |operand: &Operand| literal(self.input, operand, typed.ty, typed.field, Op::AnyEq);
            literals.push((one(from)?, to.as_ref().map(one).transpose()?));
        }
        Ok(Node::In { left: typed.source, all: quantifier == Some(Quantifier::All), set: literals })
    }

    /// An operand that must have values in the packet: a field, or an expression of fields.
    fn left(&mut self, operand: &Operand) -> Compiled<Typed> {
        match self.source(operand)? {
            Some(typed) => Ok(typed),
            None => Err(hints::no_field(self.input, operand)),
        }
    }

    /// An operand with values in the packet; `None` for a literal.
    fn source(&mut self, operand: &Operand) -> Compiled<Option<Typed>> {
        match operand {
            Operand::Word { word, .. } => Ok(self.slot(word, None)),
            Operand::Text { .. } | Operand::Char { .. } => Ok(None),
            Operand::Layer { of, layers } => match of.as_ref() {
                Operand::Word { word, .. } => Ok(self.slot(word, Some(layers))),
                _ => Err(FilterError::new(operand.at(), "only a field has layers")),
            },
            Operand::Slice { of, ranges, at } => self.slice(of, ranges, at).map(Some),
            Operand::Call { name, args, at } => self.call(name, args, at).map(Some),
            Operand::Negative { of, .. } => match self.source(of)? {
                None => Ok(None),
                Some(typed) => {
                    calculable(&typed, of, '-')?;
                    let ty = typed.ty.below_zero();
                    Ok(Some(SourceKind::Negative(Box::new(typed.source)).typed(ty)))
                }
            },
            Operand::Arithmetic { left, op, right } => self.arithmetic(left, *op, right).map(Some),
        }
    }

    fn slot(&mut self, name: &str, layers: Option<&Vec<SliceRange>>) -> Option<Typed> {
        let (mut fields, protos) = fields_named(name);
        let column = column::named(name).filter(|_| layers.is_none());
        fields.extend(column.map(|(field, _)| field));
        let field = *fields.first()?;
        let same = |s: &Slot| s.layers.as_ref() == layers && s.fields.first() == Some(&field);
        let index = match self.slots.iter().position(same) {
            Some(index) => index,
            None => {
                let readers: Option<Vec<_>> = fields.iter().map(|f| direct(f)).collect();
                let way = match readers.filter(|_| layers.is_none()) {
                    _ if column.is_some() => Way::Column(column?.1),
                    _ if field.kind == Kind::Protocol => Way::Layers { frame: field.name == "frame" },
                    Some(readers) => Way::Direct(readers),
                    None => Way::Walk,
                };
                self.slots.push(Slot {
                    fields,
                    protos,
                    way,
                    state: State::Later,
                    layers: layers.cloned(),
                    values: Items::default(),
                });
                self.slots.len() - 1
            }
        };
        Some(Typed { field: Some(field), ..SourceKind::Slot(index).typed(Type::of(field.kind)) })
    }

    fn slice(&mut self, of: &Operand, ranges: &[SliceRange], at: &Range<usize>) -> Compiled<Typed> {
        let typed = self.left(of)?;
        if typed.ty.is_number() || typed.ty == Type::Label {
            let error = FilterError::new(at.clone(), "only bytes, text and addresses have slices");
            return Err(error.hint("For the bits of a number write a mask, as in tcp.flags & 0x02."));
        }
        Ok(SourceKind::Slice(Box::new(typed.source), ranges.to_vec()).typed(Type::Bytes))
    }

    fn call(&mut self, name: &str, args: &[Operand], at: &Range<usize>) -> Compiled<Typed> {
        let Some((_, function)) = FUNCTIONS.iter().find(|(n, _)| *n == name) else {
            let names: Vec<_> = FUNCTIONS.iter().map(|(n, _)| *n).collect();
            let error = FilterError::new(at.clone(), format!("there is no function {name}"));
            return Err(error.hint(format!("The functions are {}.", names.join(", "))));
        };
        let many = matches!(function, Function::Max | Function::Min);
        if args.is_empty() || (args.len() > 1 && !many) {
            let error = FilterError::new(
                at.clone(),
                format!("{name} takes {}", if many { "fields" } else { "one field" }),
            );
            return Err(error);
        }
        let mut sources = Vec::new();
        let mut ty = Type::Uint(64);
        for arg in args {
            let typed = self.left(arg)?;
            if let (Function::Len, Some(octets)) = (function, typed.ty.octets()) {
                let width = SourceKind::Call(Function::Width(octets), vec![typed.source]);
                return Ok(width.typed(Type::Uint(64)));
            }
            let wrong = match function {
                Function::Upper | Function::Lower if typed.ty != Type::Text => Some("text"),
                Function::Max | Function::Min | Function::Abs if !typed.ty.is_number() => Some("numbers"),
                _ => None,
            };
            if let Some(needed) = wrong {
                return Err(FilterError::new(arg.at(), format!("{name} needs {needed}")));
            }
            ty = typed.ty;
            sources.push(typed.source);
        }
        let ty = match function {
            Function::Len | Function::Width(_) | Function::Count => Type::Uint(64),
            Function::Upper | Function::Lower | Function::Text => Type::Text,
            Function::Max | Function::Min | Function::Abs => ty,
        };
        Ok(SourceKind::Call(*function, sources).typed(ty))
    }

    fn arithmetic(&mut self, left: &Operand, op: char, right: &Operand) -> Compiled<Typed> {
        let (a, b) = ((self.source(left)?, left), (self.source(right)?, right));
        if op == '&'
            && let Some(ty) = mask::type_of(&a, &b)
        {
            let sides = [mask::side(self.input, a, ty)?, mask::side(self.input, b, ty)?];
            let [a, b] = sides.map(Box::new);
            return Ok(SourceKind::Arithmetic(a, op, b).typed(ty));
        }
        let (a, ty) = self.number(a, op)?;
        let (b, other) = self.number(b, op)?;
        let ty = ty.or(other).unwrap_or(Type::Uint(64));
        let ty = if op == '-' { ty.below_zero() } else { ty };
        Ok(SourceKind::Arithmetic(Box::new(a), op, Box::new(b)).typed(ty))
    }

    /// One side of an arithmetic expression: a source, or a number.
    fn number(
        &self,
        (typed, operand): (Option<Typed>, &Operand),
        op: char,
    ) -> Compiled<(Source, Option<Type>)> {
        if let Some(typed) = typed {
            calculable(&typed, operand, op)?;
            // The result may exceed the range of the field: 65535 + 1 is allowed.
            let ty = match typed.ty {
                Type::Uint(_) | Type::Bytes => Type::Uint(64),
                Type::Int(_) => Type::Int(64),
                ty => ty,
            };
            return Ok((typed.source, Some(ty)));
        }
        match literal(self.input, operand, Type::Int(64), None, Op::AnyEq)? {
            number @ Literal::Number(_) => Ok((SourceKind::Fixed(number).typed(Type::Int(64)).source, None)),
            _ => Err(FilterError::new(operand.at(), "this is no number")),
        }
    }
}

/// Fails if `op` cannot calculate with the values of an operand.
fn calculable(typed: &Typed, operand: &Operand, op: char) -> Compiled<()> {
    if typed.ty.calculates(op) {
        return Ok(());
    }
    let name = typed.field.map_or("this", |f| f.name);
    let kind = typed.field.map_or_else(String::new, |f| format!(" ({})", f.kind));
    let error = FilterError::new(operand.at(), format!("{op} does not calculate with {name}{kind}"));
    Err(match typed.ty {
        Type::Protocol => {
            error.hint("Masks are for numbers and for slices, as in tcp.flags & 0x02 and tcp[13] & 0x02.")
        }
        Type::Bool => error.hint("A bit is compared, as in tcp.flags.syn == 1."),
        _ => error,
    })
}
