//! The proxy that a request takes: the asking shell's own, unless its exceptions name the server.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Proxy;

use super::BaseUrl;
use crate::domain::{AttemptError, FailureClass};

/// The proxy for https as the asking shell has it. It may hold a password, so it has no `Debug`.
#[derive(Clone, PartialEq)]
pub(super) struct ProxyChoice {
    variable: &'static str,
    url: String,
}

impl ProxyChoice {
    /// The proxy for requests to this server; `None` when they go there directly.
    pub(super) fn from_shell(to: &BaseUrl, proxies: &[(String, String)]) -> Option<Self> {
        let value = |wanted: &str| {
            proxies.iter().find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty()).map(|(_, value)| value)
        };
        let (variable, url) = ["https_proxy", "all_proxy"].into_iter().find_map(|name| value(name).map(|url| (name, url)))?;
        let except = value("no_proxy").map_or("", String::as_str);
        // The exceptions are read by what the HTTP library reads them with. Any proxy will do, and a faulty one is to be
        // told of, not to be passed by.
        let is_excepted = passes(&to.origin(), "http://proxy.invalid", except).is_none();
        (!is_excepted).then(|| Self { variable, url: url.clone() })
    }

    /// It, as the HTTP library takes it.
    pub(super) fn proxy(&self) -> Result<Proxy, AttemptError> {
        Proxy::all(&self.url).map_err(|_| AttemptError::new(FailureClass::Config, format!("{}: not the address of a proxy", self.variable)))
    }

    /// It, without the name and password that it may hold.
    pub(super) fn shown(&self) -> String {
        match passes("https://server.invalid", &self.url, "") {
            Some(address) if self.proxy().is_ok() => format!("proxy {address}"),
            _ => format!("{}: not the address of a proxy", self.variable),
        }
    }
}

/// Scheme, host and port of the proxy that a request passes.
fn passes(to: &str, proxy: &str, except: &str) -> Option<String> {
    let matcher = Matcher::builder().all(proxy.to_owned()).no(except.to_owned()).build();
    let taken = matcher.intercept(&to.parse().ok()?)?;
    let uri = taken.uri();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", uri.scheme_str()?, uri.host()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(to: &str, proxies: &[(&str, &str)]) -> Option<String> {
        let proxies: Vec<_> = proxies.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ProxyChoice::from_shell(&to.parse().expect("a valid base URL"), &proxies).map(|choice| choice.shown())
    }

    #[test]
    fn the_proxy_is_the_shells_own_without_its_login_and_never_for_an_exception() {
        const P: (&str, &str) = ("https_proxy", "http://p:1");
        for (to, proxies, expected) in [
            ("https://a.example", vec![], None),
            ("https://a.example", vec![("http_proxy", "http://p:1")], None),
            ("https://a.example", vec![("https_proxy", "")], None),
            ("https://a.example", vec![P, ("all_proxy", "http://q:1")], Some("proxy http://p:1")),
            ("https://a.example", vec![("ALL_PROXY", "socks5h://q:1")], Some("proxy socks5h://q:1")),
            ("https://a.example", vec![("https_proxy", "http://ada:hu%40sh@p.example:3128/x")], Some("proxy http://p.example:3128")),
            ("https://a.example", vec![("https_proxy", "http://ada:hu@sh@p.example:3128")], Some("proxy http://p.example:3128")),
            ("https://a.example", vec![("https_proxy", "p.example:3128")], Some("proxy http://p.example:3128")),
            ("https://a.example", vec![("https_proxy", "http://ada:hush@[")], Some("https_proxy: not the address of a proxy")),
            ("https://a.example", vec![P, ("no_proxy", " * ")], None),
            ("https://a.example", vec![P, ("no_proxy", "b.example, .example")], None),
            ("https://a.example", vec![P, ("no_proxy", "b.example,xa.example")], Some("proxy http://p:1")),
            ("https://10.1.2.3", vec![P, ("no_proxy", "10.0.0.0/8")], None),
            ("https://[fd00::1]:8443", vec![P, ("no_proxy", "fd00::/8")], None),
            ("https://[fd00::1]:8443", vec![P, ("no_proxy", "10.0.0.0/8")], Some("proxy http://p:1")),
        ] {
            assert_eq!(shown(to, &proxies).as_deref(), expected, "{to} {proxies:?}");
        }
    }
}
