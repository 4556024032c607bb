//! The queue of spans that have ended, and the thread that hands them over. Whoever ends a span waits for nothing: what does
//! not fit into the queue, or is not taken by the collector, is counted and dropped.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_otlp::{Compression, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity};
use tokio::runtime::Runtime;
use tracing::{debug, warn};

use super::Handed;
use super::settings::Settings;
use crate::backlog::{Manner, Nothing, Receiver, Sender, backlog};
use crate::domain::LogEvent;

/// How long connecting to a collector may take.
const CONNECT: Duration = Duration::from_secs(2);
/// After a failure nothing is handed over for so long, and twice as long after each further one.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Without spans nothing is to be done.
const LONG: Duration = Duration::from_secs(3600);

/// No file of certificates is longer.
const LONGEST_FILE: u64 = 1024 * 1024;

enum Message {
    Span(Box<SpanData>),
    Resource(Box<Resource>),
    Flush(SyncSender<()>),
}

/// The way to the thread. The thread ends when the last of these is gone.
pub(super) struct Export {
    queue: Sender<Message>,
    handed: Arc<Handed>,
    /// Why the thread could not begin.
    failure: Arc<OnceLock<String>>,
}

impl Export {
    /// Starts the thread.
    ///
    /// # Errors
    /// Why nothing can be handed over, in one line.
    pub(super) fn start(settings: &Settings, handed: Arc<Handed>) -> Result<Self, String> {
        let (queue, spans) = backlog(Manner { capacity: settings.queue, enough: settings.batch, lull: settings.delay });
        let failure = Arc::<OnceLock<String>>::default();
        let (settings, shared, told) = (settings.clone(), Arc::clone(&handed), Arc::clone(&failure));
        let run = move || match Thread::new(&settings, shared) {
            Ok(thread) => thread.run(&spans),
            Err(why) => {
                warn!(event = LogEvent::TracesFailed.name(), reason = "start", detail = %why, "spans cannot be handed over");
                let _ = told.set(why);
            }
        };
        std::thread::Builder::new().name("traces".to_owned()).spawn(run).map_err(|error| error.to_string())?;
        Ok(Self { queue, handed, failure })
    }

    /// Why nothing is handed over, if the thread could not begin.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    pub(super) fn processor(&self) -> Processor {
        Processor { queue: self.queue.clone(), handed: Arc::clone(&self.handed) }
    }

    /// Tells when what has ended is handed over.
    pub(super) fn flush(&self) -> mpsc::Receiver<()> {
        let (done, flushed) = sync_channel(1);
        let _ = self.queue.put_urgently(Message::Flush(done));
        flushed
    }
}

/// What the libraries give spans to that have ended.
pub(super) struct Processor {
    queue: Sender<Message>,
    handed: Arc<Handed>,
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Processor")
    }
}

impl SpanProcessor for Processor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.queue.put(Message::Span(Box::new(span))).is_err() {
            self.handed.queue.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        // The queue is new, so only a thread that is gone refuses it.
        let _ = self.queue.put(Message::Resource(Box::new(resource.clone())));
    }
}

struct Thread {
    runtime: Runtime,
    exporter: SpanExporter,
    handed: Arc<Handed>,
    /// How long nothing is handed over after the next failure, and until when nothing is now.
    pause: Duration,
    paused: Option<Instant>,
}

impl Thread {
    fn new(settings: &Settings, handed: Arc<Handed>) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        // Only fails when a provider is already installed, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT.min(settings.timeout))
            .timeout(settings.timeout);
        if settings.endpoint.scheme() == "http" {
            client = client.tls_certs_only([]);
        } else {
            if let Some((name, path)) = &settings.trusted {
                let found = Certificate::from_pem_bundle(&content(name, path)?).ok().filter(|found| !found.is_empty());
                client = client.tls_certs_only(found.ok_or_else(|| format!("{name}: there is no certificate in the file"))?);
            }
            if let Some([(name, certificate), (key_name, key)]) = &settings.shown_to {
                let both = [content(name, certificate)?, b"\n".to_vec(), content(key_name, key)?].concat();
                let identity = Identity::from_pem(&both).map_err(|_| format!("{name} and {key_name}: no certificate and its key"))?;
                client = client.identity(identity);
            }
        }
        let failed = if settings.trusted.is_some() || settings.shown_to.is_some() {
            "the certificates cannot be used"
        } else {
            "this machine has no root certificates"
        };
        let client = client.build().map_err(|_| failed.to_owned())?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(settings.endpoint.as_str())
            .with_timeout(settings.timeout)
            .with_http_client(client)
            .with_retry_policy(RetryPolicy::recommended());
        let exporter = if settings.gzip { exporter.with_compression(Compression::Gzip) } else { exporter };
        let exporter = exporter
            .build()
            // It may repeat what a variable says.
            .map_err(|_| "a variable of OpenTelemetry is not understood".to_owned())?;
        Ok(Self { runtime, exporter, handed, pause: PAUSE, paused: None })
    }

    fn run(mut self, spans: &Receiver<Message>) {
        loop {
            // While the collector is left alone, what waits stays in the queue, which is bounded.
            let messages = match spans.take(LONG, self.paused) {
                Ok(taken) => taken.items,
                Err(Nothing::Yet) => continue,
                Err(Nothing::Ever) => return,
            };
            let mut batch = Vec::with_capacity(messages.len());
            for message in messages {
                match message {
                    Message::Span(span) => batch.push(*span),
                    Message::Resource(resource) => self.exporter.set_resource(&resource),
                    Message::Flush(done) => {
                        self.hand_over(&mut batch);
                        // Who does not wait any more is not told.
                        let _ = done.send(());
                    }
                }
            }
            self.hand_over(&mut batch);
        }
    }

    fn hand_over(&mut self, batch: &mut Vec<SpanData>) {
        let spans = std::mem::take(batch);
        let count = spans.len() as u64;
        if count == 0 {
            return;
        }
        match self.runtime.block_on(self.exporter.export(spans)) {
            Ok(()) => {
                self.handed.sent.fetch_add(count, Ordering::Relaxed);
                self.handed.refused.store(false, Ordering::Relaxed);
                (self.pause, self.paused) = (PAUSE, None);
            }
            Err(error) => {
                self.handed.export.fetch_add(count, Ordering::Relaxed);
                self.handed.refused.store(true, Ordering::Relaxed);
                debug!(event = LogEvent::TracesFailed.name(), reason = "export", count, detail = %error, "spans were not taken");
                self.paused = Some(Instant::now() + self.pause);
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// What a file holds that a variable names.
fn content(name: &str, path: &Path) -> Result<Vec<u8>, String> {
    let failed = |why: &dyn fmt::Display| format!("{name}: {}: {why}", path.display());
    if !fs::metadata(path).map_err(|error| failed(&error))?.is_file() {
        return Err(failed(&"not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes)).map_err(|error| failed(&error))?;
    Ok(bytes)
}
