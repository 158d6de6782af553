//! Object identifiers (X.660) in certificates: their numbers and their names.

pub(super) use crate::dissect::reading::der::Oid;

use std::cmp::Ordering;
use std::fmt;

/// An object identifier, shown with its name: `2.5.29.15 (id-ce-keyUsage)`.
pub(super) struct Named<'a>(pub(super) &'a [u8]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", Oid(self.0), Name(self.0))
    }
}

/// An object identifier, shown by its name. For an unknown one, that is the name of its longest known beginning, and
/// the remaining numbers.
pub(super) struct Name<'a>(pub(super) &'a [u8]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = Oid(self.0).to_string();
        let (mut known, mut rest) = (numbers.as_str(), "");
        while !known.is_empty() {
            if let Ok(at) = NAMES.binary_search_by(|(id, _)| compare(id, known)) {
                let name = NAMES.get(at).map_or("", |(_, name)| *name);
                return write!(f, "{name}{rest}");
            }
            known = known.rsplit_once('.').map_or("", |(before, _)| before);
            rest = numbers.get(known.len()..).unwrap_or_default();
        }
        f.write_str(&numbers)
    }
}

/// Whether Wireshark has a name for the whole identifier. Without one, it cannot dissect the value that the
/// identifier describes.
pub(super) fn is_known(id: &[u8]) -> bool {
    let numbers = Oid(id).to_string();
    NAMES.binary_search_by(|(known, _)| compare(known, &numbers)).is_ok()
}

/// Orders identifiers by their numbers.
fn compare(a: &str, b: &str) -> Ordering {
    let numbers = |id: &str| id.split('.').map(|n| n.parse().unwrap_or(u64::MAX)).collect::<Vec<_>>();
    numbers(a).cmp(&numbers(b))
}

