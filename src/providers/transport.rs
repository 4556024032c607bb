//! What the transport says when no response came: the network, the proxy, the certificate, or a connection that was kept
//! and had died.

use std::error::Error;
use std::io::ErrorKind;

use super::BaseUrl;
use crate::domain::{AttemptError, ErrorType, FailureClass, Stage};

/// Which way a request took, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) to: &'a BaseUrl,
    pub(super) proxied: bool,
    /// Whether a connection to it was kept from an earlier request.
    pub(super) kept: bool,
}

/// An error of the transport before any byte of the body came.
pub(super) fn transport_error(error: &reqwest::Error, way: Way<'_>) -> AttemptError {
    let host = way.to.authority();
    if error.is_connect() && error.is_timeout() {
        return AttemptError::new(FailureClass::Slow(Stage::Connect), format!("no connection to {host} in time"));
    }
    let mut said = String::new();
    let mut died = false;
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return tls_error(tls, &host);
        }
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            if let Some(error) = io_error(io.kind(), way, &host) {
                return error;
            }
            died |= matches!(io.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe);
        }
        said.push_str(&current.to_string().to_lowercase());
        said.push('\n');
        cause = cause_of(current);
    }
    // The HTTP library keeps the kinds of these to itself; its words are the fixed ones of the protocol.
    let refused = said.contains("refused stream before processing") || said.contains("not a result of an error");
    died |= said.contains("connection closed before message completed");
    if refused {
        AttemptError::new(FailureClass::Unsent, format!("{host} did not take the request"))
    } else if died && way.kept {
        AttemptError::new(FailureClass::Unsent, format!("{host} had closed the connection that was kept"))
    } else if said.contains("dns error") {
        AttemptError::new(FailureClass::LocalNetwork, format!("cannot resolve {}; hint: is this machine online?", way.to.host()))
            .told_as(ErrorType::Dns)
    } else if said.contains("tunnel") || said.contains("socks") || said.contains("proxy auth") {
        AttemptError::new(FailureClass::LocalNetwork, format!("the proxy refuses the connection to {host}")).told_as(ErrorType::Proxy)
    } else if error.is_builder() {
        AttemptError::new(FailureClass::Config, "the request cannot be built")
    } else {
        AttemptError::new(FailureClass::Transient, format!("{host} closed the connection without an answer")).told_as(ErrorType::ConnReset)
    }
}

/// The next error down. An I/O error that wraps another one skips it in `source`.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn io_error(kind: ErrorKind, way: Way<'_>, host: &str) -> Option<AttemptError> {
    let local = |detail: String| Some(AttemptError::new(FailureClass::LocalNetwork, detail));
    let refused = |detail: String| Some(AttemptError::new(FailureClass::Transient, detail).told_as(ErrorType::ConnReset));
    match kind {
        ErrorKind::ConnectionRefused if way.proxied => {
            local(format!("the proxy for {host} does not listen")).map(|error| error.told_as(ErrorType::Proxy))
        }
        ErrorKind::ConnectionRefused if way.to.is_loopback() => refused(format!("nothing listens on {host}; hint: start the model server")),
        ErrorKind::ConnectionRefused => refused(format!("{host} refuses the connection")),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown | ErrorKind::AddrNotAvailable => {
            local(format!("no route to {host}; hint: is this machine online?"))
        }
        ErrorKind::PermissionDenied => local(format!("this machine does not allow connections to {host}")),
        _ => None,
    }
}

fn tls_error(error: &rustls::Error, host: &str) -> AttemptError {
    use rustls::CertificateError as Bad;
    let cause = match error {
        rustls::Error::InvalidCertificate(
            Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. },
        ) => "its certificate is not valid now; hint: is the clock right?",
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate comes from an unknown authority; hint: does a proxy inspect TLS?"
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate belongs to another host"
        }
        rustls::Error::InvalidCertificate(_) => "its certificate is not acceptable",
        _ => "the TLS handshake failed",
    };
    AttemptError::new(FailureClass::Tls, format!("{host}: {cause}"))
}
