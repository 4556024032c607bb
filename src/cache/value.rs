//! One stored row: `schema | BLAKE3-keyed(schema, row key, payload) | payload`. Everything read back is untrusted until
//! the keyed hash fits; the row key is part of it, so a row that was moved under another key does not fit either.

use std::time::{Duration, SystemTime};

use crate::domain::Origin;
use crate::suggest::ports::{CacheKey, CachedAnswer, KeptCandidate, RedactedText};

/// The first byte of every row. A row of another schema is dropped.
pub(crate) const SCHEMA: u8 = 2;

const MAC_BYTES: usize = 32;

/// Schema, hash, time, confidence, two lengths and three marks of texts that may be missing.
const FIXED_BYTES: usize = 1 + MAC_BYTES + 8 + 8 + 2 + 2 + 3;

/// Longest row. A command that long is not worth keeping, and a longer row on disk is not ours.
pub(crate) const MAX_ROW_BYTES: usize = 12 * 1024;

/// The secret that makes a row ours.
#[derive(Clone)]
pub(crate) struct MacKey(pub(crate) [u8; 32]);

/// Milliseconds since 1970; what lies before it counts as 1970.
pub(crate) fn millis(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Whether the row of an answer would not be too long.
pub(crate) fn fits(answer: &CachedAnswer) -> bool {
    let candidate = &answer.candidate;
    let optional: usize = optional_texts(answer).into_iter().flatten().map(|text| 2 + text.len()).sum();
    FIXED_BYTES + candidate.command.as_str().len() + candidate.origin.label().len() + optional <= MAX_ROW_BYTES
}

/// The texts of an answer that may be missing, in the order of the row.
fn optional_texts(answer: &CachedAnswer) -> [Option<&str>; 3] {
    let candidate = &answer.candidate;
    let provider = candidate.origin.provider();
    [
        candidate.reading.as_ref().map(RedactedText::as_str),
        provider.and_then(|provider| provider.model.as_deref()),
        provider.and_then(|provider| provider.instead_of.as_deref()),
    ]
}

/// Writes a row; `None` when it would be too long.
pub(crate) fn encode(mac: &MacKey, key: &CacheKey, answer: &CachedAnswer) -> Option<Vec<u8>> {
    let candidate = &answer.candidate;
    let mut payload = Vec::with_capacity(64 + candidate.command.as_str().len());
    payload.extend_from_slice(&millis(answer.created).to_le_bytes());
    payload.extend_from_slice(&candidate.confidence.to_bits().to_le_bytes());
    add_text(&mut payload, &candidate.origin.label())?;
    add_text(&mut payload, candidate.command.as_str())?;
    for text in optional_texts(answer) {
        payload.push(u8::from(text.is_some()));
        text.map_or(Some(()), |text| add_text(&mut payload, text))?;
    }
    let mut row = Vec::with_capacity(1 + MAC_BYTES + payload.len());
    row.push(SCHEMA);
    row.extend_from_slice(authenticate(mac, key, &payload).as_bytes());
    row.extend_from_slice(&payload);
    (row.len() <= MAX_ROW_BYTES).then_some(row)
}

/// Reads a row; `None` when it is damaged, moved, of another schema, too long, or not written with this key.
pub(crate) fn decode(mac: &MacKey, key: &CacheKey, row: &[u8]) -> Option<CachedAnswer> {
    if row.len() > MAX_ROW_BYTES {
        return None;
    }
    let (&schema, rest) = row.split_first()?;
    let (&stored_mac, payload) = rest.split_first_chunk::<MAC_BYTES>()?;
    // The comparison of two hashes takes the same time wherever they differ.
    if schema != SCHEMA || authenticate(mac, key, payload) != blake3::Hash::from_bytes(stored_mac) {
        return None;
    }
    let mut rest = payload;
    let created = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::from_le_bytes(take(&mut rest)?)))?;
    let confidence = f64::from_bits(u64::from_le_bytes(take(&mut rest)?));
    let origin = Origin::from_label(&take_text(&mut rest)?)?;
    let command = RedactedText::from_authentic_row(take_text(&mut rest)?);
    let reading = take_optional(&mut rest)?.map(RedactedText::from_authentic_row);
    let origin = origin.with_models(take_optional(&mut rest)?, take_optional(&mut rest)?);
    rest.is_empty().then_some(CachedAnswer { candidate: KeptCandidate { command, reading, origin, confidence }, created })
}

fn authenticate(mac: &MacKey, key: &CacheKey, payload: &[u8]) -> blake3::Hash {
    blake3::Hasher::new_keyed(&mac.0).update(&[SCHEMA]).update(&key.0).update(payload).finalize()
}

