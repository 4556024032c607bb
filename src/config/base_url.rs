use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

/// Where a provider's interface begins. A key is sent to its origin and nowhere else, so this accepts only what every
/// URL parser reads the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin_end: usize,
    loopback: bool,
}

/// Why a text is not a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// No `https://` or `http://`, or nothing sensible behind it.
    #[error("expected an https URL such as \"https://api.openai.com/v1\"")]
    NotUrl,
    /// `user:password@` in front of the host.
    #[error("a user name or password does not belong in a URL")]
    Credentials,
    /// `?…` or `#…`.
    #[error("a base URL ends with its path, without `?` or `#`")]
    Query,
    /// `http` to another machine.
    #[error("`http` would send words and keys readable over the network; only this machine may be asked by it")]
    PlainHttp,
}

impl BaseUrl {
    /// Reads a base URL; a slash at its end is dropped.
    ///
    /// # Errors
    /// [`BaseUrlError`] says what is wrong; it does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(BaseUrlError::NotUrl),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        // A backslash is a slash to some parsers and part of the host to others; a percent sign may hide either.
        let path_is_plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~:@+=,;!()".contains(&b));
        if !path_is_plain || path.split('/').any(|part| part == "." || part == "..") {
            return Err(BaseUrlError::NotUrl);
        }
        let loopback = host_is_loopback(authority).ok_or(BaseUrlError::NotUrl)?;
        if !secure && !loopback {
            return Err(BaseUrlError::PlainHttp);
        }
        let text = text.trim_end_matches('/').to_owned();
        Ok(Self { origin_end: text.len() - path.trim_end_matches('/').len(), text, loopback })
    }

    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: whom a key is sent to.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin_end]
    }

    /// Whether it names this machine.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether the host is this machine; `None` if the text is not `host` or `host:port`.
fn host_is_loopback(authority: &str) -> Option<bool> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, behind) = rest.split_once(']')?;
            (address, behind.strip_prefix(':').or(behind.is_empty().then_some("1"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "1")),
    };
    if !port.bytes().all(|b| b.is_ascii_digit()) || port.parse::<u16>().ok()? == 0 {
        return None;
    }
    if authority.starts_with('[') {
        return host.parse::<std::net::Ipv6Addr>().ok().map(|address| address.is_loopback());
    }
    let labels_are_plain =
        host.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    if !labels_are_plain {
        return None;
    }
    // What ends in a number is an address to every URL parser, also when it is `127.1`; only the full form is accepted.
    if host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit())) {
        return host.parse::<IpAddr>().ok().map(|address| address.is_loopback());
    }
    Some(host.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_accepted_with_their_origin() {
        for (text, origin, loopback) in [
            ("https://api.openai.com/v1", "https://api.openai.com", false),
            ("https://api.groq.com/openai/v1/", "https://api.groq.com", false),
            ("https://llm.example:8443", "https://llm.example:8443", false),
            ("http://localhost:11434/v1", "http://localhost:11434", true),
            ("http://LOCALHOST/v1", "http://LOCALHOST", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("http://127.9.9.9/", "http://127.9.9.9", true),
            ("http://[::1]:1234/v1", "http://[::1]:1234", true),
            ("https://[2001:db8::1]/v1", "https://[2001:db8::1]", false),
            ("https://192.0.2.7/v1", "https://192.0.2.7", false),
        ] {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!((url.origin(), url.is_loopback()), (origin, loopback), "{text}");
            assert_eq!(url.as_str(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn what_parsers_may_read_differently_is_refused() {
        use BaseUrlError::{Credentials, NotUrl, PlainHttp, Query};
        for (text, error) in [
            ("", NotUrl),
            ("api.openai.com/v1", NotUrl),
            ("HTTPS://api.openai.com", NotUrl),
            ("ftp://example.com", NotUrl),
            ("https://", NotUrl),
            ("https:///v1", NotUrl),
            ("https://exa mple.com", NotUrl),
            ("https://example.com\\@evil.example", Credentials),
            ("https://example.com\\evil", NotUrl),
            ("https://example.com/a/../b", NotUrl),
            ("https://example.com/%2e%2e", NotUrl),
            ("https://example.com/\n", NotUrl),
            ("https://bücher.example", NotUrl),
            ("https://example..com", NotUrl),
            ("https://example.com:0/", NotUrl),
            ("https://example.com:99999/", NotUrl),
            ("https://example.com:/", NotUrl),
            ("https://[::1", NotUrl),
            ("https://[::1]x", NotUrl),
            ("https://127.1/v1", NotUrl),
            ("http://0x7f000001/", NotUrl),
            ("https://user:pw@example.com", Credentials),
            ("http://127.0.0.1@evil.example", Credentials),
            ("https://example.com/v1?key=abc", Query),
            ("https://example.com/#x", Query),
            ("http://example.com/v1", PlainHttp),
            ("http://localhost.evil.example/v1", PlainHttp),
            ("http://192.168.1.5:8000/v1", PlainHttp),
            ("http://0.0.0.0:8000/v1", PlainHttp),
            ("http://[fe80::1]/v1", PlainHttp),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap_err(), error, "{text}");
        }
    }
}
