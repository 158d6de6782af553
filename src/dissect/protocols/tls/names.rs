//! Names of the other numbers in TLS (IANA, "TLS Parameters" and "TLS Extensions").

use crate::field::Names;

/// Content types of records.
pub(super) const CONTENT_TYPES: Names = &[
    (20, "Change Cipher Spec"),
    (21, "Alert"),
    (22, "Handshake"),
    (23, "Application Data"),
    (24, "Heartbeat"),
    (25, "Connection ID"),
];

/// Types of handshake messages.
pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
pub(super) const SERVER_HELLO_DONE: u8 = 14;

/// Versions of certificates.
pub(super) const CERTIFICATE_VERSIONS: Names = &[(0, "v1"), (1, "v2"), (2, "v3")];

/// Protocol versions.
pub(super) const VERSIONS: Names = &[
    (0x0002, "SSL 2.0"),
    (0x0100, "DTLS 1.0 (OpenSSL pre 0.9.8f)"),
    (0x0101, "GMTLS"),
    (0x0300, "SSL 3.0"),
    (0x0301, "TLS 1.0"),
    (0x0302, "TLS 1.1"),
    (0x0303, "TLS 1.2"),
    (0x0304, "TLS 1.3"),
    (0x0a0a, "Reserved (GREASE)"),
    (0x1a1a, "Reserved (GREASE)"),
    (0x2a2a, "Reserved (GREASE)"),
    (0x3a3a, "Reserved (GREASE)"),
    (0x4a4a, "Reserved (GREASE)"),
    (0x5a5a, "Reserved (GREASE)"),
    (0x6a6a, "Reserved (GREASE)"),
    (0x7a7a, "Reserved (GREASE)"),
    (0x7f0e, "TLS 1.3 (draft 14)"),
    (0x7f0f, "TLS 1.3 (draft 15)"),
    (0x7f10, "TLS 1.3 (draft 16)"),
    (0x7f11, "TLS 1.3 (draft 17)"),
    (0x7f12, "TLS 1.3 (draft 18)"),
    (0x7f13, "TLS 1.3 (draft 19)"),
    (0x7f14, "TLS 1.3 (draft 20)"),
    (0x7f15, "TLS 1.3 (draft 21)"),
    (0x7f16, "TLS 1.3 (draft 22)"),
    (0x7f17, "TLS 1.3 (draft 23)"),
    (0x7f18, "TLS 1.3 (draft 24)"),
    (0x7f19, "TLS 1.3 (draft 25)"),
    (0x7f1a, "TLS 1.3 (draft 26)"),
    (0x7f1b, "TLS 1.3 (draft 27)"),
    (0x7f1c, "TLS 1.3 (draft 28)"),
    (0x8a8a, "Reserved (GREASE)"),
    (0x9a9a, "Reserved (GREASE)"),
    (0xaaaa, "Reserved (GREASE)"),
    (0xbaba, "Reserved (GREASE)"),
    (0xcaca, "Reserved (GREASE)"),
    (0xdada, "Reserved (GREASE)"),
    (0xeaea, "Reserved (GREASE)"),
    (0xfafa, "Reserved (GREASE)"),
    (0xfb17, "TLS 1.3 (Facebook draft 23)"),
    (0xfb1a, "TLS 1.3 (Facebook draft 26)"),
    (0xfefd, "DTLS 1.2"),
    (0xfeff, "DTLS 1.0"),
];

/// Types of handshake messages.
pub(super) const HANDSHAKE_TYPES: Names = &[
    (0, "Hello Request"),
    (1, "Client Hello"),
    (2, "Server Hello"),
    (3, "Hello Verify Request"),
    (4, "New Session Ticket"),
    (5, "End of Early Data"),
    (6, "Hello Retry Request"),
    (7, "Request Certificate"),
    (8, "Encrypted Extensions"),
    (11, "Certificate"),
    (12, "Server Key Exchange"),
    (13, "Certificate Request"),
    (14, "Server Hello Done"),
    (15, "Certificate Verify"),
    (16, "Client Key Exchange"),
    (20, "Finished"),
    (21, "Client Certificate URL"),
    (22, "Certificate Status"),
    (23, "Supplemental Data"),
    (24, "Key Update"),
    (25, "Compressed Certificate"),
    (67, "Encrypted Extensions"),
];