/// Attributes (X.520, RFC 2985, RFC 4519), algorithms and curves (RFC 3279, RFC 4055, RFC 5480, RFC 5758), extensions
/// (RFC 5280 and others), purposes and access methods, in the order of their numbers.
const NAMES: &[(&str, &str)] = &[
    ("0", "itu-t"),
    ("0.9.2342.19200300.100.1.1", "id-userid"),
    ("0.9.2342.19200300.100.1.25", "dc"),
    ("0.9.2342.19200300.100.1.60", "jpegPhoto"),
    ("1", "iso"),
    ("1.2.840", "ISO assigned OIDs, USA"),
    ("1.2.840.10040.4.1", "id-dsa"),
    ("1.2.840.10040.4.3", "id-dsa-with-sha1"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.840.10045.3.1.1", "secp192r1"),
    ("1.2.840.10045.3.1.7", "secp256r1"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.113533.7.65.0", "id-ce-entrustVersionInfo"),
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.6", "rsaOAEPEncryptionSET"),
    ("1.2.840.113549.1.1.8", "id-mgf1"),
    ("1.2.840.113549.1.1.10", "id-RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.113549.1.9.1", "pkcs-9-at-emailAddress"),
    ("1.2.840.113549.1.9.3", "id-contentType"),
    ("1.2.840.113549.1.9.4", "id-messageDigest"),
    ("1.2.840.113549.1.9.5", "id-signingTime"),
    ("1.2.840.113549.1.9.6", "id-counterSignature"),
    ("1.2.840.113549.1.9.7", "pkcs-9-at-challengePassword"),
    ("1.2.840.113549.1.9.8", "pkcs-9-at-unstructuredAddress"),
    ("1.2.840.113549.1.9.9", "pkcs-9-at-extendedCertificateAttributes"),
    ("1.2.840.113549.1.9.13", "pkcs-9-at-signingDescription"),
    ("1.2.840.113549.1.9.14", "pkcs-9-at-extensionRequest"),
    ("1.2.840.113549.1.9.15", "id-smime-capabilities"),
    ("1.2.840.113549.1.9.20", "pkcs-9-at-friendlyName"),
    ("1.2.840.113549.1.9.21", "pkcs-9-at-localKeyId"),
    ("1.3.6.1.4.1.311.10.3.1", "id-ms-kp-ctl-usage-signing"),
    ("1.3.6.1.4.1.311.10.3.2", "id-ms-kp-time-stamp-signing"),
    ("1.3.6.1.4.1.311.10.3.3", "id-ms-sgc"),
    ("1.3.6.1.4.1.311.10.3.4", "id-ms-kp-efs"),
    ("1.3.6.1.4.1.311.10.3.5", "id-ms-whql-crypto"),
    ("1.3.6.1.4.1.311.10.3.6", "id-ms-nt5-crypto"),
    ("1.3.6.1.4.1.311.10.3.7", "id-ms-oem-whql-crypto"),
    ("1.3.6.1.4.1.311.10.3.8", "id-ms-embedded-nt-crypto"),
    ("1.3.6.1.4.1.311.10.3.9", "id-ms-root-list-signer"),
    ("1.3.6.1.4.1.311.10.3.10", "id-ms-kp-qualified-subordination"),
    ("1.3.6.1.4.1.311.10.3.11", "id-ms-kp-key-recovery"),
    ("1.3.6.1.4.1.311.10.3.12", "id-ms-kp-document-signing"),
    ("1.3.6.1.4.1.311.10.3.13", "id-ms-kp-lifetime-signing"),
    ("1.3.6.1.4.1.311.20.2", "id-ms-certificate-template-name"),
    ("1.3.6.1.4.1.311.20.2.2", "id-ms-kp-smartcard-logon"),
    ("1.3.6.1.4.1.311.20.2.3", "id-ms-user-principal-name"),
    ("1.3.6.1.4.1.311.21.1", "id-ms-ca-version"),
    ("1.3.6.1.4.1.311.21.2", "id-ms-previous-cert-hash"),
    ("1.3.6.1.4.1.311.21.5", "id-ms-kp-ca-exchange"),
    ("1.3.6.1.4.1.311.21.7", "id-ms-certificate-template"),
    ("1.3.6.1.4.1.311.21.10", "id-ms-application-certificate-policies"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionOfIncorporationStateOrProvinceName"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionOfIncorporationCountryName"),
    ("1.3.6.1.4.1.11129.2.4.2", "SignedCertificateTimestampList"),
    ("1.3.6.1.4.1.11129.2.4.5", "SignedCertificateTimestampList"),
    ("1.3.6.1.5.5.7", "id-pkix"),
    ("1.3.6.1.5.5.7.1.1", "id-pe-authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.2", "id-pe-biometricInfo"),
    ("1.3.6.1.5.5.7.1.3", "id-pe-qcStatements"),
    ("1.3.6.1.5.5.7.1.6", "id-pe-aaControls"),
    ("1.3.6.1.5.5.7.1.7", "id-pe-ipAddrBlocks"),
    ("1.3.6.1.5.5.7.1.8", "id-pe-autonomousSysIds"),
    ("1.3.6.1.5.5.7.1.10", "id-pe-ac-proxying"),
    ("1.3.6.1.5.5.7.1.12", "id-pe-logotype"),
    ("1.3.6.1.5.5.7.1.13", "id-pe-wlanSSID"),
    ("1.3.6.1.5.5.7.1.14", "id-pe-proxyCertInfo"),
    ("1.3.6.1.5.5.7.1.24", "id-pe-tlsfeature"),
    ("1.3.6.1.5.5.7.1.25", "id-pe-mud-url"),
    ("1.3.6.1.5.5.7.2.1", "id-qt-cps"),
    ("1.3.6.1.5.5.7.2.2", "id-qt-unotice"),
    ("1.3.6.1.5.5.7.3.1", "id-kp-serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "id-kp-clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "id-kp-codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "id-kp-emailProtection"),
    ("1.3.6.1.5.5.7.3.5", "id-kp-ip-kp-ipsecEndSystem"),
    ("1.3.6.1.5.5.7.3.6", "id-kp-ipsecTunnel"),
    ("1.3.6.1.5.5.7.3.7", "id-kp-ipsecUser"),
    ("1.3.6.1.5.5.7.3.8", "id-kp-timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.5.7.3.13", "id-kp-eapOverPPP"),
    ("1.3.6.1.5.5.7.3.14", "id-kp-eapOverLAN"),
    ("1.3.6.1.5.5.7.3.35", "id-kp-bundleSecurity"),
    ("1.3.6.1.5.5.7.48.1", "id-ad-ocsp"),
    ("1.3.6.1.5.5.7.48.1.5", "id-pkix-ocsp-nocheck"),
    ("1.3.6.1.5.5.7.48.2", "id-ad-caIssuers"),
    ("1.3.14.3.2.26", "SHA-1"),
    ("1.3.14.3.2.29", "sha-1WithRSAEncryption"),
    ("1.3.132.0.1", "sect163k1"),
    ("1.3.132.0.15", "sect163r2"),
    ("1.3.132.0.16", "sect283k1"),
    ("1.3.132.0.17", "sect283r1"),
    ("1.3.132.0.26", "sect233k1"),
    ("1.3.132.0.27", "sect233r1"),
    ("1.3.132.0.33", "secp224r1"),
    ("1.3.132.0.34", "secp384r1"),
    ("1.3.132.0.35", "secp521r1"),
    ("1.3.132.0.36", "sect409k1"),
    ("1.3.132.0.37", "sect409r1"),
    ("1.3.132.0.38", "sect571k1"),
    ("1.3.132.0.39", "sect571r1"),
    ("2", "joint-iso-itu-t"),
    ("2.5.4.0", "id-at-objectClass"),
    ("2.5.4.1", "id-at-aliasedEntryName"),
    ("2.5.4.2", "id-at-knowledgeInformation"),
    ("2.5.4.3", "id-at-commonName"),
    ("2.5.4.4", "id-at-surname"),
    ("2.5.4.5", "id-at-serialNumber"),
    ("2.5.4.6", "id-at-countryName"),
    ("2.5.4.7", "id-at-localityName"),
    ("2.5.4.8", "id-at-stateOrProvinceName"),
    ("2.5.4.9", "id-at-streetAddress"),
    ("2.5.4.10", "id-at-organizationName"),
    ("2.5.4.11", "id-at-organizationalUnitName"),
    ("2.5.4.12", "id-at-title"),
    ("2.5.4.13", "id-at-description"),
    ("2.5.4.14", "id-at-searchGuide"),
    ("2.5.4.15", "id-at-businessCategory"),
    ("2.5.4.16", "id-at-postalAddress"),
    ("2.5.4.17", "id-at-postalCode"),
    ("2.5.4.18", "id-at-postOfficeBox"),
    ("2.5.4.19", "id-at-physicalDeliveryOfficeName"),
    ("2.5.4.20", "id-at-telephoneNumber"),
    ("2.5.4.21", "id-at-telexNumber"),
    ("2.5.4.23", "id-at-facsimileTelephoneNumber"),
    ("2.5.4.24", "id-at-x121Address"),
    ("2.5.4.25", "id-at-internationalISDNNumber"),
    ("2.5.4.26", "id-at-registeredAddress"),
    ("2.5.4.27", "id-at-destinationIndicator"),
    ("2.5.4.28", "id-at-preferredDeliveryMethod"),
    ("2.5.4.29", "id-at-presentationAddress"),
    ("2.5.4.30", "id-at-supportedApplicationContext"),
    ("2.5.4.31", "id-at-member"),
    ("2.5.4.32", "id-at-owner"),
    ("2.5.4.33", "id-at-roleOccupant"),
    ("2.5.4.34", "id-at-seeAlso"),
    ("2.5.4.35", "id-at-userPassword"),
    ("2.5.4.36", "id-at-userCertificate"),
    ("2.5.4.37", "id-at-cAcertificate"),
    ("2.5.4.38", "id-at-authorityRevocationList"),
    ("2.5.4.39", "id-at-certificateRevocationList"),
    ("2.5.4.40", "id-at-crossCertificatePair"),
    ("2.5.4.41", "id-at-name"),
    ("2.5.4.42", "id-at-givenName"),
    ("2.5.4.43", "id-at-initials"),
    ("2.5.4.44", "id-at-generationQualifier"),
    ("2.5.4.45", "id-at-uniqueIdedntifier"),
    ("2.5.4.46", "id-at-dnQualifier"),
    ("2.5.4.47", "id-at-enhancedSearchGuide"),
    ("2.5.4.48", "id-at-protocolInformation"),
    ("2.5.4.49", "id-at-distinguishedName"),
    ("2.5.4.50", "id-at-uniqueMember"),
    ("2.5.4.51", "id-at-houseIdentifier"),
    ("2.5.4.52", "id-at-supportedAlgorithms"),
    ("2.5.4.53", "id-at-deltaRevocationList"),
    ("2.5.4.54", "id-at-dmdName"),
    ("2.5.4.55", "id-at-clearance"),
    ("2.5.4.56", "id-at-defaultDirQop"),
    ("2.5.4.58", "id-at-attributeCertificate"),
    ("2.5.4.59", "id-at-attributeCertificateRevocationList"),
    ("2.5.4.65", "id-at-pseudonym"),
    ("2.5.4.66", "id-at-communuicationsService"),
    ("2.5.4.67", "id-at-communuicationsNetwork"),
    ("2.5.4.72", "id-at-role"),
    ("2.5.29.3", "id-ce-certificatePolicies"),
    ("2.5.29.9", "id-ce-subjectDirectoryAttributes"),
    ("2.5.29.14", "id-ce-subjectKeyIdentifier"),
    ("2.5.29.15", "id-ce-keyUsage"),
    ("2.5.29.16", "id-ce-privateKeyUsagePeriod"),
    ("2.5.29.17", "id-ce-subjectAltName"),
    ("2.5.29.18", "id-ce-issuerAltName"),
    ("2.5.29.19", "id-ce-basicConstraints"),
    ("2.5.29.20", "id-ce-cRLNumber"),
    ("2.5.29.21", "id-ce-reasonCode"),
    ("2.5.29.23", "id-ce-instructionCode"),
    ("2.5.29.24", "id-ce-invalidityDate"),
    ("2.5.29.27", "id-ce-deltaCRLIndicator"),
    ("2.5.29.28", "id-ce-issuingDistributionPoint"),
    ("2.5.29.29", "id-ce-certificateIssuer"),
    ("2.5.29.30", "id-ce-nameConstraints"),
    ("2.5.29.31", "id-ce-cRLDistributionPoints"),
    ("2.5.29.32", "id-ce-certificatePolicies"),
    ("2.5.29.32.0", "anyPolicy"),
    ("2.5.29.33", "id-ce-policyMappings"),
    ("2.5.29.35", "id-ce-authorityKeyIdentifier"),
    ("2.5.29.36", "id-ce-policyConstraints"),
    ("2.5.29.37", "id-ce-extKeyUsage"),
    ("2.5.29.40", "id-ce-cRLStreamIdentifier"),
    ("2.5.29.44", "id-ce-cRLScope"),
    ("2.5.29.45", "id-ce-statusReferrals"),
    ("2.5.29.46", "id-ce-freshestCRL"),
    ("2.5.29.47", "id-ce-orderedList"),
    ("2.5.29.51", "id-ce-baseUpdateTime"),
    ("2.5.29.53", "id-ce-deltaInfo"),
    ("2.5.29.54", "id-ce-inhibitAnyPolicy"),
    ("2.5.29.55", "id-ce-targetInformation"),
    ("2.5.29.58", "id-ce-toBeRevoked"),
    ("2.5.29.59", "id-ce-RevokedGroups"),
    ("2.5.29.60", "id-ce-expiredCertsOnCRL"),
    ("2.5.29.61", "id-ce-aAissuingDistributionPoint"),
    ("2.16.840.1", "US company arc"),
    ("2.16.840.1.101.3.4.2.1", "sha256"),
    ("2.16.840.1.101.3.4.3.1", "id-dsa-with-sha224"),
    ("2.16.840.1.101.3.4.3.2", "id-dsa-with-sha256"),
    ("2.16.840.1.113730.1.1", "ns_cert_exts.cert_type"),
    ("2.16.840.1.113730.1.2", "ns_cert_exts.base_url"),
    ("2.16.840.1.113730.1.3", "ns_cert_exts.revocation-url"),
    ("2.16.840.1.113730.1.4", "ns_cert_exts.ca-revocation-url"),
    ("2.16.840.1.113730.1.7", "ns_cert_exts.cert-renewal-url"),
    ("2.16.840.1.113730.1.8", "ns_cert_exts.ca-policy-url"),
    ("2.16.840.1.113730.1.12", "ns_cert_exts.ssl-server-name"),
    ("2.16.840.1.113730.1.13", "ns_cert_exts.comment"),
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

    #[test]
    fn the_longest_beginning_that_is_known_stands_before_the_rest() {
        assert_eq!(Name(&[0x2b, 6, 1, 5, 5, 7, 1, 99]).to_string(), "id-pkix.1.99");
        assert_eq!(Name(&[0x55, 0x1d, 37, 0]).to_string(), "id-ce-extKeyUsage.0");
        assert_eq!(Name(&[0x60, 0x86, 0x48, 1, 5]).to_string(), "US company arc.5");
    }

    #[test]
    fn names_are_in_order() {
        assert!(NAMES.is_sorted_by(|(a, _), (b, _)| compare(a, b).is_lt()));
    }
}
