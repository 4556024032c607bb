//! Whatever comes over the wire: heads, bodies and records are read the same however they arrive, or refused.

#![no_main]

use std::io::{BufRead, BufReader};

use gptos::protocol::{BodyReader, HttpError, RanRequest, Record, Status, SuggestRequest, WireCacheStats, read_head};
use libfuzzer_sys::fuzz_target;
use serde_json::{from_slice, to_vec};

/// The status and the body, or why there is none.
fn response(mut reader: impl BufRead) -> Result<(u16, Vec<u8>), HttpError> {
    let head = read_head(&mut reader)?;
    let mut framing = BodyReader::new(&head)?;
    let mut body = Vec::new();
    while let Some(piece) = framing.next(&mut reader)? {
        body.extend(piece);
    }
    Ok((head.status, body))
}

fn records(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(Record::Answer(answer)) = from_slice(line) {
            let candidates = answer.candidates.into_iter().filter_map(|candidate| candidate.into_candidate());
            candidates.for_each(|candidate| assert!((0.0..=1.0).contains(&candidate.confidence)));
        }
        if let Ok(record) = from_slice::<Record>(line) {
            let written = to_vec(&record).expect("a record can be written");
            from_slice::<Record>(&written).expect("a written record can be read");
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let whole = response(bytes).map_err(|error| error.to_string());
    let bit_by_bit = response(BufReader::with_capacity(1, bytes)).map_err(|error| error.to_string());
    assert_eq!(whole, bit_by_bit);
    if let Ok((_, body)) = whole {
        records(&body);
    }
    records(bytes);

    if let Ok(request) = from_slice::<SuggestRequest>(bytes) {
        let written = to_vec(&request).expect("a request can be written");
        assert_eq!(from_slice::<SuggestRequest>(&written).expect("a written request can be read"), request);
        if let Ok(facts) = request.shell.into_facts() {
            assert!(facts.cwd.is_absolute());
        }
    }
    if let Ok(request) = from_slice::<RanRequest>(bytes) {
        let written = to_vec(&request).expect("a request can be written");
        assert_eq!(from_slice::<RanRequest>(&written).expect("a written request can be read"), request);
    }
    let _ = from_slice::<Status>(bytes);
    let _ = from_slice::<WireCacheStats>(bytes);
});