/// Levels of alerts.
pub(super) const ALERT_LEVELS: Names = &[(1, "Warning"), (2, "Fatal")];

/// Descriptions of alerts.
pub(super) const ALERTS: Names = &[
    (0, "Close Notify"),
    (1, "End of Early Data"),
    (10, "Unexpected Message"),
    (20, "Bad Record MAC"),
    (21, "Decryption Failed"),
    (22, "Record Overflow"),
    (30, "Decompression Failure"),
    (40, "Handshake Failure"),
    (41, "No Certificate"),
    (42, "Bad Certificate"),
    (43, "Unsupported Certificate"),
    (44, "Certificate Revoked"),
    (45, "Certificate Expired"),
    (46, "Certificate Unknown"),
    (47, "Illegal Parameter"),
    (48, "Unknown CA"),
    (49, "Access Denied"),
    (50, "Decode Error"),
    (51, "Decrypt Error"),
    (60, "Export Restriction"),
    (70, "Protocol Version"),
    (71, "Insufficient Security"),
    (80, "Internal Error"),
    (86, "Inappropriate Fallback"),
    (90, "User Canceled"),
    (100, "No Renegotiation"),
    (109, "Missing Extension"),
    (110, "Unsupported Extension"),
    (111, "Certificate Unobtainable"),
    (112, "Unrecognized Name"),
    (113, "Bad Certificate Status Response"),
    (114, "Bad Certificate Hash Value"),
    (115, "Unknown PSK Identity"),
    (116, "Certificate Required"),
    (120, "No application Protocol"),
    (121, "ECH Required"),
];

/// Compression methods.
pub(super) const COMPRESSION: Names = &[(0, "null"), (1, "DEFLATE"), (64, "LZS")];

/// Types of heartbeat messages (RFC 6520).
pub(super) const HEARTBEATS: Names = &[(1, "Request"), (2, "Response")];

/// Modes of the heartbeat extension (RFC 6520).
pub(super) const HEARTBEAT_MODES: Names =
    &[(1, "Peer allowed to send requests"), (2, "Peer not allowed to send requests")];

/// Types of extensions.
pub(super) const EXTENSIONS: Names = &[
    (0, "server_name"),
    (1, "max_fragment_length"),
    (2, "client_certificate_url"),
    (3, "trusted_ca_keys"),
    (4, "truncated_hmac"),
    (5, "status_request"),
    (6, "user_mapping"),
    (7, "client_authz"),
    (8, "server_authz"),
    (9, "cert_type"),
    (10, "supported_groups"),
    (11, "ec_point_formats"),
    (12, "srp"),
    (13, "signature_algorithms"),
    (14, "use_srtp"),
    (15, "heartbeat"),
    (16, "application_layer_protocol_negotiation"),
    (17, "status_request_v2"),
    (18, "signed_certificate_timestamp"),
    (19, "client_certificate_type"),
    (20, "server_certificate_type"),
    (21, "padding"),
    (22, "encrypt_then_mac"),
    (23, "extended_master_secret"),
    (24, "token_binding"),
    (25, "cached_info"),
    (27, "compress_certificate"),
    (28, "record_size_limit"),
    (34, "delegated_credentials"),
    (35, "session_ticket"),
    (40, "Reserved (key_share)"),
    (41, "pre_shared_key"),
    (42, "early_data"),
    (43, "supported_versions"),
    (44, "cookie"),
    (45, "psk_key_exchange_modes"),
    (46, "Reserved (ticket_early_data_info)"),
    (47, "certificate_authorities"),
    (48, "oid_filters"),
    (49, "post_handshake_auth"),
    (50, "signature_algorithms_cert"),
    (51, "key_share"),
    (52, "transparency_info"),
    (53, "connection_id (deprecated)"),
    (54, "connection_id"),
    (55, "external_id_hash"),
    (56, "external_session_id"),
    (57, "quic_transport_parameters"),
    (58, "ticket_request"),
    (59, "dnssec_chain"),
    (2570, "Reserved (GREASE)"),
    (6682, "Reserved (GREASE)"),
    (10794, "Reserved (GREASE)"),
    (13172, "next_protocol_negotiation"),
    (14906, "Reserved (GREASE)"),
    (17513, "application_settings"),
    (19018, "Reserved (GREASE)"),
    (23130, "Reserved (GREASE)"),
    (27242, "Reserved (GREASE)"),
    (30031, "channel_id_old"),
    (30032, "channel_id"),
    (31354, "Reserved (GREASE)"),
    (35466, "Reserved (GREASE)"),
    (39578, "Reserved (GREASE)"),
    (43690, "Reserved (GREASE)"),
    (47802, "Reserved (GREASE)"),
    (51914, "Reserved (GREASE)"),
    (56026, "Reserved (GREASE)"),
    (60138, "Reserved (GREASE)"),
    (64250, "Reserved (GREASE)"),
    (65281, "renegotiation_info"),
    (65445, "quic_transport_parameters (drafts version)"),
    (65486, "encrypted_server_name"),
];

