//! The grammar: from tokens to a tree. Operators by precedence, the loosest first: `or`, `xor`, `and`, `not`,
//! comparisons, `&`, `+ -`, `* / %`, unary minus.

use super::compile::fields_named;
use super::error::FilterError;
use super::lex::{Spanned, Token};
use super::tree::{Expr, Op, Operand, Quantifier, SliceRange};
use crate::field::Kind;
use std::ops::Range;

/// The deepest nesting of brackets and `not`. The limit bounds the stack, and is far beyond what a person types.
const MAX_DEPTH: usize = 100;
/// The most operators and slices in a filter. They make a tree as deep as their number, so that this limit bounds the
/// stack, too.
const MAX_LINKS: usize = 500;

pub(super) struct Parser<'t> {
    tokens: &'t [Spanned],
    next: usize,
    input: &'t str,
    depth: usize,
    links: usize,
}

type Parsed<T> = Result<T, FilterError>;

/// Parses all tokens of `input`.
pub(super) fn parse<'t>(tokens: &'t [Spanned], input: &'t str) -> Parsed<Expr> {
    let mut parser = Parser { tokens, next: 0, input, depth: 0, links: 0 };
    let expr = parser.or()?;
    match parser.tokens.get(parser.next) {
        None => Ok(expr),
        Some(rest) => Err(parser.left_over(rest)),
    }
}

fn unexpected(token: &Spanned) -> FilterError {
    let error = FilterError::new(token.at.clone(), "this was not expected here");
    match &token.token {
        Token::Word(word) if word == "." => error.hint("A filter ends without a full stop."),
        _ => error
            .hint("Conditions are joined by and, or; comparisons are ==, !=, >, <, contains, matches, in."),
    }
}

