//! Extensions about policies: the rules under which a certificate was signed, and limits on what it may sign (RFC
//! 5280, section 4.2.1).

use super::super::fields::*;
use super::extensions::{PKIX1_EXPLICIT, PKIX1_IMPLICIT, number};
use super::{MANY, Show};
use crate::dissect::Visited;
use crate::dissect::reading::der::{Element, tag};
use crate::field::{Field, Value};

impl Show<'_> {
    pub(super) fn policies(&mut self, value: &Element<'_>) -> Visited {
        self.items(&POLICIES, value)?;
        self.v.open();
        for policy in value.inside().take(MANY) {
            self.v.text(self.over(&policy), format_args!("PolicyInformation"))?;
            self.v.open();
            let mut parts = policy.inside();
            if let Some(id) = parts.next() {
                self.oid(&POLICY, &id)?;
            }
            if let Some(qualifiers) = parts.next() {
                self.items(&QUALIFIERS, &qualifiers)?;
                self.v.open();
                for qualifier in qualifiers.inside().take(MANY) {
                    self.qualifier(&qualifier)?;
                }
                self.v.close();
            }
            self.v.close();
        }
        self.v.close();
        Visited::Continue(())
    }

    fn qualifier(&mut self, qualifier: &Element<'_>) -> Visited {
        self.v.text(self.over(qualifier), format_args!("PolicyQualifierInfo"))?;
        self.v.open();
        let mut parts = qualifier.inside();
        let (id, value) = (parts.next(), parts.next());
        if let Some(id) = id {
            self.oid(&QUALIFIER, &id)?;
        }
        if let Some((id, value)) = id.zip(value) {
            let is_notice = id.body == [0x2b, 6, 1, 5, 5, 7, 2, 2];
            self.part(if is_notice { &PKIX1_IMPLICIT } else { &PKIX1_EXPLICIT }, &value)?;
            if is_notice {
                self.notice(&value)?;
            } else if value.tag == tag::IA5 {
                self.v.field(&QUALIFIER_TEXT, self.inside(&value), Value::Text(value.body))?;
            }
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits a notice to the user (RFC 5280, section 4.2.1.4).
    fn notice(&mut self, notice: &Element<'_>) -> Visited {
        self.v.text(self.over(notice), format_args!("UserNotice"))?;
        self.v.open();
        for part in notice.inside().take(2) {
            if part.tag != tag::SEQUENCE {
                self.display(&NOTICE_TEXT, &part)?;
                continue;
            }
            self.v.text(self.over(&part), format_args!("noticeRef"))?;
            self.v.open();
            for (n, e) in part.inside().take(2).enumerate() {
                if n == 0 {
                    self.display(&NOTICE_ORGANIZATION, &e)?;
                } else {
                    self.items(&NOTICE_NUMBERS, &e)?;
                    self.v.open();
                    for n in e.inside().take(MANY) {
                        self.v.field(&NOTICE_NUMBER, self.inside(&n), Value::Int(number(n.body) as i64))?;
                    }
                    self.v.close();
                }
            }
            self.v.close();
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits a DisplayText: the kind of string, and the string.
    fn display(&mut self, field: &'static Field, text: &Element<'_>) -> Visited {
        let (string, choice): (&'static Field, _) = match text.tag {
            tag::IA5 => (&DISPLAY_IA5, 0),
            tag::VISIBLE => (&DISPLAY_VISIBLE, 1),
            tag::BMP => (&DISPLAY_BMP, 2),
            tag::UTF8 => (&DISPLAY_UTF8, 3),
            _ => return Visited::Continue(()),
        };
        let line = format_args!("{}: {} ({choice})", field.label, string.label);
        self.v.line(field, self.over(text), Value::Uint(choice), line)?;
        self.v.open();
        self.string(string, text)?;
        self.v.close();
        Visited::Continue(())
    }

    /// Visits limits on the names in subordinate certificates (RFC 5280, section 4.2.1.10).
    pub(super) fn name_constraints(&mut self, value: &Element<'_>) -> Visited {
        self.v.text(self.over(value), format_args!("NameConstraintsSyntax"))?;
        self.v.open();
        for list in value.inside().take(2) {
            self.items(if list.tag == 0xa0 { &PERMITTED } else { &EXCLUDED }, &list)?;
            self.v.open();
            for subtree in list.inside().take(MANY) {
                self.v.text(self.over(&subtree), format_args!("GeneralSubtree"))?;
                self.v.open();
                if let Some(base) = subtree.inside().next() {
                    self.general_name(&SUBTREE_BASE, &base)?;
                }
                self.v.close();
            }
            self.v.close();
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits policies of the issuer that are equivalent to policies of the subject (RFC 5280, section 4.2.1.5).
    pub(super) fn policy_mappings(&mut self, value: &Element<'_>) -> Visited {
        self.items(&MAPPINGS, value)?;
        self.v.open();
        for pair in value.inside().take(MANY) {
            self.v.text(self.over(&pair), format_args!("PolicyMappingsSyntax item"))?;
            self.v.open();
            for (field, id) in [&MAPPED_FROM, &MAPPED_TO].into_iter().zip(pair.inside()) {
                self.oid(field, &id)?;
            }
            self.v.close();
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits after how many certificates an explicit policy is required, or a mapping is forbidden (RFC 5280,
    /// section 4.2.1.11).
    pub(super) fn policy_constraints(&mut self, value: &Element<'_>) -> Visited {
        self.v.text(self.over(value), format_args!("PolicyConstraintsSyntax"))?;
        self.v.open();
        for skip in value.inside().take(2) {
            let field = if skip.tag == 0x80 { &REQUIRE_EXPLICIT } else { &INHIBIT_MAPPING };
            self.v.field(field, self.inside(&skip), Value::Uint(number(skip.body)))?;
        }
        self.v.close();
        Visited::Continue(())
    }
}