/// Formats of points on elliptic curves (RFC 8422).
pub(super) const POINT_FORMATS: Names =
    &[(0, "uncompressed"), (1, "ansiX962_compressed_prime"), (2, "ansiX962_compressed_char2")];

/// Kinds of curves (RFC 8422).
pub(super) const CURVE_TYPES: Names = &[(1, "explicit_prime"), (2, "explicit_char2"), (3, "named_curve")];

/// Kinds of server names (RFC 6066).
pub(super) const NAME_TYPES: Names = &[(0, "host_name")];

/// Kinds of certificate status (RFC 6066).
pub(super) const STATUS_TYPES: Names = &[(1, "OCSP"), (2, "OCSP Multi")];

/// Maximum fragment lengths (RFC 6066).
pub(super) const FRAGMENT_LENGTHS: Names = &[(1, "512"), (2, "1024"), (3, "2048"), (4, "4096")];

/// Kinds of client certificates.
pub(super) const CERT_TYPES: Names = &[
    (0, "N/A"),
    (1, "RSA Sign"),
    (2, "DSS Sign"),
    (3, "RSA Fixed DH"),
    (4, "DSS Fixed DH"),
    (21, "GOST R 34.10-94"),
    (22, "GOST R 34.10-2001"),
    (64, "ECDSA Sign"),
    (65, "RSA Fixed ECDH"),
    (66, "ECDSA Fixed ECDH"),
    (80, "IBC Params"),
];

/// Key exchange modes of pre-shared keys (RFC 8446, section 4.2.9).
pub(super) const PSK_MODES: Names =
    &[(0, "PSK-only key establishment (psk_ke)"), (1, "PSK with (EC)DHE key establishment (psk_dhe_ke)")];

/// Algorithms of certificate compression (RFC 8879).
pub(super) const CERT_COMPRESSION: Names = &[(1, "zlib"), (2, "brotli"), (3, "zstd")];

/// Requests of a key update (RFC 8446, section 4.6.3).
pub(super) const KEY_UPDATES: Names = &[(0, "update_not_requested"), (1, "update_requested")];

/// Hash algorithms of TLS 1.2 (RFC 5246, section 7.4.1.4.1).
pub(super) const HASHES: Names = &[
    (0, "None"),
    (1, "MD5"),
    (2, "SHA1"),
    (3, "SHA224"),
    (4, "SHA256"),
    (5, "SHA384"),
    (6, "SHA512"),
    (7, "SM3"),
];

/// Signature algorithms of TLS 1.2.
pub(super) const SIGNATURES: Names = &[(0, "Anonymous"), (1, "RSA"), (2, "DSA"), (3, "ECDSA"), (4, "SM2")];