impl<'t> Parser<'t> {
    /// The error on a token after a complete condition. After a field, a value lacks its comparison.
    fn left_over(&self, rest: &Spanned) -> FilterError {
        let before = self.next.checked_sub(1).and_then(|i| self.tokens.get(i)).map(|s| &s.token);
        let is_value = match &rest.token {
            Token::Word(word) => !is_keyword(word) && fields_named(word).0.is_empty(),
            Token::Text(_) => true,
            _ => false,
        };
        match before {
            Some(Token::Word(field)) if is_value && has_values(field) => {
                let message = format!("a comparison is missing between {field} and its value");
                let value = self.input.get(rest.at.clone()).unwrap_or("");
                FilterError::new(rest.at.clone(), message).replace(self.input, &format!("== {value}"))
            }
            _ => unexpected(rest),
        }
    }

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next).map(|s| &s.token)
    }

    /// Takes the next token if it is one of these signs or words, and returns its place.
    fn take(&mut self, names: &[&str]) -> Option<Range<usize>> {
        let spanned = self.tokens.get(self.next)?;
        let found = match &spanned.token {
            Token::Sign(sign) => names.contains(sign),
            Token::Word(word) => names.contains(&word.as_str()),
            _ => false,
        };
        if found {
            self.next += 1;
            Some(spanned.at.clone())
        } else {
            None
        }
    }

    fn expect(&mut self, sign: &'static str) -> Parsed<()> {
        match self.take(&[sign]) {
            Some(_) => Ok(()),
            None => Err(self.missing(&format!("a {sign} is missing here"))),
        }
    }

    fn missing(&self, what: &str) -> FilterError {
        let at = self.tokens.get(self.next).map_or(self.input.len()..self.input.len(), |s| s.at.clone());
        FilterError::new(at, what)
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.missing(&format!("more than {MAX_DEPTH} levels of brackets")));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Counts an operator or a slice; fails if there are too many.
    fn link(&mut self) -> Parsed<()> {
        self.links += 1;
        if self.links > MAX_LINKS {
            let error = self.missing(&format!("more than {MAX_LINKS} operators"));
            return Err(error
                .hint("Many values of one field stand in a set, as in tcp.port in {80, 443, 8000..8100}."));
        }
        Ok(())
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.xor()?;
        while self.take(&["or", "||"]).is_some() {
            self.link()?;
            left = Expr::Or(Box::new(left), Box::new(self.xor()?));
        }
        Ok(left)
    }

    fn xor(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.take(&["xor", "^^"]).is_some() {
            self.link()?;
            left = Expr::Xor(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.not()?;
        while self.take(&["and", "&&"]).is_some() {
            self.link()?;
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expr> {
        if self.take(&["not", "!"]).is_some() {
            return Ok(Expr::Not(Box::new(self.deeper(Self::not)?)));
        }
        if self.take(&["("]).is_some() {
            let inner = self.deeper(Self::or)?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let quantifier = self.quantifier();
        let left = self.operand()?;
        if self.take(&["in"]).is_some() {
            return Ok(Expr::In { left, quantifier, set: self.set()? });
        }
        let before = self.next;
        if self.take(&["not"]).is_some() {
            if self.take(&["in"]).is_some() {
                let set = self.set()?;
                return Ok(Expr::Not(Box::new(Expr::In { left, quantifier, set })));
            }
            self.next = before;
        }
        let Some((op, op_at)) = self.op() else {
            return match quantifier {
                None => Ok(Expr::Exists(left)),
                Some(_) => Err(self.missing("any and all need a comparison")),
            };
        };
        let right = self.operand()?;
        let mut expr = Expr::Compare { left, op, quantifier, right: right.clone(), op_at };
        // `a < b < c` means `a < b and b < c`.
        let mut middle = right;
        while let Some((op, op_at)) = self.op() {
            self.link()?;
            let right = self.operand()?;
            let more = Expr::Compare { left: middle, op, quantifier: None, right: right.clone(), op_at };
            expr = Expr::And(Box::new(expr), Box::new(more));
            middle = right;
        }
        Ok(expr)
    }

    fn quantifier(&mut self) -> Option<Quantifier> {
        // No field has this name, so an operand follows.
        if self.take(&["any"]).is_some() {
            Some(Quantifier::Any)
        } else if self.take(&["all"]).is_some() {
            Some(Quantifier::All)
        } else {
            None
        }
    }

    fn op(&mut self) -> Option<(Op, Range<usize>)> {
        const OPS: [(&[&str], Op); 10] = [
            (&["===", "all_eq"], Op::AllEq),
            (&["!==", "~=", "any_ne"], Op::AnyNe),
            (&["==", "eq", "any_eq"], Op::AnyEq),
            (&["!=", "ne", "all_ne"], Op::AllNe),
            (&[">=", "ge"], Op::Ge),
            (&["<=", "le"], Op::Le),
            (&[">", "gt"], Op::Gt),
            (&["<", "lt"], Op::Lt),
            (&["contains"], Op::Contains),
            (&["matches", "~"], Op::Matches),
        ];
        OPS.iter().find_map(|(names, op)| self.take(names).map(|at| (*op, at)))
    }

    fn set(&mut self) -> Parsed<Vec<(Operand, Option<Operand>)>> {
        self.expect("{")?;
        let mut set = Vec::new();
        while self.take(&["}"]).is_none() {
            let from = self.operand()?;
            let to = self.take(&[".."]).map(|_| self.operand()).transpose()?;
            set.push((from, to));
            // As in older filters, commas may be left out.
            let _ = self.take(&[","]);
            if self.peek().is_none() {
                return Err(self.missing("the set has no end").hint("Close it with a }."));
            }
        }
        if set.is_empty() {
            return Err(self.missing("the set is empty"));
        }
        Ok(set)
    }

    fn operand(&mut self) -> Parsed<Operand> {
        self.deeper(Self::bits)
    }

    fn bits(&mut self) -> Parsed<Operand> {
        let mut left = self.sum()?;
        while self.take(&["&", "bitand", "bitwise_and"]).is_some() {
            self.link()?;
            left = Operand::Arithmetic { left: Box::new(left), op: '&', right: Box::new(self.sum()?) };
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed<Operand> {
        let mut left = self.product()?;
        loop {
            let op = if self.take(&["+"]).is_some() {
                '+'
            } else if self.take(&["-"]).is_some() {
                '-'
            } else {
                return Ok(left);
            };
            self.link()?;
            left = Operand::Arithmetic { left: Box::new(left), op, right: Box::new(self.product()?) };
        }
    }

    fn product(&mut self) -> Parsed<Operand> {
        let mut left = self.primary()?;
        loop {
            let op = match self.peek() {
                Some(Token::Sign("*")) => '*',
                Some(Token::Sign("/")) => '/',
                Some(Token::Sign("%")) => '%',
                _ => return Ok(left),
            };
            self.next += 1;
            self.link()?;
            left = Operand::Arithmetic { left: Box::new(left), op, right: Box::new(self.primary()?) };
        }
    }

    fn primary(&mut self) -> Parsed<Operand> {
        let Some(spanned) = self.tokens.get(self.next) else {
            return Err(FilterError::new(
                self.input.len()..self.input.len(),
                "the filter ends too early: something is missing here",
            ));
        };
        let at = spanned.at.clone();
        self.next += 1;
        let mut operand = match &spanned.token {
            Token::Word(word) if self.peek() == Some(&Token::Sign("(")) && is_name(word) => {
                Operand::Call { name: word.clone(), args: self.arguments()?, at }
            }
            Token::Word(word) if !is_keyword(word) => Operand::Word { word: word.clone(), at },
            Token::Text(text) => Operand::Text { text: text.clone(), at },
            Token::Char(byte) => Operand::Char { byte: *byte, at },
            Token::Sign("+") => self.deeper(Self::primary)?,
            Token::Sign("-") => Operand::Negative { of: Box::new(self.deeper(Self::primary)?), at },
            Token::Sign("{") => {
                let inner = self.operand()?;
                self.expect("}")?;
                inner
            }
            _ => return Err(unexpected(spanned)),
        };
        if self.take(&["#"]).is_some() {
            operand = Operand::Layer { of: Box::new(operand), layers: self.layers()? };
        }
        while let Some(Spanned { token: Token::Slice(text), at }) = self.tokens.get(self.next) {
            self.link()?;
            let ranges = slice_ranges(text, at)?;
            self.next += 1;
            operand = Operand::Slice { of: Box::new(operand), ranges, at: at.clone() };
        }
        Ok(operand)
    }

    fn layers(&mut self) -> Parsed<Vec<SliceRange>> {
        if let Some(Spanned { token: Token::Slice(text), at }) = self.tokens.get(self.next) {
            self.next += 1;
            return slice_ranges(text, at);
        }
        let negative = self.take(&["-"]).is_some();
        let number = match self.peek() {
            Some(Token::Word(word)) => word.parse::<i64>().ok().filter(|n| *n > 0),
            _ => None,
        };
        let Some(number) = number else {
            return Err(self.missing("after # comes the number of a layer, from 1"));
        };
        self.next += 1;
        Ok(vec![SliceRange::From(if negative { -number } else { number }, Some(1))])
    }

    fn arguments(&mut self) -> Parsed<Vec<Operand>> {
        self.expect("(")?;
        let mut args = Vec::new();
        if self.take(&[")"]).is_some() {
            return Ok(args);
        }
        loop {
            args.push(self.operand()?);
            if self.take(&[","]).is_none() {
                self.expect(")")?;
                return Ok(args);
            }
        }
    }
}

/// Whether `word` is a field whose values can be compared.
fn has_values(word: &str) -> bool {
    let field = fields_named(word).0.first().map(|field| field.kind);
    field.is_some_and(|kind| !matches!(kind, Kind::Protocol | Kind::Label))
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_keyword(word)
}

fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 22] = [
        "and",
        "or",
        "xor",
        "not",
        "in",
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "contains",
        "matches",
        "any",
        "all",
        "any_eq",
        "any_ne",
        "all_eq",
        "all_ne",
        "bitand",
        "bitwise_and",
        ".",
    ];
    WORDS.contains(&word)
}

fn slice_ranges(text: &str, at: &Range<usize>) -> Parsed<Vec<SliceRange>> {
    let wrong = || {
        FilterError::new(at.clone(), "this is no slice").hint(
            "A slice is [start:length], [first-last], [start:] or [index]; several are joined by commas.",
        )
    };
    let one = |part: &str| {
        let range = slice_range(part).ok_or_else(wrong)?;
        match range.fault() {
            None => Ok(range),
            Some((fault, hint)) => {
                Err(FilterError::new(at.clone(), format!("the slice {part} {fault}")).hint(hint))
            }
        }
    };
    text.split(',').map(|part| one(part.trim())).collect()
}

fn slice_range(part: &str) -> Option<SliceRange> {
    let number = |text: &str| text.trim().parse::<i64>().ok();
    if let Some((start, len)) = part.split_once(':') {
        let start = if start.trim().is_empty() { 0 } else { number(start)? };
        let len = if len.trim().is_empty() { None } else { Some(number(len)?) };
        return Some(SliceRange::From(start, len));
    }
    // The first character may be the sign of the first number, not the dash of a range.
    if let Some(dash) = part.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(i, _)| i) {
        return Some(SliceRange::Between(number(part.get(..dash)?)?, number(part.get(dash + 1..)?)?));
    }
    Some(SliceRange::From(number(part)?, Some(1)))
}
