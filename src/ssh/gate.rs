//! What comes through the forwarded socket, byte by byte. Two questions are admitted, each of a bounded size, so many at once and so
//! many a minute; everything else is refused without a look at what it is.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;

use super::answers::Lines;
use super::far::FarQuestion;

/// Longest head of a request in bytes; that of `curl` has 200.
const MAX_HEAD: usize = 2 * 1024;
/// Longest body: a query of 4 KiB beside a few facts.
const MAX_BODY: usize = 8 * 1024;
/// How long a request may take to come. A slow line needs a second.
const ARRIVAL: Duration = Duration::from_secs(5);
/// How long an answer may take to go.
const DEPARTURE: Duration = Duration::from_secs(5);
/// Connections that are served at once. One person asks one thing at a time.
const MOST_AT_ONCE: usize = 4;
/// Questions a minute, and how many of them at once.
const PER_MINUTE: u32 = 60;
const BURST: u32 = 20;

/// A question that was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Words that are to become a command.
    Translate(FarQuestion),
    /// A line that is to be judged.
    Check(FarQuestion),
}

/// Whoever answers what the gate lets through.
pub trait Answers: Send + Sync + 'static {
    /// Answers. Dropping the future gives the question up.
    fn answer(&self, question: Question) -> BoxFuture<'_, Lines>;
}

/// The gate of one session.
pub struct Gate {
    answers: Arc<dyn Answers>,
    places: Semaphore,
    rate: DefaultDirectRateLimiter,
    reached: AtomicBool,
}

/// Why a request is refused: the status and what is said.
type Refusal = (&'static str, &'static str);

const MALFORMED: Refusal = ("400 Bad Request", "not a request that is known here");
const TOO_LARGE: Refusal = ("413 Content Too Large", "the question is too long");
const NOT_FOUND: Refusal = ("404 Not Found", "only words and lines are answered here");
const TOO_MANY: Refusal = ("429 Too Many Requests", "too many questions; wait a moment");
const BUSY: Refusal = ("503 Service Unavailable", "too many questions at once");

impl Gate {
    /// A gate with nothing taken of its limits.
    pub fn new(answers: Arc<dyn Answers>) -> Self {
        let quota = Quota::per_minute(nonzero(PER_MINUTE)).allow_burst(nonzero(BURST));
        Self { answers, places: Semaphore::new(MOST_AT_ONCE), rate: RateLimiter::direct(quota), reached: AtomicBool::new(false) }
    }

    /// Whether anybody has come.
    pub fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Acquire)
    }

    /// Serves one connection: one request, one answer.
    pub async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        self.reached.store(true, Ordering::Release);
        let answered = match self.places.try_acquire() {
            // A connection that asks nothing keeps a place no longer than a request may take to come.
            Ok(_place) => match tokio::time::timeout(ARRIVAL, read(&mut stream)).await {
                Ok(Ok(question)) => self.pass(question, &mut stream).await,
                Ok(Err(refusal)) => Some(refused(refusal)),
                Err(_) => None,
            },
            Err(_) => Some(refused(BUSY)),
        };
        if let Some(reply) = answered {
            // Nobody may be reading any more.
            let _ = tokio::time::timeout(DEPARTURE, async {
                stream.write_all(reply.as_bytes()).await?;
                stream.shutdown().await
            })
            .await;
        }
    }

    /// Answers unless the limit is reached or nobody waits any more.
    async fn pass(&self, question: Question, stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
        if self.rate.check().is_err() {
            return Some(refused(TOO_MANY));
        }
        let gone = async {
            let mut byte = [0_u8; 64];
            while matches!(stream.read(&mut byte).await, Ok(1..)) {}
        };
        tokio::select! {
            biased;
            lines = self.answers.answer(question) => Some(reply("200 OK", lines)),
            () = gone => None,
        }
    }
}

fn nonzero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn refused((status, why): Refusal) -> String {
    reply(status, Lines::message(why))
}

