use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;
use thiserror::Error;

/// The address of a provider's API, without a trailing slash: `https://api.openai.com/v1`. It is https, or plain http
/// to this machine, and carries no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is not the address of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// Not a URL with a host.
    #[error("not a URL such as https://api.openai.com/v1")]
    NotAUrl,
    /// Neither http nor https.
    #[error("the scheme `{0}` is neither https nor http")]
    Scheme(String),
    /// Plain http over a network.
    #[error("plain http to {0} would send the key and the words unencrypted: use https, or a tunnel to a local port")]
    Plain(String),
    /// User name or password in the URL.
    #[error("holds a user name or a password: put the key into `key`")]
    Credentials,
    /// `?…` or `#…`.
    #[error("holds a `?` or `#` part")]
    Query,
}

/// The methods whose addresses people paste; the part before them is meant.
const METHODS: [&str; 3] = ["/chat/completions", "/messages", "/api/chat"];

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::Scheme(url.scheme().to_owned()));
        }
        if url.host_str().is_none() {
            return Err(BaseUrlError::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        let path = url.path().trim_end_matches('/');
        let path = METHODS.iter().find_map(|method| path.strip_suffix(method)).unwrap_or(path).trim_end_matches('/').to_owned();
        url.set_path(&path);
        let base = Self(url);
        if base.is_https() || base.is_loopback() { Ok(base) } else { Err(BaseUrlError::Plain(base.host().to_owned())) }
    }
}

impl BaseUrl {
    /// Whether the host is this machine, whatever a name service says.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host, as messages name it.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, said or usual.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Scheme, host and port: whom a key is sent to.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Host and port, as messages name them.
    pub fn authority(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The address of a method below this one; `path` begins with a slash.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// The address of something at the root of the same server.
    pub(super) fn at_root(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_https_anywhere_and_http_to_this_machine() {
        for (text, shown, chat, loopback) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions", false),
            ("https://api.openai.com/v1/", "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions", false),
            ("https://x.example/v1/chat/completions", "https://x.example/v1", "https://x.example/v1/chat/completions", false),
            ("https://x.example/v1/messages", "https://x.example/v1", "https://x.example/v1/chat/completions", false),
            ("http://localhost:1/api/chat/", "http://localhost:1", "http://localhost:1/chat/completions", true),
            ("https://x.example", "https://x.example", "https://x.example/chat/completions", false),
            ("http://localhost:11434/v1", "http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions", true),
            ("http://LOCALHOST:1/v1", "http://localhost:1/v1", "http://localhost:1/v1/chat/completions", true),
            ("http://127.9.9.9:1", "http://127.9.9.9:1", "http://127.9.9.9:1/chat/completions", true),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions", true),
            ("https://127.0.0.1/v1", "https://127.0.0.1/v1", "https://127.0.0.1/v1/chat/completions", true),
        ] {
            let url: BaseUrl = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (url.to_string().as_str(), url.join("/chat/completions").as_str(), url.is_loopback()),
                (shown, chat, loopback),
                "{text}"
            );
            assert_eq!(url.to_string().parse(), Ok(url), "what is shown reads back the same: {text}");
        }
    }

    #[test]
    fn refuses_what_would_leak_or_mislead() {
        let plain = |host: &str| BaseUrlError::Plain(host.to_owned());
        for (text, error) in [
            ("", BaseUrlError::NotAUrl),
            ("api.openai.com/v1", BaseUrlError::NotAUrl),
            ("https://", BaseUrlError::NotAUrl),
            ("ftp://x.example", BaseUrlError::Scheme("ftp".into())),
            ("http://192.168.1.5:11434/v1", plain("192.168.1.5")),
            ("http://localhost.example.com/v1", plain("localhost.example.com")),
            ("http://127.0.0.1.example.com", plain("127.0.0.1.example.com")),
            ("http://0.0.0.0:1", plain("0.0.0.0")),
            ("https://sk-key@x.example/v1", BaseUrlError::Credentials),
            ("https://x.example/v1?key=1", BaseUrlError::Query),
            ("https://x.example/v1#a", BaseUrlError::Query),
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(error), "{text}");
        }
    }
}
