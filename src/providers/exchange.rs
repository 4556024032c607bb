//! One request and its response, under time and size limits. The only I/O of the providers.

use std::future::Future;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url};
use tokio::time::Instant;

use super::classify::{Way, retry_after, transport_error};
use crate::domain::{AttemptError, FailureClass, Secret, Stage};
use crate::suggest::ports::RequestPreview;

/// Cap on a body, counted after decompression.
const BODY_LIMIT: usize = 1024 * 1024;
/// An error object is small; the rest of an error page is not read.
const ERROR_LIMIT: usize = 64 * 1024;
const JSON: &str = "application/json";
const ANSWERS: &str = "text/event-stream, application/json";
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

/// A JSON request that may carry a key.
pub(super) struct Request<'a> {
    pub(super) url: Url,
    pub(super) key: Option<&'a Secret>,
    pub(super) body: Vec<u8>,
    pub(super) way: Way<'a>,
}

/// The head of a response, with its body still to be read.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// Where a redirect points, as `https://host`; it is never followed.
    pub(super) redirect: Option<String>,
    content_type: String,
    response: Response,
    read: usize,
}

/// What [`post`] would send, with the headers that the client adds by itself.
pub(super) fn preview(url: &Url, body: Vec<u8>, has_key: bool) -> RequestPreview {
    let host = url.host_str().map(|host| url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")));
    let shown = [("content-type", JSON), ("accept", ANSWERS), ("user-agent", USER_AGENT)];
    let mut headers: Vec<_> = shown.into_iter().map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).collect();
    if has_key {
        headers.insert(2, ("authorization".to_owned(), None));
    }
    headers.push(("accept-encoding".to_owned(), Some("gzip".to_owned())));
    headers.push(("host".to_owned(), host));
    headers.push(("content-length".to_owned(), Some(body.len().to_string())));
    RequestPreview { method: "POST", url: url.to_string(), headers, body }
}

/// Sends it and waits for the head of the response.
pub(super) async fn post(client: &Client, request: Request<'_>, bound: Bound) -> Result<Reply, AttemptError> {
    let mut builder = client.post(request.url).header(CONTENT_TYPE, JSON).header(ACCEPT, ANSWERS);
    if let Some(key) = request.key {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| AttemptError::new(FailureClass::Auth, "the key holds characters that no key can have"))?;
        value.set_sensitive(true);
        builder = builder.header(AUTHORIZATION, value);
    }
    let sent = bound.on(builder.body(request.body).send()).await?;
    let response = sent.map_err(|error| transport_error(&error, request.way))?;
    let headers = response.headers();
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    let target = header(LOCATION).and_then(|location| Url::parse(location).ok());
    Ok(Reply {
        status: response.status().as_u16(),
        retry_after: retry_after(headers),
        redirect: target.and_then(|url| Some(format!("{}://{}", url.scheme(), url.host_str()?))),
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

    /// Reads the small body of an error, as far as it comes.
    pub(super) async fn error_body(mut self, bound: Bound) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < ERROR_LIMIT
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
