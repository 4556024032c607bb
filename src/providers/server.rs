//! A provider behind HTTP: the key, the way, the request, the limits and the reading of the answer, for every wire.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::body::{self, Times};
use super::classify::{Fault, holds_some_of, printable, status_error};
use super::exchange::{Bound, Keyed, Reply, get, post, preview};
use super::form::{Cap, Form};
use super::http::{Outlet, Route};
use super::readiness::Warming;
use super::told::Told;
use super::transport::Way;
use super::wire::{Outgoing, Wire};
use super::{HttpPool, ProviderSettings, ServerSettings, prices};
use crate::domain::{AttemptError, ErrorType, FailureClass, Price, Secret, ShellFacts, Stage, Usage};
use crate::suggest::ports::{
    Call, KeySource, Pace, Prompt, Provider, RawAnswer, Readiness, ReplyHead, RequestPreview, Span, SpanKind, SpanValue,
};

/// Tokens of an answer together with the thoughts before it; servers count both.
const THINKING_TOKENS: u32 = 2048;
/// By how much a cap is raised, once, when an answer did not fit.
const RAISE: u32 = 4;
/// How long opening a connection ahead of a question may take, and the limit on connecting that attempts usually have:
/// only a client with the same one shares its connections.
const AHEAD: Duration = Duration::from_millis(3000);
const CONNECT: Duration = Duration::from_millis(1000);
const CONNECT_LOOPBACK: Duration = Duration::from_millis(250);

/// One configured provider.
pub(super) struct Server {
    name: String,
    model: String,
    settings: ServerSettings,
    wire: Box<dyn Wire>,
    pool: HttpPool,
    keys: Arc<dyn KeySource>,
    has_key: bool,
    endpoint: String,
    price: Price,
    learnt: Mutex<Learnt>,
    warming: Warming,
}

/// What this server and model were found to need.
#[derive(Debug, Clone, Copy)]
struct Learnt {
    form: Form,
    raised: bool,
}

/// How one request of an attempt ended without an answer.
enum Setback {
    /// The server does not take this form, but perhaps that one.
    Form(Form),
    Failed(AttemptError),
}

impl Setback {
    fn label(&self) -> &'static str {
        match self {
            Setback::Form(_) => ErrorType::Http4xx.label(),
            Setback::Failed(error) => error.error_type.label(),
        }
    }
}

impl From<AttemptError> for Setback {
    fn from(error: AttemptError) -> Self {
        Setback::Failed(error)
    }
}

impl Provider for Server {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn kind(&self) -> Option<&'static str> {
        Some(self.settings.wire.kind().name())
    }

    fn address(&self) -> Option<String> {
        Some(self.settings.base_url.origin())
    }

    fn price(&self) -> Price {
        self.price
    }

    fn most_tokens(&self, prompt: &Prompt) -> Usage {
        // A server that does not take the cap at all may give as much as one that was raised.
        let form = self.learnt().form;
        let cap = if form.cap == Cap::None { THINKING_TOKENS.saturating_mul(RAISE) } else { self.cap(form, prompt) };
        Usage { input: prompt.most_tokens(), output: u64::from(cap) }
    }

    fn pace(&self) -> Pace {
        if self.settings.base_url.is_loopback() { Pace::Loopback } else { Pace::Remote }
    }

    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn key_state<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, u64> {
        self.keys.state(facts)
    }

    fn readiness<'a>(&'a self, _: &'a ShellFacts) -> BoxFuture<'a, Readiness> {
        self.warming.readiness(&self.settings, &self.model, &self.pool).boxed()
    }

    fn is_back(&self) -> BoxFuture<'_, bool> {
        self.warming.is_back(&self.settings, &self.model, &self.pool).boxed()
    }

    fn connect<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, ()> {
        self.open_ahead(facts).boxed()
    }

    fn resumed(&self) {
        self.pool.forget_all();
    }

    fn key_variables(&self) -> Vec<&str> {
        self.keys.variables()
    }

    fn preview(&self, prompt: &Prompt) -> Option<RequestPreview> {
        let form = self.learnt().form;
        Some(preview(&self.outgoing(form, prompt), self.has_key.then(|| self.wire.key_header())))
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.attempt(call).boxed()
    }
}

