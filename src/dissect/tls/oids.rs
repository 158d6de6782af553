//! Object identifiers (X.660) that certificates are made of: their numbers and their names.

use std::fmt;

/// An object identifier as numbers with dots.
pub(super) struct Oid<'a>(pub(super) &'a [u8]);

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut n, mut first) = (0u64, true);
        for byte in self.0 {
            n = n.saturating_mul(128).saturating_add(u64::from(byte & 0x7f));
            if byte & 0x80 != 0 {
                continue;
            }
            if std::mem::take(&mut first) {
                // The first number holds two (X.690, section 8.19.4).
                let arc = (n / 40).min(2);
                write!(f, "{arc}.{}", n - 40 * arc)?;
            } else {
                write!(f, ".{n}")?;
            }
            n = 0;
        }
        Ok(())
    }
}

/// An object identifier with its name, as `2.5.29.15 (id-ce-keyUsage)`.
pub(super) struct Named<'a>(pub(super) &'a [u8]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", Oid(self.0), Name(self.0))
    }
}

/// The name of an object identifier; for one that is not known, its numbers under the name of the first.
pub(super) struct Name<'a>(pub(super) &'a [u8]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = Oid(self.0).to_string();
        if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == numbers) {
            return f.write_str(name);
        }
        let (arc, rest) = numbers.split_at_checked(1).unwrap_or((&numbers, ""));
        let root = match arc {
            "0" => "itu-t",
            "1" => "iso",
            _ => "joint-iso-itu-t",
        };
        write!(f, "{root}{rest}")
    }
}

/// Algorithms (RFC 3279, RFC 4055, RFC 5758), extensions (RFC 5280), purposes and access methods.
const NAMES: [(&str, &str); 50] = [
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "id-RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.10045.3.1.7", "secp256r1"),
    ("1.3.132.0.34", "secp384r1"),
    ("1.3.132.0.35", "secp521r1"),
    ("2.5.29.9", "id-ce-subjectDirectoryAttributes"),
    ("2.5.29.14", "id-ce-subjectKeyIdentifier"),
    ("2.5.29.15", "id-ce-keyUsage"),
    ("2.5.29.16", "id-ce-privateKeyUsagePeriod"),
    ("2.5.29.17", "id-ce-subjectAltName"),
    ("2.5.29.18", "id-ce-issuerAltName"),
    ("2.5.29.19", "id-ce-basicConstraints"),
    ("2.5.29.30", "id-ce-nameConstraints"),
    ("2.5.29.31", "id-ce-cRLDistributionPoints"),
    ("2.5.29.32", "id-ce-certificatePolicies"),
    ("2.5.29.32.0", "anyPolicy"),
    ("2.5.29.33", "id-ce-policyMappings"),
    ("2.5.29.35", "id-ce-authorityKeyIdentifier"),
    ("2.5.29.36", "id-ce-policyConstraints"),
    ("2.5.29.37", "id-ce-extKeyUsage"),
    ("2.5.29.46", "id-ce-freshestCRL"),
    ("2.5.29.54", "id-ce-inhibitAnyPolicy"),
    ("1.3.6.1.5.5.7.1.1", "id-pe-authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.3", "id-pe-qcStatements"),
    ("1.3.6.1.5.5.7.1.12", "id-pe-logotype"),
    ("1.3.6.1.5.5.7.2.1", "id-qt-cps"),
    ("1.3.6.1.5.5.7.2.2", "id-qt-unotice"),
    ("1.3.6.1.5.5.7.3.1", "id-kp-serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "id-kp-clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "id-kp-codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "id-kp-emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "id-kp-timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "id-kp-OCSPSigning"),
    ("1.3.6.1.5.5.7.48.1", "id-ad-ocsp"),
    ("1.3.6.1.5.5.7.48.2", "id-ad-caIssuers"),
    ("1.3.6.1.4.1.11129.2.4.2", "SignedCertificateTimestampList"),
    ("2.16.840.1.113730.1.1", "ns_cert_exts.cert_type"),
    ("2.16.840.1.113730.4.1", "id-Netscape-nsSGC"),
    ("1.3.6.1.4.1.311.10.3.3", "id-ms-sgc"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_several_bytes_and_the_first_one_which_is_two() {
        assert_eq!(Named(&[0x55, 0x1d, 0x0f]).to_string(), "2.5.29.15 (id-ce-keyUsage)");
        let rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
        assert_eq!(Named(&rsa).to_string(), "1.2.840.113549.1.1.11 (sha256WithRSAEncryption)");
        assert_eq!(Named(&[0x67, 0x81, 0x0c, 1]).to_string(), "2.23.140.1 (joint-iso-itu-t.23.140.1)");
        assert_eq!(Named(&[0x2b, 6]).to_string(), "1.3.6 (iso.3.6)");
        assert_eq!(Oid(&[0xff; 40]).to_string(), "");
    }
}