fn reply(status: &str, lines: Lines) -> String {
    let body = lines.ended();
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// Which question a path asks.
type Asks = fn(FarQuestion) -> Question;

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Question, Refusal> {
    let mut bytes = Vec::with_capacity(1024);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() >= MAX_HEAD {
            return Err(TOO_LARGE);
        }
        more(stream, &mut bytes, MAX_HEAD).await?;
    };
    let (asks, length) = head(&bytes[..end])?;
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        more(stream, &mut body, length).await?;
    }
    if body.len() > length {
        return Err(MALFORMED);
    }
    FarQuestion::read(&body).map(asks).map_err(|_| MALFORMED)
}

/// Reads what has come, not beyond so many bytes in all.
async fn more(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>, most: usize) -> Result<(), Refusal> {
    let mut chunk = [0_u8; 1024];
    let room = chunk.len().min(most.saturating_sub(bytes.len()));
    match stream.read(&mut chunk[..room]).await {
        Ok(count @ 1..) => {
            bytes.extend_from_slice(&chunk[..count]);
            Ok(())
        }
        Ok(0) | Err(_) => Err(MALFORMED),
    }
}

/// What a head asks, and the length of its body.
fn head(bytes: &[u8]) -> Result<(Asks, usize), Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| MALFORMED)?;
    let mut lines = text.split("\r\n");
    let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let asks: Asks = match words[..] {
        ["POST", "/v1/line", "HTTP/1.1"] => Question::Translate,
        ["POST", "/v1/check", "HTTP/1.1"] => Question::Check,
        [_, path, "HTTP/1.1" | "HTTP/1.0"] if path.starts_with('/') => return Err(NOT_FOUND),
        _ => return Err(MALFORMED),
    };
    let mut length = None;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(MALFORMED)?;
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(MALFORMED);
        }
        if name.eq_ignore_ascii_case("content-length") {
            let value = value.trim();
            let is_number = !value.is_empty() && value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit());
            // Two lengths are two readings of where the request ends.
            if !is_number || length.is_some() {
                return Err(MALFORMED);
            }
            length = value.parse().ok();
        }
    }
    match length {
        None => Err(MALFORMED),
        Some(length) if length > MAX_BODY => Err(TOO_LARGE),
        Some(length) => Ok((asks, length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future;
    use std::sync::atomic::AtomicUsize;

    const FIELDS: &str = "shell=bash 5.2\nos=Linux\ntools=gnu\n\n";

    /// Says back what it was asked; `wait` is never answered.
    #[derive(Default)]
    struct Echo {
        asked: AtomicUsize,
        given_up: Arc<AtomicUsize>,
    }

    struct OnDrop(Arc<AtomicUsize>);

    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Answers for Echo {
        fn answer(&self, question: Question) -> BoxFuture<'_, Lines> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                match question {
                    Question::Translate(question) if question.text == "wait" => {
                        let _until = OnDrop(Arc::clone(&self.given_up));
                        future::pending().await
                    }
                    Question::Translate(question) => Lines::default().with("cmd", &[&question.text]),
                    Question::Check(question) => Lines::default().with("risk", &[&question.text]),
                }
            })
        }
    }

    fn request(path: &str, text: &str) -> String {
        let body = format!("{FIELDS}{text}");
        format!("POST {path} HTTP/1.1\r\nHost: gptos\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    async fn ask(gate: &Gate, request: &str) -> String {
        let (mut ours, theirs) = tokio::io::duplex(64 * 1024);
        ours.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // What they do not take is their affair; the end of what we send is no end of the question.
        tokio::join!(gate.serve(theirs), async { ours.read_to_string(&mut answer).await.unwrap() });
        answer
    }

    async fn status(gate: &Gate, request: &str) -> String {
        ask(gate, request).await.split(' ').nth(1).unwrap_or("closed").to_owned()
    }

    fn gate() -> (Gate, Arc<Echo>) {
        let echo = Arc::new(Echo::default());
        (Gate::new(Arc::clone(&echo) as Arc<dyn Answers>), echo)
    }

    #[tokio::test]
    async fn two_questions_pass() {
        let (gate, _) = gate();
        let answer = ask(&gate, &request("/v1/line", "list files")).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\ncmd\tlist files\nend\n"), "{answer}");
        assert!(ask(&gate, &request("/v1/check", "rm x")).await.ends_with("risk\trm x\nend\n"));
    }

    #[tokio::test]
    async fn nothing_else_does() {
        let (gate, echo) = gate();
        let at = |path: &str| request(path, "x");
        for (sent, expected) in [
            (at("/v1/suggest"), "404"),
            (at("/v1/ran"), "404"),
            (at("/v1/drain"), "404"),
            (at("/v1/line/"), "404"),
            (at("/v1/line?x"), "404"),
            (at("//v1/line"), "404"),
            (at("/v1/LINE"), "404"),
            (at("http://gptos/v1/line"), "400"),
            ("GET /v1/metrics HTTP/1.1\r\n\r\n".to_owned(), "404"),
            ("GET /v1/line HTTP/1.1\r\n\r\n".to_owned(), "404"),
            ("DELETE /v1/cache HTTP/1.1\r\n\r\n".to_owned(), "404"),
            ("POST /v1/line HTTP/2\r\n\r\n".to_owned(), "400"),
            ("POST /v1/line HTTP/1.1\r\n\r\n".to_owned(), "400"),
            ("POST /v1/line HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_owned(), "400"),
            ("POST /v1/line HTTP/1.1\r\ncontent-length: +1\r\n\r\n".to_owned(), "400"),
            ("POST /v1/line HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx".to_owned(), "400"),
            ("POST /v1/line HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(), "400"),
            (format!("POST /v1/line HTTP/1.1\r\ncontent-length: {}\r\n\r\n", MAX_BODY + 1), "413"),
            ("POST /v1/line HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n".to_owned(), "400"),
            (format!("POST /v1/line HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(MAX_HEAD)), "413"),
            (format!("{}POST /v1/drain HTTP/1.1\r\n\r\n", at("/v1/line")), "400"),
            (request("/v1/line", "two\nlines"), "400"),
            ("\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), "400"),
        ] {
            assert_eq!(status(&gate, &sent).await, expected, "{sent:?}");
        }
        assert_eq!(echo.asked.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_minute_has_its_number_and_the_message_says_so() {
        let (gate, echo) = gate();
        for _ in 0..BURST {
            assert_eq!(status(&gate, &request("/v1/check", "ls")).await, "200");
        }
        let refused = ask(&gate, &request("/v1/line", "list files")).await;
        assert!(refused.contains(" 429 ") && refused.ends_with("msg\ttoo many questions; wait a moment\nend\n"), "{refused}");
        assert_eq!(echo.asked.load(Ordering::SeqCst), BURST as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_that_ask_nothing_take_few_places_and_only_for_a_while() {
        let (gate, _) = gate();
        let gate = Arc::new(gate);
        let mut idle = Vec::new();
        for _ in 0..MOST_AT_ONCE {
            let (ours, theirs) = tokio::io::duplex(64);
            let gate = Arc::clone(&gate);
            idle.push((ours, tokio::spawn(async move { gate.serve(theirs).await })));
        }
        while gate.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(status(&gate, &request("/v1/line", "x")).await, "503");
        for (_, task) in &mut idle {
            task.await.unwrap();
        }
        assert_eq!(status(&gate, &request("/v1/line", "x")).await, "200", "their time is over");
    }

    #[tokio::test]
    async fn who_hangs_up_is_not_worked_for() {
        let (gate, echo) = gate();
        let (mut ours, theirs) = tokio::io::duplex(4096);
        ours.write_all(request("/v1/line", "wait").as_bytes()).await.unwrap();
        tokio::join!(gate.serve(theirs), async {
            while echo.asked.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            drop(ours);
        });
        assert_eq!(echo.given_up.load(Ordering::SeqCst), 1);
    }
}
