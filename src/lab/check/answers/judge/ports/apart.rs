//! Owners that do not stand beside their ports: "host and guest used 37818 and 65432 respectively", "auf der 65432
//! lauscht der Gast", "it is the guest's".

use super::super::super::language::{Concept, Sentence, Word, one_of};
use super::super::{Subject, exchange};
use super::{Named, Place, cue_at};
use crate::lab::definition::Role;

/// Behind these a machine is spoken to, not about.
const TOWARDS: &str = "to towards with an zu zum mit al a hacia con vers au avec from von vom reach reaches";

/// An owner with the exchange in which it has the port, where that is said.
pub(super) type Spread = Vec<(u16, Role, Option<usize>)>;

impl Subject<'_> {
    /// Ports and machines that are two lists: in the order of "respectively", or each pair around a "resp.". `None`
    /// where the sentence is no such one; no owners where the lists do not fit.
    pub(super) fn spread(&self, sentence: &Sentence, places: &[(usize, u16)]) -> Option<Spread> {
        self.respectively(sentence, places)
            .or_else(|| self.either_side(sentence, places))
            .or_else(|| self.in_turn(sentence, places))
    }

    /// "65432 belongs to the receiver (first the guest, then the host)": one port, and its owner in each exchange.
    fn in_turn(&self, sentence: &Sentence, places: &[(usize, u16)]) -> Option<Spread> {
        let [(at, port)] = places else { return None };
        let roles: Vec<(usize, Role)> = (at + 1..sentence.words.len())
            .filter_map(|i| Some((i, self.role(sentence.words.get(i)?)?)))
            .collect();
        let [(i, first), (j, second)] = roles.as_slice() else { return None };
        let says = |from: usize, to: usize, words: &str| {
            sentence.words.get(from..to).unwrap_or_default().iter().any(|w| one_of(&w.text, words))
        };
        let begins = says(i.saturating_sub(3), *i, "first primero zuerst erst abord premier");
        let goes_on = says(i + 1, *j, "then afterwards later despues luego dann danach puis ensuite");
        (first != second && begins && goes_on)
            .then(|| vec![(*port, *first, Some(0)), (*port, *second, Some(1))])
    }

    /// "Host and guest used 37818 and 65432 respectively".
    fn respectively(&self, sentence: &Sentence, places: &[(usize, u16)]) -> Option<Spread> {
        let says = |w: &Word| one_of(&w.text, "respectively respectivamente respectivement");
        let marks: Vec<usize> =
            sentence.words.iter().enumerate().filter(|(_, w)| says(w)).map(|(i, _)| i).collect();
        let (mut from, mut roles, mut all) = (0, Vec::new(), Vec::new());
        for (n, mark) in marks.iter().enumerate() {
            let named: Vec<Role> =
                (from..*mark).filter_map(|i| sentence.words.get(i).and_then(|w| self.role(w))).collect();
            // "… and 65432 and 38200 respectively in the second": the machines stay those of before.
            if !named.is_empty() {
                roles = named;
            }
            let ports: Vec<&(usize, u16)> =
                places.iter().filter(|(i, _)| (from..*mark).contains(i)).collect();
            let end = marks.get(n + 1).copied().unwrap_or(sentence.words.len());
            let end = places.iter().map(|(i, _)| *i).find(|i| i > mark).unwrap_or(end).min(end);
            let before = (from..*mark).rev().find_map(|i| exchange(sentence, i));
            let of = before.or_else(|| (*mark..end).find_map(|i| exchange(sentence, i)));
            if ports.len() == roles.len() {
                all.extend(ports.iter().zip(&roles).map(|((_, port), role)| (*port, *role, of)));
            }
            from = mark + 1;
        }
        (!marks.is_empty()).then_some(all)
    }

    /// "37818 resp. 38200 (host resp. guest)", "65432 auf dem Gast bzw. auf dem Host".
    fn either_side(&self, sentence: &Sentence, places: &[(usize, u16)]) -> Option<Spread> {
        let says = |w: &Word| one_of(&w.text, "resp bzw beziehungsweise");
        let marks: Vec<usize> =
            sentence.words.iter().enumerate().filter(|(_, w)| says(w)).map(|(i, _)| i).collect();
        let (mut open, mut all) = (Vec::new(), Vec::new());
        for mark in &marks {
            let port = |is: &dyn Fn(usize) -> bool| places.iter().find(|(i, _)| is(*i)).map(|(_, p)| *p);
            let near = |i: usize| (mark.saturating_sub(4)..*mark).contains(&i);
            let then = |i: usize| (*mark + 1..*mark + 5).contains(&i);
            let role = |i: usize| sentence.words.get(i).and_then(|w| self.role(w));
            let first = (mark.saturating_sub(3)..*mark).rev().find_map(role);
            let roles = (first, (*mark + 1..*mark + 4).find_map(role));
            match (port(&near), port(&then), roles) {
                (Some(a), Some(b), _) => open = vec![a, b],
                (_, _, (Some(first), Some(second))) if first != second => {
                    // One port before them belongs to each in its exchange, two belong to one each.
                    let since = places.iter().rev().find(|(i, _)| i < mark).map(|(_, p)| *p);
                    let pair = match (open.as_slice(), since) {
                        ([a, b], Some(last)) if last == *b => [Some(*a), Some(*b)],
                        (_, last) => [last, last],
                    };
                    let owners = pair.into_iter().zip([first, second]).enumerate();
                    all.extend(owners.filter_map(|(n, (port, role))| Some((port?, role, Some(n)))));
                }
                _ => {}
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// "Auf der 65432 lauscht der Gast", "el 37818 lo usa el host": the subject stands behind its verb.
    pub(super) fn behind_verb(&self, sentence: &Sentence, place: &Place) -> Option<Role> {
        let word = |i: usize| sentence.words.get(i).filter(|_| i < place.next);
        let before = sentence.words.get(place.at.saturating_sub(3)..place.at).unwrap_or_default();
        let led = before.iter().any(|w| one_of(&w.text, "auf von vom uber mit an desde en por con"));
        let clitic = word(place.at + 1).is_some_and(|w| one_of(&w.text, "lo la"));
        if !led && !clitic {
            return None;
        }
        let verb = |w: &Word| {
            w.concepts.any(&[Concept::Listen, Concept::Send, Concept::Open, Concept::Receive])
                || one_of(
                    &w.text,
                    "usa utiliza tiene emplea nutzt benutzt verwendet hat spricht ruft sitzt steht",
                )
        };
        let at = (place.at + 1..place.at + 4).find(|i| word(*i).is_some_and(verb))?;
        let article = |w: &Word| one_of(&w.text, "der die mein meine unser el la mi nuestro");
        for i in at + 1..at + 6 {
            let next = word(i)?;
            if next.gap.contains([',', ';']) || one_of(&next.text, TOWARDS) {
                return None;
            }
            if let Some(role) = self.role(next) {
                return word(i - 1).is_some_and(article).then_some(role);
            }
        }
        None
    }

    /// "37818: host, step 3", or a row of a table: a short line with one port and one machine.
    pub(super) fn on_line(&self, sentence: &Sentence, places: &[(usize, u16)]) -> Option<Role> {
        let roles: Vec<(usize, Role)> =
            sentence.words.iter().enumerate().filter_map(|(i, w)| Some((i, self.role(w)?))).collect();
        let [(at, role)] = roles.as_slice() else { return None };
        let led = (1..=2).any(|n| {
            at.checked_sub(n).and_then(|i| sentence.words.get(i)).is_some_and(|w| one_of(&w.text, TOWARDS))
        });
        let set_apart = sentence.words.iter().skip(1).any(Word::is_apart);
        let short = sentence.words.len() <= 10 && set_apart && !led && !sentence.is_denied(*at);
        (places.len() == 1 && short).then_some(*role)
    }

    /// "192.168.56.1: 37818 (as client), 65432 (as server)": a machine, and behind a colon its ports.
    pub(super) fn heads(&self, sentence: &Sentence) -> bool {
        let mut roles = (0..sentence.words.len())
            .filter(|i| sentence.words.get(*i).is_some_and(|w| self.role(w).is_some()));
        let Some(first) = roles.next() else { return false };
        let colon = sentence.words.iter().skip(first + 1).take(2).any(|w| w.gap.contains(':'));
        let leads = |w: &Word| w.is_after_arrow() || one_of(&w.text, TOWARDS);
        first < 3 && colon && roles.next().is_none() && !sentence.words.iter().any(leads)
    }

    /// "So first it's the guest's": a pronoun that means the last port.
    pub(super) fn of_it(&self, sentence: &Sentence, last: Option<u16>) -> Option<Named> {
        const IS: &str = "is was are were s belongs to the then now again first at ist war gehort jetzt dann zuerst der \
            dem die el la es era primero le l est etait";
        let text = |i: usize| sentence.words.get(i).map_or("", |w| w.text.as_str());
        let port = last?;
        let it = sentence.words.iter().take(6).position(|w| one_of(&w.text, "it es er lo il"))?;
        let at = (it + 1..it + 5).find(|i| sentence.words.get(*i).is_some_and(|w| self.role(w).is_some()))?;
        let linked = (it + 1..at).all(|i| one_of(text(i), IS)) && at > it + 1;
        let ends = text(at + 1).is_empty()
            || sentence.words.get(at + 1).is_some_and(Word::is_apart)
            || one_of(text(at + 1), "and und y et but aber pero mais then in the for s");
        let machine = sentence.words.get(at).and_then(|w| self.role(w)).filter(|_| linked && ends)?;
        Some(Named { exchange: cue_at(sentence, at), ..Named::of(port, Some(machine)) })
    }

    /// "Its system hands it a port, 37818": a pronoun before the port that means the machine of the sentence before.
    pub(super) fn of_pronoun(
        &self,
        sentence: &Sentence,
        place: &Place,
        subject: Option<Role>,
    ) -> Option<Role> {
        const PRONOUNS: &str = "it its he his him she her er sein seine seinem seinen ihm ihn sie ihr ihrem il elle son sa \
            lui su sus";
        let from = place.before.map_or(0, |b| b + 1);
        let words = sentence.words.get(from..place.at)?;
        let towards =
            |w: &Word| one_of(&w.text, TOWARDS) && !one_of(&w.text, "with mit from von vom con avec");
        let led = words.iter().rev().take(2).any(towards);
        let party = |w: &Word| self.role(w).is_some() || w.concepts.any(&[Concept::Client, Concept::Server]);
        // "In the second round it is 38200": the port itself.
        let is = |w: &Word| one_of(&w.text, "is was s ist war es est");
        let pronoun = words.iter().take(6).enumerate().any(|(i, w)| {
            let itself = words.get(i + 1).is_none_or(is) && words.len() < i + 4;
            one_of(&w.text, PRONOUNS) && !itself
        });
        subject.filter(|_| pronoun && !led && !words.iter().any(party))
    }

    /// "When the host writes to the guest, it calls from 37818": with the machine in place of a pronoun that begins the
    /// main clause; `None` for other sentences.
    pub(super) fn with_subject(&self, sentence: &Sentence) -> Option<Sentence> {
        let first = sentence.words.first()?;
        if !one_of(&first.text, "when if once while whenever wenn sobald cuando si quand lorsque") {
            return None;
        }
        let is_pronoun = |w: &Word| w.is_apart() && one_of(&w.text, "it he she er sie es il elle");
        let at = sentence.words.iter().position(is_pronoun)?;
        let subject = sentence.words.iter().take(4).find(|w| self.role(w).is_some())?;
        let mut resolved = sentence.clone();
        let word = resolved.words.get_mut(at)?;
        word.text.clone_from(&subject.text);
        word.concepts = subject.concepts;
        Some(resolved)
    }

    /// "The client is the host", "the guest is now the server": which machine opens, where all such words agree.
    pub(super) fn bound(&self, sentence: &Sentence) -> Option<Role> {
        let is = |w: &Word| one_of(&w.text, "is was ist war es era est etait being");
        let mut found: Option<Role> = None;
        for (i, word) in sentence.words.iter().enumerate().filter(|(_, w)| is(w)) {
            let behind = sentence.words.get(i + 1..).unwrap_or_default().iter().take(3);
            let behind: Vec<&Word> = behind.take_while(|w| !w.is_apart()).collect();
            let Some(before) = i.checked_sub(1).and_then(|b| sentence.words.get(b)) else { continue };
            if word.is_apart() || behind.iter().any(|w| w.number.is_some_and(|n| n > 1)) {
                continue;
            }
            let side = |w: &Word| (w.is(Concept::Client), w.is(Concept::Server));
            let opener = |role: Role, side: (bool, bool)| match side {
                (true, false) => Some(role),
                (false, true) => Some(role.other()),
                _ => None,
            };
            let one = behind.iter().find_map(|w| match self.role(before) {
                Some(role) => opener(role, side(w)),
                None => opener(self.role(w)?, side(before)),
            });
            match (found, one) {
                (Some(a), Some(b)) if a != b => return None,
                (None, one) => found = one,
                _ => {}
            }
        }
        found
    }
}
