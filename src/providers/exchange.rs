//! One request and its response, under time and size limits. The only I/O of the providers.

use std::future::Future;
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, Response, Url};
use tokio::time::Instant;

use super::transport::{Way, transport_error};
use super::waits::{Advice, http_date};
use super::wire::{KeyHeader, Outgoing};
use crate::domain::{AttemptError, FailureClass, Secret, Stage};
use crate::suggest::ports::RequestPreview;

/// Cap on a body, counted after decompression.
const BODY_LIMIT: usize = 1024 * 1024;
/// An error object is small, and so is a list of models; the rest of an error page is not read.
const SMALL_LIMIT: usize = 256 * 1024;
const JSON: &str = "application/json";
const ANSWERS: &str = "text/event-stream, application/x-ndjson, application/json";
/// Under which names a server tells the number of a request, the commonest first.
const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "apim-request-id", "x-ms-request-id"];
/// Longer ones are none.
const LONGEST_REQUEST_ID: usize = 128;
/// How this program calls itself to servers.
pub(super) const USER_AGENT: &str = concat!("gptos/", env!("CARGO_PKG_VERSION"));
/// How long the end of a body may take once the answer is complete; it frees the connection for the next request.
const TAIL: Duration = Duration::from_millis(20);

/// A moment until which something must happen, and what to call it if it does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    at: Instant,
    stage: Stage,
    limit: Duration,
}

impl Bound {
    pub(super) fn new(stage: Stage, limit: Duration) -> Self {
        // Limits of "no limit" do not fit into an instant.
        let at = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(24 * 3600));
        Self { at, stage, limit }
    }

    /// The earlier of the two.
    pub(super) fn and(self, other: Bound) -> Self {
        if other.at <= self.at { other } else { self }
    }

    pub(super) async fn on<T>(self, work: impl Future<Output = T>) -> Result<T, AttemptError> {
        tokio::time::timeout_at(self.at, work).await.map_err(|_| self.error())
    }

    fn error(self) -> AttemptError {
        let limit = self.limit.as_millis() as f64 / 1000.0;
        let detail = match self.stage {
            Stage::Connect => format!("no connection within {limit} s"),
            Stage::FirstChunk => format!("no answer within {limit} s"),
            Stage::Gap => format!("the answer stalled for {limit} s"),
            Stage::Total => format!("no complete answer within {limit} s"),
        };
        AttemptError::new(FailureClass::Slow(self.stage), detail)
    }
}

/// A key and the header that carries it.
#[derive(Clone, Copy)]
pub(super) struct Keyed<'a> {
    pub(super) header: KeyHeader,
    pub(super) key: Option<&'a Secret>,
}

impl Keyed<'_> {
    /// Adds the key, marked so that no log of the HTTP library shows it.
    fn on(self, builder: RequestBuilder) -> Result<RequestBuilder, AttemptError> {
        let Some(key) = self.key else { return Ok(builder) };
        let mut value = HeaderValue::from_str(&self.header.value(key))
            .map_err(|_| AttemptError::new(FailureClass::Auth, "the key holds characters that no key can have"))?;
        value.set_sensitive(true);
        Ok(builder.header(self.header.name(), value))
    }
}

/// The head of a response, with its body still to be read.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) advice: Advice,
    /// Where a redirect points, as `https://host`; it is never followed.
    pub(super) redirect: Option<String>,
    /// What time it is at the server.
    pub(super) date: Option<SystemTime>,
    /// The number under which the server finds the request.
    pub(super) request_id: Option<String>,
    content_type: String,
    response: Response,
    read: usize,
}

