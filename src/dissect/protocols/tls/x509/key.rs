//! Keys and algorithms (RFC 5280, sections 4.1.1.2 and 4.1.2.7).

use super::super::fields::*;
use super::Show;
use super::extensions::{PKCS1, X509AF, number};
use super::oids::Name;
use crate::dissect::Visited;
use crate::dissect::reading::der::{Element, tag};
use crate::field::{Field, Value};
use crate::text::Hex;

/// Identifiers of algorithms: rsaEncryption, id-mgf1, id-RSASSA-PSS, id-ecPublicKey, id-dsa.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];

impl Show<'_> {
    /// Visits a public key: its algorithm and, for RSA, its modulus and exponent (RFC 8017, appendix A.1.1).
    pub(super) fn public_key(&mut self, key: &Element<'_>) -> Visited {
        self.v.text(self.over(key), format_args!("subjectPublicKeyInfo"))?;
        self.v.open();
        let mut parts = key.inside();
        let algorithm = parts.next();
        if let Some(algorithm) = algorithm {
            self.algorithm("algorithm", &algorithm)?;
        }
        let id = algorithm.and_then(|e| e.inside().next());
        let is_rsa = id.is_some_and(|id| id.body == RSA);
        if let Some(bits) = parts.next()
            && let Some((_, key)) = bits.body.split_first()
        {
            if !is_rsa {
                self.bit_string(&bits);
            }
            let start = bits.at + 1;
            self.v.field(&PUBLIC_KEY, self.range(start, key.len()), Value::Bytes(key))?;
            if is_rsa {
                self.rsa_key(&Element { tag: tag::SEQUENCE, start, at: start, body: key })?;
            }
        }
        self.v.close();
        Visited::Continue(())
    }

    fn rsa_key(&mut self, key: &Element<'_>) -> Visited {
        let mut numbers = key.inside().next().into_iter().flat_map(|pair| pair.inside());
        self.v.open();
        if let Some(modulus) = numbers.next() {
            self.large(&MODULUS, &modulus)?;
        }
        if let Some(exponent) = numbers.next() {
            let value = Value::Int(number(exponent.body) as i64);
            self.v.field(&PUBLIC_EXPONENT, self.inside(&exponent), value)?;
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits an integer of any size.
    fn large(&mut self, field: &'static Field, number: &Element<'_>) -> Visited {
        let text = format_args!("{}: 0x{}", field.label, Hex::beginning(number.body));
        self.v.line(field, self.inside(number), Value::Bytes(number.body), text)
    }

    /// Visits the parameters of an algorithm: a curve (RFC 5480, section 2.1.1), or the numbers of DSA (RFC 3279,
    /// section 2.3.2).
    fn parameters(&mut self, id: &[u8], parameters: &Element<'_>) -> Visited {
        match id {
            EC_KEY if parameters.tag == tag::OID => {
                self.part(&PKCS1, parameters)?;
                let text = format_args!("{}: namedCurve (1)", CURVE.label);
                self.v.line(&CURVE, self.over(parameters), Value::Uint(1), text)?;
                self.v.open();
                self.oid(&CURVE_NAME, parameters)?;
                self.v.close();
            }
            DSA if parameters.tag == tag::SEQUENCE => {
                self.part(&X509AF, parameters)?;
                self.v.text(self.over(parameters), format_args!("DSS-Params"))?;
                self.v.open();
                for (field, number) in [&DSA_P, &DSA_Q, &DSA_G].into_iter().zip(parameters.inside()) {
                    self.large(field, &number)?;
                }
                self.v.close();
            }
            RSA_PSS if parameters.tag == tag::SEQUENCE => {
                self.part(&PKCS1, parameters)?;
                self.pss(parameters)?;
            }
            MGF1 if parameters.tag == tag::SEQUENCE => {
                self.part(&PKCS1, parameters)?;
                self.algorithm("HashAlgorithm", parameters)?;
            }
            _ => {}
        }
        Visited::Continue(())
    }

    /// Visits the parameters of an RSASSA-PSS signature (RFC 4055, section 3.1).
    fn pss(&mut self, parameters: &Element<'_>) -> Visited {
        self.v.text(self.over(parameters), format_args!("RSASSA-PSS-params"))?;
        self.v.open();
        for part in parameters.inside().take(4) {
            let Some(e) = part.inside().next() else { continue };
            let int = Value::Int(number(e.body) as i64);
            match part.tag {
                0xa0 => self.algorithm("hashAlgorithm", &e)?,
                0xa1 => self.algorithm("maskGenAlgorithm", &e)?,
                0xa2 => self.v.field(&SALT_LENGTH, self.inside(&e), int)?,
                0xa3 => self.v.field(&TRAILER, self.inside(&e), int)?,
                _ => {}
            }
        }
        self.v.close();
        Visited::Continue(())
    }

    /// Visits an algorithm: its identifier and its parameters.
    pub(super) fn algorithm(&mut self, what: &str, algorithm: &Element<'_>) -> Visited {
        let mut parts = algorithm.inside();
        let Some(id) = parts.next().filter(|e| e.tag == tag::OID) else { return Visited::Continue(()) };
        self.v.text(self.over(algorithm), format_args!("{what} ({})", Name(id.body)))?;
        self.v.open();
        self.oid(&ALGORITHM_ID, &id)?;
        if let Some(parameters) = parts.next() {
            self.parameters(id.body, &parameters)?;
        }
        self.v.close();
        Visited::Continue(())
    }
}
