//! The composition root: builds the pipeline for the resident and for direct mode.

mod far_side;
mod notices;
mod opening_cache;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use self::far_side::NoFiles;
pub use self::far_side::for_far_side;
use self::notices::{notice, tell_reload, told};
use self::opening_cache::OpeningCache;
use crate::api::{Backend, Notice, Setup};
use crate::audit::{FileTrail, Nowhere, Writer};
use crate::cache::{CacheSettings, DiskCache, MemoryCache};
use crate::config::{Config, ConfigFile, ConfigProblem, PackFiles, PackFolder};
use crate::domain::{AuditMode, FailureClass, KeySettings, LogEvent, Secret, ShellFacts};
use crate::fix::{Seen, Wanted};
use crate::memory::FileMemory;
use crate::offline::{Pack, PackProblem, Translator};
use crate::paths::Paths;
use crate::platform::{self, OwnBinary};
use crate::providers::{self, HttpPool, ProviderSettings};
use crate::secrets;
use crate::stats::FileLedger;
use crate::suggest::pipeline::{Pipeline, Place};
use crate::suggest::ports::{AnswerCache, KeySource, Ledger, Memory, Provider, Reach, Trail};
use crate::suggest::recording::Recorder;
use crate::suggest::{engine, trial};
use crate::system::blast::LocalFiles;
use crate::system::failure;
use crate::system::options::{OptionLists, Places};
use crate::system::tldr::{self, TldrPages};
use crate::system::{FileSystem, InstalledShells, SearchPath};
use crate::telemetry::{Log, Traces, WantedTraces};

/// How long the end of a single call waits for what is still under way on other threads.
const GIVING_BACK: Duration = Duration::from_millis(200);

/// A pipeline and the configuration it runs under.
struct Service {
    pipeline: Pipeline,
    config_file: Option<PathBuf>,
    state: Mutex<State>,
    pool: HttpPool,
    /// What the cache was opened with.
    cache: CacheSettings,
    /// What the user ran, as soon as it is read.
    memory: OnceLock<Arc<FileMemory>>,
    /// Where the audit trail is kept, by whom, and the trail once something was to be recorded.
    state_dir: Option<PathBuf>,
    writer: Writer,
    trail: OnceLock<Arc<dyn Trail>>,
    /// What is written about the work of a resident.
    log: OnceLock<Arc<Log>>,
    /// Where the spans of a resident go.
    traces: OnceLock<Traces>,
}

struct State {
    file: ConfigFile,
    built: Option<Built>,
    packs: PackFolder,
    /// The packs that the translator was taught, and what is wrong with others.
    taught: Arc<PackFiles>,
    notice: Option<Arc<Notice>>,
    /// What is wrong with the configuration files, kept so that it is told once.
    problem: Option<Arc<Notice>>,
}

/// The providers made from one state of the configuration.
struct Built {
    from: Arc<Config>,
    providers: Vec<Arc<dyn Provider>>,
}

impl Service {
    /// Reads what the user ran. A memory that cannot be used is none; `gptos memory list` says why.
    fn open_memory(&self, directory: &Path) {
        match FileMemory::open(directory) {
            Ok(memory) => drop(self.memory.set(Arc::new(memory))),
            Err(error) => tracing::debug!(event = LogEvent::MemoryFailed.name(), detail = %error, "what was run cannot be read"),
        }
    }

    /// What the pipeline records with. Nothing is made before something is to be recorded.
    fn recorder(&self, mode: AuditMode) -> Option<Recorder> {
        if mode == AuditMode::Off {
            return None;
        }
        let trail = self.trail.get_or_init(|| match &self.state_dir {
            None => Arc::new(Nowhere("there is no home directory to keep it in".to_owned())),
            Some(directory) => match FileTrail::open(directory, self.writer) {
                Ok(trail) => Arc::new(trail),
                Err(error) => Arc::new(Nowhere(error.to_string())),
            },
        });
        // Who keeps nothing answers for another machine.
        let reach: Arc<dyn Reach> = if self.state_dir.is_some() { Arc::new(LocalFiles) } else { Arc::new(NoFiles) };
        Some(Recorder { trail: Arc::clone(trail), reach, is_required: mode == AuditMode::Required })
    }