/// What [`post`] would send, with the headers that the client adds by itself.
pub(super) fn preview(outgoing: &Outgoing, key: Option<KeyHeader>) -> RequestPreview {
    let (url, body) = (&outgoing.url, outgoing.body.to_string().into_bytes());
    let host = url.host_str().map(|host| url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")));
    let plain = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let mut headers = vec![plain("content-type", JSON), plain("accept", ANSWERS)];
    headers.extend(key.map(|key| (key.name().to_owned(), None)));
    headers.extend(outgoing.headers.iter().map(|(name, value)| plain(name, value)));
    headers.extend([plain("user-agent", USER_AGENT), plain("accept-encoding", "gzip"), ("host".to_owned(), host)]);
    headers.push(plain("content-length", &body.len().to_string()));
    RequestPreview { method: "POST", url: url.to_string(), headers, body }
}

/// Sends it and waits for the head of the response.
pub(super) async fn post(client: &Client, outgoing: Outgoing, keyed: Keyed<'_>, way: Way<'_>, bound: Bound) -> Result<Reply, AttemptError> {
    let builder = client.post(outgoing.url).header(CONTENT_TYPE, JSON).header(ACCEPT, ANSWERS).body(outgoing.body.to_string());
    send(builder, &outgoing.headers, keyed, way, bound).await
}

/// Asks for something that takes no body, and waits for the head of the response.
pub(super) async fn get(
    client: &Client,
    (url, headers): (Url, Vec<(&'static str, &'static str)>),
    keyed: Keyed<'_>,
    way: Way<'_>,
    bound: Bound,
) -> Result<Reply, AttemptError> {
    send(client.get(url).header(ACCEPT, JSON), &headers, keyed, way, bound).await
}

async fn send(
    builder: RequestBuilder,
    headers: &[(&'static str, &'static str)],
    keyed: Keyed<'_>,
    way: Way<'_>,
    bound: Bound,
) -> Result<Reply, AttemptError> {
    let builder = headers.iter().fold(keyed.on(builder)?, |builder, (name, value)| builder.header(*name, *value));
    let response = bound.on(builder.send()).await?.map_err(|error| transport_error(&error, way))?;
    let headers = response.headers();
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let numbers = REQUEST_IDS.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let request_id =
        numbers.map(str::trim).find(|id| (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()));
    let content_type = header(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    let target = header(LOCATION).and_then(|location| Url::parse(location).ok());
    Ok(Reply {
        status: response.status().as_u16(),
        advice: Advice::read(headers, SystemTime::now()),
        redirect: target.and_then(|url| Some(format!("{}://{}", url.scheme(), url.host_str()?))),
        date: header(DATE).and_then(http_date),
        request_id: request_id.map(str::to_owned),
        content_type,
        response,
        read: 0,
    })
}

impl Reply {
    /// Whether the body can be an answer at all, as far as its declared type tells.
    pub(super) fn check_type(&self) -> Result<(), AttemptError> {
        match self.content_type.as_str() {
            "text/html" | "application/xhtml+xml" => Err(web_page()),
            "" | "text/event-stream" | "text/plain" | "application/octet-stream" | "application/x-ndjson" => Ok(()),
            json if json == "application/json" || json.ends_with("+json") => Ok(()),
            _ => Err(AttemptError::new(FailureClass::Malformed, "the answer is neither JSON nor an event stream; hint: check base_url")),
        }
    }

    /// The next piece of the body, `None` at its proper end. A body that ends before the announced length, or without
    /// its last chunk, is an error.
    pub(super) async fn next(&mut self, bound: Bound) -> Result<Option<impl AsRef<[u8]> + use<>>, AttemptError> {
        if self.response.content_length().is_some_and(|length| length > BODY_LIMIT as u64) {
            return Err(too_large());
        }
        let chunk = bound.on(self.response.chunk()).await?.map_err(|_| cut())?;
        self.read += chunk.as_ref().map_or(0, |chunk| chunk.len());
        if self.read > BODY_LIMIT { Err(too_large()) } else { Ok(chunk) }
    }

    /// Reads a small body, as far as it comes: that of an error, or a list.
    pub(super) async fn small_body(mut self, bound: Bound) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < SMALL_LIMIT
            && let Ok(Some(chunk)) = self.next(bound).await
        {
            body.extend_from_slice(chunk.as_ref());
        }
        body
    }

    /// Reads the end of a body whose answer is already complete.
    pub(super) async fn drain(mut self) {
        let bound = Bound::new(Stage::Gap, TAIL);
        while let Ok(Some(_)) = self.next(bound).await {}
    }
}

fn cut() -> AttemptError {
    AttemptError::new(FailureClass::Truncated, "the answer was cut off")
}

fn too_large() -> AttemptError {
    AttemptError::new(FailureClass::Malformed, "the answer is larger than 1 MiB")
}

/// A page where an answer was expected.
pub(super) fn web_page() -> AttemptError {
    AttemptError::new(FailureClass::Malformed, "the answer is a web page; hint: a network login page?")
}
