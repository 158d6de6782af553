//! Signed certificate timestamps: a log's promise that it has published a certificate (RFC 6962, sections 3.2 and 3.3).

use super::extensions::signature_algorithm;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::frame::Timestamp;

/// Octets of a log's identifier, the SHA-256 hash of its key.
const LOG_ID_LEN: usize = 32;

/// Logs of Google's public list of known logs, by the first eight octets of their identifiers.
const LOGS: Names = &[
    (0x5ea7_73f9_df56_c0e7, "Cloudflare 'Nimbus2020' Log"),
    (0x4494_652e_b0ee_ceaf, "Cloudflare 'Nimbus2021' Log"),
    (0x41c8_cab1_df22_464a, "Cloudflare 'Nimbus2022' Log"),
    (0x7a32_8c54_d8b7_2db6, "Cloudflare 'Nimbus2023' Log"),
    (0x5614_069a_2fd7_c2ec, "DigiCert Log Server"),
    (0xc652_a0ec_48ce_b3fc, "DigiCert Nessie2020 Log"),
    (0xeec0_95ee_8d72_640f, "DigiCert Nessie2021 Log"),
    (0x51a3_b0f5_fd01_799c, "DigiCert Nessie2022 Log"),
    (0xb373_7707_e184_50f8, "DigiCert Nessie2023 Log"),
    (0xf095_a459_f200_d182, "DigiCert Yeti2020 Log"),
    (0x5cdc_4392_fee6_ab45, "DigiCert Yeti2021 Log"),
    (0x2245_4507_5955_2456, "DigiCert Yeti2022 Log"),
    (0x35cf_191b_bfb1_6c57, "DigiCert Yeti2023 Log"),
    (0xb21e_05cc_8ba2_cd8a, "Google 'Argon2020' log"),
    (0xf65c_942f_d177_3022, "Google 'Argon2021' log"),
    (0x2979_bef0_9e39_3921, "Google 'Argon2022' log"),
    (0xe83e_d0da_3ef5_0635, "Google 'Argon2023' log"),
    (0x68f6_98f8_1f64_82be, "Google 'Aviator' log"),
    (0x293c_5196_54c8_3965, "Google 'Icarus' log"),
    (0xa4b9_0990_b418_5814, "Google 'Pilot' log"),
    (0xee4b_bdb7_75ce_60ba, "Google 'Rocketeer' log"),
    (0xbbd9_dfbc_1f8a_71b5, "Google 'Skydiver' log"),
    (0x07b7_5c1b_e57d_68ff, "Google 'Xenon2020' log"),
    (0x7d3e_f2f8_8fff_8855, "Google 'Xenon2021' log"),
    (0x46a5_55eb_75fa_9120, "Google 'Xenon2022' log"),
    (0xadf7_befa_7cff_10c8, "Google 'Xenon2023' log"),
    (0xe712_f2b0_377e_1a62, "Let's Encrypt 'Oak2020' log"),
    (0x9420_bc1e_8ed5_8d6c, "Let's Encrypt 'Oak2021' log"),
    (0xdfa5_5eab_6882_4f1f, "Let's Encrypt 'Oak2022' log"),
    (0xb73e_fb24_df9c_4dba, "Let's Encrypt 'Oak2023' log"),
    (0x6f53_76ac_31f0_3119, "Sectigo 'Mammoth' CT log"),
    (0x5581_d4c2_1690_3601, "Sectigo 'Sabre' CT log"),
    (0xddeb_1d2b_7a0d_4fa6, "Symantec log"),
    (0xc365_f9b3_654f_3283, "Trust Asia Log2022"),
    (0xe87e_a766_0bc2_6cf6, "Trust Asia Log2023"),
];

crate::fields! {
    LIST_LEN = Field::new("tls.sct.scts_length", "Serialized SCT List Length", Kind::Uint(16));
    LEN = Field::new("tls.sct.sct_length", "Serialized SCT Length", Kind::Uint(16));
    VERSION = Field::new("tls.sct.sct_version", "SCT Version", Kind::Uint(8));
    LOG_ID = Field::new("tls.sct.sct_logid", "Log ID", Kind::Bytes);
    TIMESTAMP = Field::new("tls.sct.sct_timestamp", "Timestamp", Kind::Time);
    EXTENSIONS_LEN = Field::new("tls.sct.sct_extensions_length", "Extensions length", Kind::Uint(16));
    EXTENSIONS = Field::new("tls.sct.sct_extensions", "Extensions", Kind::Label);
    SIGNATURE_LEN = Field::new("tls.sct.sct_signature_length", "Signature Length", Kind::Uint(16));
    SIGNATURE = Field::new("tls.sct.sct_signature", "Signature", Kind::Bytes);
}

/// Visits a list of timestamps with its length.
pub(super) fn list(w: &mut Walk<'_, '_>) -> Step {
    let len = w.take(&LIST_LEN, 2)?;
    w.within(len, |w| {
        while w.left() >= 2 {
            timestamp(w)?;
        }
        Ok(())
    })
}

/// Visits one timestamp with its length.
fn timestamp(w: &mut Walk<'_, '_>) -> Step {
    let len = usize::from(w.u16(0)?);
    // Only version 1, which has the number 0, says which log it is.
    let log = w.bytes.get(3..11).filter(|_| w.bytes.get(2) == Some(&0));
    let log = log.and_then(|id| Some(u64::from_be_bytes(id.try_into().ok()?)));
    let name = log.map(|log| name_of(LOGS, log).unwrap_or("Unknown Log"));
    match name {
        Some(name) => w.group(2 + len, format_args!("Signed Certificate Timestamp ({name})"))?,
        None => w.group(2 + len, format_args!("Signed Certificate Timestamp"))?,
    }
    w.take(&LEN, 2)?;
    w.within(len, |w| {
        if w.take(&VERSION, 1)? > 0 {
            return Ok(());
        }
        w.bytes(&LOG_ID, 0, LOG_ID_LEN)?;
        w.skip(LOG_ID_LEN);
        let milliseconds = u64::from(w.u32(0)?) << 32 | u64::from(w.u32(4)?);
        let seconds = i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX);
        let time = Timestamp::from_parts(seconds, (milliseconds % 1000) as i64 * 1_000_000);
        w.value(&TIMESTAMP, 0, 8, Value::Time(time))?;
        w.skip(8);
        let extensions = w.take(&EXTENSIONS_LEN, 2)?;
        if extensions > 0 {
            w.value(&EXTENSIONS, 0, extensions, Value::None)?;
            w.skip(extensions);
        }
        signature_algorithm(w)?;
        let signature = w.take(&SIGNATURE_LEN, 2)?;
        w.take_up_to(&SIGNATURE, signature)
    })?;
    w.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_in_the_order_of_their_names_and_each_is_there_once() {
        assert_eq!(name_of(LOGS, 0xa4b9_0990_b418_5814), Some("Google 'Pilot' log"));
        assert!(LOGS.windows(2).all(|pair| pair[0].1 < pair[1].1));
        assert!(LOGS.iter().all(|(id, _)| LOGS.iter().filter(|(other, _)| other == id).count() == 1));
    }
}