    /// Where a resident remembers what was told today. A process that ends soon has a way of its own.
    fn remembers(&self) -> Option<PathBuf> {
        self.state_dir.clone().filter(|_| self.writer == Writer::Resident)
    }

    /// Teaches the pipeline what is in the folder of intents, if that changed.
    fn learn(&self, state: &mut State) {
        let packs = state.packs.current();
        if !Arc::ptr_eq(&packs, &state.taught) {
            let (translator, problems) = teach(&packs);
            self.pipeline.teach(translator);
            state.notice = notice(&problems).map(|notice| Arc::new(notice.kept_in(self.remembers())));
            state.taught = packs;
        }
    }
}

impl Backend for Service {
    fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    fn config_file(&self) -> Option<&Path> {
        self.config_file.as_deref()
    }

    fn look_around(&self, wanted: &Wanted, facts: &ShellFacts) -> Seen {
        failure::look(wanted, facts)
    }

    fn log(&self) -> Option<&Log> {
        self.log.get().map(Arc::as_ref)
    }

    fn traces(&self) -> Option<&Traces> {
        self.traces.get()
    }

    fn state_dir(&self) -> Option<&Path> {
        self.state_dir.as_deref()
    }

    fn setup(&self) -> Setup {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.file.reloads();
        let (config, problem) = state.file.current();
        if let Some(log) = self.log.get() {
            log.configure(&config.log);
            tell_reload(before, state.file.reloads(), problem.as_ref());
        }
        let said = told(state.file.mistakes(), state.file.is_rejected());
        if state.problem.as_ref().map(|former| former.text()) != said.as_deref() {
            state.problem = said.map(|text| Arc::new(Notice::new(text).kept_in(self.remembers())));
        }
        // Providers are kept while the configuration is the same, with what they have learnt of their server's dialect.
        let providers = match &state.built {
            Some(built) if built.from == config => built.providers.clone(),
            _ => {
                let providers: Vec<_> = config.providers.iter().map(|section| build_provider(section, &self.pool)).collect();
                self.pipeline.reconfigure(config.online);
                state.built = Some(Built { from: Arc::clone(&config), providers: providers.clone() });
                providers
            }
        };
        self.learn(&mut state);
        self.pipeline.prefer(&config.prefer);
        let wanted = WantedTraces { endpoint: config.traces_endpoint.clone(), lock: config.lock_on("traces.endpoint") };
        self.pipeline.trace(self.traces.get().and_then(|traces| traces.tracer(&wanted)));
        self.pipeline.audit(self.recorder(config.audit));
        self.pipeline.remember(self.memory.get().filter(|_| config.memory).map(|memory| Arc::clone(memory) as Arc<dyn Memory>));
        Setup {
            resident: config.resident,
            deadline: if config.sets("deadline_ms") { config.deadline } else { engine::total(config.deadline, &providers) },
            providers,
            rules: Arc::clone(&config.rules),
            context: config.context.clone(),
            prefetch: config.shell.prefetch,
            problem: state.problem.clone(),
            notice: state.notice.clone(),
            idle_exit: config.idle_exit,
            metrics_port: config.metrics_port,
            is_stale: config.cache != self.cache,
            log_lock: config.lock_on("log.level"),
            notify: config.notified(),
            reloads: [("ok", state.file.reloads().ok), ("rejected", state.file.reloads().rejected)],
        }
    }
}