fn add_text(payload: &mut Vec<u8>, text: &str) -> Option<()> {
    payload.extend_from_slice(&u16::try_from(text.len()).ok()?.to_le_bytes());
    payload.extend_from_slice(text.as_bytes());
    Some(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (&head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(head)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = u16::from_le_bytes(take(rest)?);
    let (text, tail) = rest.split_at_checked(usize::from(length))?;
    *rest = tail;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

fn take_optional(rest: &mut &[u8]) -> Option<Option<String>> {
    match take::<1>(rest)? {
        [0] => Some(None),
        [1] => take_text(rest).map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Answerer;
    use proptest::prelude::*;

    const MAC: MacKey = MacKey([7; 32]);
    const KEY: CacheKey = CacheKey([1; 32]);

    fn answer() -> CachedAnswer {
        let candidate = KeptCandidate {
            command: RedactedText::mask("find . -size +10M"),
            reading: Some(RedactedText::mask("finds")),
            origin: Origin::Provider(Answerer {
                model: Some("small".to_owned()),
                instead_of: Some("large".to_owned()),
                ..Answerer::named("openai")
            }),
            confidence: 0.8,
        };
        CachedAnswer { candidate, created: SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_123) }
    }

    #[test]
    fn a_flipped_bit_anywhere_makes_the_row_invalid() {
        let row = encode(&MAC, &KEY, &answer()).unwrap();
        assert_eq!(decode(&MAC, &KEY, &row), Some(answer()));
        for at in 0..row.len() {
            for bit in 0..8 {
                let mut damaged = row.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(decode(&MAC, &KEY, &damaged), None, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_cut_or_longer_row_is_invalid() {
        let row = encode(&MAC, &KEY, &answer()).unwrap();
        for length in 0..row.len() {
            assert_eq!(decode(&MAC, &KEY, &row[..length]), None, "{length} bytes");
        }
        assert_eq!(decode(&MAC, &KEY, &[row, vec![0]].concat()), None);
    }

    #[test]
    fn a_row_fits_its_own_key_and_secret_only() {
        let row = encode(&MAC, &KEY, &answer()).unwrap();
        assert_eq!(decode(&MAC, &CacheKey([2; 32]), &row), None);
        assert_eq!(decode(&MacKey([8; 32]), &KEY, &row), None);
    }

    #[test]
    fn an_authentic_payload_of_a_wrong_form_is_invalid() {
        for payload in [&b""[..], &[0; 16], &[0; 21], &[255; 40]] {
            let row = [&[SCHEMA][..], authenticate(&MAC, &KEY, payload).as_bytes(), payload].concat();
            assert_eq!(decode(&MAC, &KEY, &row), None, "{payload:?}");
        }
    }

    #[test]
    fn too_long_rows_are_not_written() {
        for length in [MAX_ROW_BYTES, 70_000] {
            let mut long = answer();
            long.candidate.command = RedactedText::mask(&"x".repeat(length));
            assert_eq!(encode(&MAC, &KEY, &long), None);
            assert!(!fits(&long));
        }
    }

    #[test]
    fn what_fits_is_what_can_be_written() {
        let mut answer = answer();
        let spare = MAX_ROW_BYTES - encode(&MAC, &KEY, &answer).unwrap().len();
        let longer = |answer: &CachedAnswer, more: usize| RedactedText::mask(&format!("{}{}", answer.candidate.command, "x".repeat(more)));
        answer.candidate.command = longer(&answer, spare);
        assert_eq!((fits(&answer), encode(&MAC, &KEY, &answer).unwrap().len()), (true, MAX_ROW_BYTES));
        answer.candidate.command = longer(&answer, 1);
        assert_eq!((fits(&answer), encode(&MAC, &KEY, &answer)), (false, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(command in ".{0,200}", reading in proptest::option::of(".{0,80}"), name in "[a-z]{0,9}",
                                   models in (proptest::option::of(".{0,40}"), proptest::option::of(".{0,40}")), confidence in 0.0..=1.0, at in 0..4_000_000_000_000_u64) {
            let origin = if name.is_empty() { Origin::Ran } else { Origin::Provider(Answerer::named(&name)).with_models(models.0, models.1) };
            let created = SystemTime::UNIX_EPOCH + Duration::from_millis(at);
            let (command, reading) = (RedactedText::mask(&command), reading.map(|reading| RedactedText::mask(&reading)));
            let answer = CachedAnswer { candidate: KeptCandidate { command, reading, origin, confidence }, created };
            let row = encode(&MAC, &KEY, &answer).unwrap();
            prop_assert_eq!(decode(&MAC, &KEY, &row), Some(answer));
        }

        #[test]
        fn any_bytes_can_be_offered(row in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decode(&MAC, &KEY, &row), None);
        }
    }
}