/// The span of a request that is under way. If it is dropped before the request has ended, nobody waits for it any more.
struct Posted {
    span: Span,
    has_ended: bool,
}

impl Posted {
    fn end(mut self, setback: Option<&Setback>) {
        self.has_ended = true;
        setback.into_iter().for_each(|setback| self.span.failed(setback.label()));
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        if !self.has_ended {
            self.span.failed(ErrorType::Cancelled.label());
        }
    }
}

impl Server {
    pub(super) fn new(
        settings: &ProviderSettings,
        server: ServerSettings,
        wire: Box<dyn Wire>,
        pool: HttpPool,
        keys: Arc<dyn KeySource>,
    ) -> Self {
        let learnt = Mutex::new(Learnt { form: wire.first_form(), raised: false });
        Self {
            name: settings.name.clone(),
            model: settings.model.clone(),
            settings: server,
            wire,
            pool,
            keys,
            has_key: settings.key.is_some(),
            endpoint: settings.endpoint(),
            price: prices::price(settings),
            learnt,
            warming: Warming::default(),
        }
    }

    fn learnt(&self) -> Learnt {
        *self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, change: impl FnOnce(&mut Learnt)) {
        change(&mut self.learnt.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn outgoing(&self, form: Form, prompt: &Prompt) -> Outgoing {
        self.wire.request(prompt, form, self.cap(form, prompt))
    }

    /// Most tokens that the answer may have.
    fn cap(&self, form: Form, prompt: &Prompt) -> u32 {
        let cap = if form.thinks { THINKING_TOKENS.max(prompt.max_tokens) } else { prompt.max_tokens };
        if self.learnt().raised { cap.saturating_mul(RAISE) } else { cap }
    }

    async fn attempt(&self, call: Call<'_>) -> Result<RawAnswer, AttemptError> {
        let total = Bound::new(Stage::Total, call.limits.total);
        let late = |_| AttemptError::new(FailureClass::Slow(Stage::Total), "the key did not come in time; hint: try again").not_made();
        let mut key = total.on(self.keys.key(call.facts)).await.map_err(late)??;
        let mut is_fresh = false;
        let route = Route::new(&self.settings, call.limits.connect, &call.facts.proxies);
        let mut form = self.learnt().form;
        // Each turn drops or renames one parameter, so there are few.
        let mut sent = call.resends;
        let result = loop {
            let posted = Posted { span: self.post_span(&call, sent), has_ended: false };
            let exchanged = self.exchange((&call, &posted.span), form, &route, key.as_ref(), total).await;
            posted.end(exchanged.as_ref().err());
            sent += 1;
            match exchanged {
                Ok(answer) => break Ok(answer),
                Err(Setback::Form(next)) => form = next,
                // The key may have been changed since it was fetched.
                Err(Setback::Failed(error)) if error.class == FailureClass::Auth => {
                    let rejected = key.as_ref().is_some_and(|refused| self.keys.rejected(refused));
                    let may_differ = rejected && !std::mem::replace(&mut is_fresh, true);
                    let found = if may_differ { total.on(self.keys.key(call.facts)).await.ok().and_then(Result::ok) } else { None };
                    match found {
                        Some(another) if another.is_some() && another != key => key = another,
                        _ => break Err(error),
                    }
                }
                Err(Setback::Failed(error)) => break Err(error),
            }
        };
        result.map_err(|error| self.after(error, &route, form))
    }

    /// What a failure teaches for the next attempt.
    fn after(&self, mut error: AttemptError, route: &Route, form: Form) -> AttemptError {
        match error.class {
            // The connection is silent or dead, and others that were kept beside it may be as well.
            FailureClass::Slow(_) | FailureClass::LocalNetwork | FailureClass::Unsent => self.pool.forget(route),
            FailureClass::Truncated if error.may_retry == Some(true) => {
                let mut can_help = false;
                self.learn(|learnt| {
                    can_help = !learnt.raised && form.cap != Cap::None;
                    learnt.raised = true;
                });
                error.may_retry = Some(can_help);
            }
            _ => {}
        }
        error
    }

    /// The span of one request, of which `before` were sent before it.
    fn post_span(&self, call: &Call<'_>, before: u32) -> Span {
        let span = call.span.child("POST", SpanKind::Client);
        if span.is_wanted() {
            let to = &self.settings.base_url;
            span.text("http.request.method", "POST");
            span.text("server.address", to.host());
            span.set("server.port", SpanValue::Number(u64::from(to.port())));
            if before > 0 {
                span.set("http.request.resend_count", SpanValue::Number(u64::from(before)));
            }
        }
        span
    }

    async fn exchange(
        &self,
        (call, span): (&Call<'_>, &Span),
        form: Form,
        route: &Route,
        key: Option<&Secret>,
        total: Bound,
    ) -> Result<RawAnswer, Setback> {
        let times = Times::new(call, total);
        let outlet = total.on(self.pool.outlet(route)).await??;
        let keyed = Keyed { header: self.wire.key_header(), key };
        let reply = post(&outlet.client, self.outgoing(form, call.prompt), keyed, self.way(route, &outlet), times.first).await?;
        let advice = reply.advice;
        span.set("http.response.status_code", SpanValue::Number(u64::from(reply.status)));
        let request_id = reply.request_id.clone().filter(|id| !key.is_some_and(|key| holds_some_of(id, key)));
        call.heard.tell_head(ReplyHead { status: reply.status, request_id });
        if !(200..300).contains(&reply.status) {
            return Err(self.refused(reply, form, key, times.next_gap(), &outlet).await);
        }
        self.learn(|learnt| learnt.form = form);
        reply.check_type()?;
        let mut told = Told::new(call.span);
        let read = body::read(self.wire.as_ref(), reply, key, times, &mut told).await;
        told.tell(call.span);
        let mut answer = read?;
        outlet.keep(&self.settings.base_url.origin());
        if answer.model.is_empty() {
            answer.model = printable(&self.model, key);
        }
        answer.pause = advice.pause;
        Ok(answer)
    }

    /// What a response that is not a success means, and whether another form may help.
    async fn refused(&self, reply: Reply, form: Form, key: Option<&Secret>, bound: Bound, outlet: &Outlet) -> Setback {
        let (status, advice, redirect) = (reply.status, reply.advice, reply.redirect.clone());
        if (300..400).contains(&status) {
            let target = redirect.map(|target| format!(" to {}", printable(&target, key))).unwrap_or_default();
            let detail = format!("HTTP {status}: a redirect{target} is not followed; hint: check base_url, or a network login page?");
            return AttemptError::new(FailureClass::Config, detail).into();
        }
        let fault = Fault::from_body(&reply.small_body(bound).await);
        outlet.keep(&self.settings.base_url.origin());
        let error = status_error(status, &fault, advice, key);
        match self.wire.without_what_it_names(form, &fault) {
            Some(next) if matches!(status, 400 | 422) && error.class != FailureClass::Quota => Setback::Form(next),
            _ => Setback::Failed(error),
        }
    }

    fn way(&self, route: &Route, outlet: &Outlet) -> Way<'_> {
        let to = &self.settings.base_url;
        Way { to, proxied: route.is_proxied(), kept: outlet.keeps(&to.origin()) }
    }

    /// Asks for the list of models without showing a key. It costs nothing, is answered with a few bytes (usually those
    /// of a refusal), and leaves a connection with its TLS session behind, which nothing but a request can: the pool has
    /// no other way in. Other servers get the request for their root, which any of them answers.
    async fn open_ahead(&self, facts: &ShellFacts) {
        let bound = Bound::new(Stage::Total, AHEAD);
        let connect = if self.settings.base_url.is_loopback() { CONNECT_LOOPBACK } else { CONNECT };
        let route = Route::new(&self.settings, connect, &facts.proxies);
        let place = self.wire.models().unwrap_or_else(|| (self.settings.base_url.at_root("/"), Vec::new()));
        let Ok(Ok(outlet)) = bound.on(self.pool.outlet(&route)).await else { return };
        let origin = self.settings.base_url.origin();
        if outlet.keeps(&origin) {
            return;
        }
        let keyless = Keyed { header: self.wire.key_header(), key: None };
        if let Ok(reply) = get(&outlet.client, place, keyless, self.way(&route, &outlet), bound).await {
            reply.small_body(bound).await;
            outlet.keep(&origin);
        }
    }
}
