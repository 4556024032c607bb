//! Which trace a request belongs to, as W3C Trace Context writes it.

use std::fmt;

/// The span of somebody else that a request is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace, never 0.
    pub trace: u128,
    /// The span in it, never 0.
    pub span: u64,
    /// Whether the trace is kept.
    pub sampled: bool,
}

impl TraceParent {
    /// Reads `00-TRACE-SPAN-FLAGS`. Anything else, however near, is nobody's trace: `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t']);
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (hex(parts.next(), 2)?, hex(parts.next(), 32)?, hex(parts.next(), 16)?, hex(parts.next(), 2)?);
        // Later versions may say more behind what this one knows, and 255 is none.
        let has_more = parts.next().is_some();
        let (trace, span) = (trace, u64::try_from(span).ok()?);
        (version != 0xff && !(version == 0 && has_more) && trace != 0 && span != 0).then_some(Self { trace, span, sampled: flags & 1 == 1 })
    }
}

/// So many small hexadecimal digits.
fn hex(part: Option<&str>, digits: usize) -> Option<u128> {
    let part = part.filter(|part| part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))?;
    u128::from_str_radix(part, 16).ok()
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_written_is_read_back() {
        let parent = TraceParent::parse(WHOLE).unwrap();
        assert_eq!((parent.trace, parent.span, parent.sampled), (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7, true));
        assert_eq!(parent.to_string(), WHOLE);
        assert_eq!(TraceParent::parse(&WHOLE.replace("-01", "-00")).map(|parent| parent.sampled), Some(false));
        assert!(TraceParent::parse(&format!("{}-more", WHOLE.replacen("00", "01", 1))).is_some(), "a later version");
    }

    #[test]
    fn what_is_not_well_formed_is_nobodys() {
        for text in [
            "".to_owned(),
            "00".to_owned(),
            WHOLE.to_uppercase(),
            WHOLE.replacen("00", "ff", 1),
            format!("{WHOLE}-more"),
            format!("{WHOLE}\r\nx: y"),
            WHOLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            WHOLE.replace("00f067aa0ba902b7", &"0".repeat(16)),
            WHOLE.replace("4bf9", "4b9"),
            WHOLE.replace("4bf9", "+bf9"),
            "0".repeat(1 << 20),
            WHOLE.replace('-', "‐"),
        ] {
            assert_eq!(TraceParent::parse(&text), None, "{text:.80}");
        }
    }
}
