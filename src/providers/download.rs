//! Files fetched for the user over the way that questions take: the same clients, proxies and certificates. Unlike a
//! provider, a server of files may send somewhere else.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{CONTENT_LENGTH, LOCATION};

use super::exchange::Bound;
use super::http::{HttpPool, Route};
use super::transport::{Way, transport_error};
use super::{BaseUrl, ServerSettings, WireSettings};
use crate::domain::{AttemptError, FailureClass, Stage};

const CONNECT: Duration = Duration::from_secs(2);
const HEAD: Duration = Duration::from_secs(20);
const GAP: Duration = Duration::from_secs(20);
const TOTAL: Duration = Duration::from_secs(300);
/// Places that a file may be sent to before it is there.
const MOST_HOPS: usize = 5;

/// Fetches a file of at most `most` bytes by https, or by http from this machine. `progress` hears of the bytes that are here
/// and of all that were announced.
///
/// # Errors
/// Why it is not here, in one line, with a hint where one helps.
pub async fn download(
    url: &str,
    most: usize,
    (pool, proxies): (&HttpPool, &[(String, String)]),
    progress: &mut dyn FnMut(usize, Option<usize>),
) -> Result<Vec<u8>, AttemptError> {
    let total = Bound::new(Stage::Total, TOTAL);
    let mut url = Url::parse(url).map_err(|_| AttemptError::new(FailureClass::Config, "not the address of a file"))?;
    let is_https = url.scheme() == "https";
    for _ in 0..=MOST_HOPS {
        let to = server_of(&url)?;
        let route = Route::new(&ServerSettings::new(WireSettings::OpenAi, to.clone()), CONNECT, proxies);
        let way = Way { to: &to, proxied: route.is_proxied(), kept: false };
        let outlet = total.on(pool.outlet(&route)).await??;
        let sent = total.and(Bound::new(Stage::FirstChunk, HEAD)).on(outlet.client.get(url.clone()).send()).await?;
        let mut response = sent.map_err(|error| transport_error(&error, way))?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        match response.status().as_u16() {
            200 => {}
            301 | 302 | 303 | 307 | 308 => {
                let next = header(LOCATION).and_then(|place| url.join(place).ok());
                url = next.filter(|next| !is_https || next.scheme() == "https").ok_or_else(|| astray(&to))?;
                continue;
            }
            status => return Err(AttemptError::new(FailureClass::Config, format!("{} says HTTP {status}", to.authority()))),
        }
        let announced = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let too_large = || AttemptError::new(FailureClass::Malformed, format!("the file is larger than {} KiB", most / 1024));
        if announced.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let mut file = Vec::new();
        loop {
            let chunk = total.and(Bound::new(Stage::Gap, GAP)).on(response.chunk()).await?;
            let Some(chunk) = chunk.map_err(|_| AttemptError::new(FailureClass::Truncated, "the file was cut off"))? else {
                return Ok(file);
            };
            if file.len() + chunk.len() > most {
                return Err(too_large());
            }
            file.extend_from_slice(&chunk);
            progress(file.len(), announced);
        }
    }
    Err(AttemptError::new(FailureClass::Config, "the server sends from one place to the next"))
}

/// The server that a file is on, by the same rules as that of a provider.
fn server_of(url: &Url) -> Result<BaseUrl, AttemptError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AttemptError::new(FailureClass::Config, "an address with a name or a password is not used"));
    }
    url.origin()
        .ascii_serialization()
        .parse::<BaseUrl>()
        .map_err(|_| AttemptError::new(FailureClass::Config, "the address is not https, nor http to this machine"))
}

fn astray(from: &BaseUrl) -> AttemptError {
    AttemptError::new(FailureClass::Config, format!("{} sends to a place that is not encrypted, or to none", from.authority()))
}
