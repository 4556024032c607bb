//! Direct mode: the answer is made in this process, with a cache in memory only.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::ask::Ask;
use super::{facts, hints};
use crate::api::{Backend, to_mode, to_progress, to_record, with_needs};
use crate::audit::Writer;
use crate::client::Waiting;
use crate::config::{Config, ConfigFile};
use crate::domain::Query;
use crate::paths::Paths;
use crate::protocol::{Answer, Record};
use crate::providers::ProviderSettings;
use crate::suggest::aimed;
use crate::suggest::pipeline::{Request, WaitingFor};
use crate::suggest::ports::{Provider, RequestPreview};
use crate::suggest::track::Track;
use crate::wiring;

/// How often the caller gets the chance to show progress.
const TICK: Duration = Duration::from_millis(120);

/// The configuration as it is now.
pub(super) struct Loaded {
    pub(super) config: Arc<Config>,
    service: Arc<dyn Backend>,
    key_names: Vec<String>,
    paths: Paths,
}

impl Loaded {
    /// Reads the configuration and puts a pipeline together.
    pub(super) fn from(paths: &Paths) -> Self {
        let service = wiring::direct(paths, Writer::Once);
        let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
        let setup = service.setup();
        let key_names = setup.providers.iter().flat_map(|provider| provider.key_variables()).map(str::to_owned).collect();
        Self { config, service, key_names, paths: paths.clone() }
    }

    /// Answers within the configured deadline, counted from `started`.
    pub(super) fn answer(&self, ask: &Ask, started: Instant, progress: &mut dyn FnMut(&Waiting)) -> Answer {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return Answer { remarks: vec![format!("cannot answer in this process: {error}")], ..Answer::default() },
        };
        let answer = runtime.block_on(self.run(ask, started, progress));
        // A name look-up that still hangs on a thread of the runtime must not keep the prompt.
        runtime.shutdown_background();
        answer
    }

    /// What the first provider would be sent for these words.
    ///
    /// # Errors
    /// Why nothing would be sent, in one line.
    pub(super) fn preview(&self, ask: &Ask) -> Result<RequestPreview, String> {
        let query = Query::from_bytes(ask.query.as_bytes()).map_err(|error| error.to_string())?;
        let setup = self.service.setup();
        if let Some(problem) = setup.problem {
            return Err(problem.text().to_owned());
        }
        if query.is_private() {
            return Err("the words begin with a blank, so nothing would be sent".to_owned());
        }
        let provider = setup.providers.first().ok_or("no provider is configured, so nothing would be sent")?;
        self.request(ask, &query, provider)
    }

    /// The same for a provider that need not be configured.
    ///
    /// # Errors
    /// Why its request cannot be shown, in one line.
    pub(super) fn preview_by(&self, ask: &Ask, settings: &ProviderSettings) -> Result<RequestPreview, String> {
        let query = Query::from_bytes(ask.query.as_bytes()).map_err(|error| error.to_string())?;
        self.request(ask, &query, &wiring::provider(settings))
    }

    fn request(&self, ask: &Ask, query: &Query, provider: &Arc<dyn Provider>) -> Result<RequestPreview, String> {
        let setup = self.service.setup();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let redacted = aimed::redacted(query, &ask.aim);
        let place = (&ask.facts, setup.context.as_slice());
        let (prompt, _) = runtime.block_on(self.service.pipeline().prompt(place, &redacted, &ask.aim));
        runtime.shutdown_background();
        provider.preview(&prompt).ok_or_else(|| format!("{}: its requests cannot be shown", provider.name()))
    }

    async fn run(&self, ask: &Ask, started: Instant, progress: &mut dyn FnMut(&Waiting)) -> Answer {
        let query = match Query::from_bytes(ask.query.as_bytes()) {
            Ok(query) => query,
            Err(error) => return Answer { remarks: vec![error.to_string()], ..Answer::default() },
        };
        let mut shell = ask.facts.clone();
        facts::add_keys(&mut shell, &self.key_names);
        let setup = self.service.setup();
        let left = setup.deadline.saturating_sub(started.elapsed());
        let request = Request {
            query,
            aim: ask.aim.clone(),
            facts: shell,
            mode: to_mode(ask.mode),
            want: ask.want,
            others: ask.others,
            use_cache: !ask.no_cache,
            patient: ask.patient,
            session: u64::from(std::os::unix::process::parent_id()),
            offered_keys: self.key_names.clone(),
            rules: Arc::new(setup.rules.strictest(&ask.rules)),
            context: setup.context.clone(),
            deadline: tokio::time::Instant::now() + left,
            now: SystemTime::now(),
            track: Track::new(SystemTime::now()),
        };
        let waiting = WaitingFor::default();
        let work = self.service.pipeline().suggest(&request, &setup.providers, &waiting);
        tokio::pin!(work);
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + TICK, TICK);
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut work => break outcome,
                _ = tick.tick() => {
                    if let Record::Progress { waiting_for, meanwhile, .. } = to_progress(&waiting, started.elapsed()) {
                        progress(&Waiting { on: waiting_for, meanwhile });
                    }
                }
            }
        };
        // This process tells nothing twice, but the next one would.
        if let Some(notice) = &setup.notice
            && !hints::is_new_today(&notice.id(), &self.paths)
        {
            notice.tell();
        }
        match with_needs(to_record(outcome, &setup), self.service.as_ref(), &setup) {
            Record::Answer(answer) => answer,
            _ => Answer::default(),
        }
    }
}