/// The pipeline of the resident. It answers at once with a cache in memory, while the one on disk opens.
pub fn resident(paths: &Paths, binary: &OwnBinary) -> Arc<dyn Backend> {
    let mut file = ConfigFile::shared(paths.config_file.clone(), paths.home.clone());
    let (settings, levels) = (file.current().0.cache.clone(), file.current().0.log.clone());
    let log = paths.state_dir.as_deref().map(|directory| Log::of_process(directory, levels));
    let cache = Arc::new(OpeningCache { early: MemoryCache::new(settings.clone()), disk: OnceLock::new() });
    if let Some(directory) = paths.cache_dir.clone() {
        let opening = Arc::clone(&cache);
        // Without the thread the cache stays in memory, which is what it is until the disk is open.
        let _ = std::thread::Builder::new().name("cache-open".to_owned()).spawn(move || {
            let (opened, _notice) = DiskCache::open(&directory, settings);
            let _ = opening.disk.set(opened);
        });
    }
    let service = service(file, paths, cache, &binary.build(), tldr_pages(paths).map(TldrPages::with_upkeep), Writer::Resident);
    log.into_iter().for_each(|log| drop(service.log.set(log)));
    let _ = service.traces.set(Traces::new(|name| std::env::var_os(name)));
    if let Some(directory) = &paths.state_dir {
        service.open_memory(directory);
    }
    // The first to ask would wait for it otherwise, and turn away from a resident that is silent.
    let mut state = service.state.lock().unwrap_or_else(PoisonError::into_inner);
    service.learn(&mut state);
    if state.taught.files.is_empty() {
        Translator::embedded();
    }
    drop(state);
    service
}

/// The pipeline of a process that answers for itself: its cache lives as long as it does, because the one on disk has
/// a single owner. `writer` tells whether somebody waits for it.
pub fn direct(paths: &Paths, writer: Writer) -> Arc<dyn Backend> {
    let mut file = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
    let settings = file.current().0.cache.clone();
    let build = OwnBinary::look().map_or_else(|_| env!("CARGO_PKG_VERSION").to_owned(), |binary| binary.build());
    let remembers = file.current().0.memory;
    let cache = Arc::new(MemoryCache::new(settings));
    let service = service(file, paths, cache, &build, tldr_pages(paths), writer);
    if let Some(directory) = paths.state_dir.as_deref().filter(|_| remembers) {
        service.open_memory(directory);
    }
    service
}

/// The tldr pages of this machine; `None` without a place for their index.
pub fn tldr_pages(paths: &Paths) -> Option<TldrPages> {
    let own = paths.data_dir.as_deref().map(tldr::own_copy);
    let lookup = |name: &str| std::env::var_os(name);
    let roots = tldr::roots(own.as_deref(), paths.home.as_deref(), &lookup);
    let options = OptionLists::new(Places::usual(paths.home.as_deref(), &lookup));
    Some(TldrPages::new(roots, paths.cache_dir.as_deref()?).with_options(options))
}

/// A provider as a configuration block describes it.
pub fn provider(settings: &ProviderSettings) -> Arc<dyn Provider> {
    build_provider(settings, &HttpPool::new())
}

/// Asks one provider one small question and returns the command it gave. It is counted as all calls are, and not made when a cap on
/// spending is reached.
///
/// # Errors
/// Why it gave none, in one line.
pub fn try_provider(provider: &Arc<dyn Provider>, facts: &ShellFacts, paths: &Paths) -> Result<String, Untold> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| (None, error.to_string()))?;
    let caps = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0.online.caps;
    let ledger: Arc<dyn Ledger> = Arc::new(FileLedger::new(paths.state_dir.as_deref()));
    let purse = trial::Purse { ledger: Arc::clone(&ledger), caps };
    let asked = runtime.block_on(trial::try_provider(provider, facts, platform::OS_NAME, Arc::new(SearchPath), purse));
    // What was set aside and not taken is given back before this process ends.
    runtime.shutdown_timeout(GIVING_BACK);
    ledger.write(true);
    asked.map_err(|failures| {
        let class = failures.first().map(|(_, error)| error.class.clone());
        (class, failures.into_iter().map(|(_, error)| error.to_string()).collect())
    })
}

/// Why a provider told nothing, with the class of the failure where somebody was called.
pub type Untold = (Option<FailureClass>, String);

/// The translator with the user's intents, `None` if there are none, and what is wrong with files of them.
pub fn translator(paths: &Paths) -> (Option<Arc<Translator>>, Vec<ConfigProblem>) {
    teach(&PackFolder::new(paths.intents_dir()).current())
}

fn teach(packs: &PackFiles) -> (Option<Arc<Translator>>, Vec<ConfigProblem>) {
    let mut problems = packs.problems.clone();
    if packs.files.is_empty() {
        return (None, problems);
    }
    let texts: Vec<Pack> = packs.files.iter().map(|(path, text)| pack(path, text)).collect();
    let (translator, wrong) = Translator::with_packs(&texts);
    problems.extend(wrong.into_iter().map(pack_problem));
    (Some(Arc::new(translator)), problems)
}

/// A file of intents as the translator takes it.
pub fn pack(path: &Path, text: &str) -> Pack {
    Pack { name: path.display().to_string(), text: text.to_owned() }
}

/// What the translator says of such a file.
pub fn pack_problem(problem: PackProblem) -> ConfigProblem {
    let PackProblem { pack, line, cause, hint } = problem;
    ConfigProblem { path: pack.into(), line, key: None, cause, hint }
}

/// Fetches a file over the way that the asking shell's questions take; see [`providers::download`].
///
/// # Errors
/// Why it is not here, in one line.
pub fn fetch(
    url: &str,
    most: usize,
    proxies: &[(String, String)],
    progress: &mut dyn FnMut(usize, Option<usize>),
) -> Result<Vec<u8>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let fetched = runtime.block_on(providers::download(url, most, (&HttpPool::new(), proxies), progress));
    runtime.shutdown_background();
    fetched.map_err(|error| error.detail)
}

fn service(
    mut file: ConfigFile,
    paths: &Paths,
    cache: Arc<dyn AnswerCache>,
    build: &str,
    pages: Option<TldrPages>,
    writer: Writer,
) -> Arc<Service> {
    let place = Place { os: platform::OS_NAME, build: build.to_owned(), ttl: file.current().0.cache.ttl };
    let pipeline = Pipeline::new(place, cache, Arc::new(SearchPath), Arc::new(InstalledShells)).with_surroundings(Arc::new(FileSystem));
    let pipeline = match pages {
        Some(pages) => pipeline.with_pages(Arc::new(pages)),
        None => pipeline,
    };
    pipeline.count_in(Arc::new(FileLedger::new(paths.state_dir.as_deref())));
    with_pipeline(pipeline, file, PackFolder::new(paths.intents_dir()), (paths.state_dir.clone(), writer))
}

fn with_pipeline(
    pipeline: Pipeline,
    mut file: ConfigFile,
    packs: PackFolder,
    (state_dir, writer): (Option<PathBuf>, Writer),
) -> Arc<Service> {
    let cache = file.current().0.cache.clone();
    let config_file = file.path().map(Path::to_owned);
    Arc::new(Service {
        pipeline,
        config_file,
        state: Mutex::new(State { file, built: None, packs, taught: Arc::default(), notice: None, problem: None }),
        pool: HttpPool::new(),
        cache,
        memory: OnceLock::new(),
        state_dir,
        writer,
        trail: OnceLock::new(),
        log: OnceLock::new(),
        traces: OnceLock::new(),
    })
}

fn build_provider(settings: &ProviderSettings, pool: &HttpPool) -> Arc<dyn Provider> {
    providers::build(settings, pool, key_source(settings))
}

/// The source of a provider's key. From then on this process may hold one, so it leaves nothing behind when it dies.
pub fn key_source(settings: &ProviderSettings) -> Arc<dyn KeySource> {
    let Some(key) = &settings.key else { return secrets::none() };
    platform::keep_secrets();
    secrets::source(key, Paths::from_environment().keys_dir())
}

/// A provider with a key that was just handed over.
pub fn provider_with_key(settings: &ProviderSettings, key: Secret) -> Arc<dyn Provider> {
    platform::keep_secrets();
    let settings = ProviderSettings { key: settings.key.clone().or(Some(KeySettings::Env(String::new()))), ..settings.clone() };
    providers::build(&settings, &HttpPool::new(), secrets::given(key))
}
