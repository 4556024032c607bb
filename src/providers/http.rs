//! Connections, kept between requests. Proxies come from the asking shell, never from this process's environment.

use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use super::proxy::ProxyChoice;
use super::settings::{ProxySettings, ServerSettings};
use crate::domain::{AttemptError, FailureClass};
use crate::secrets::program::why;

/// Distinct sets of proxies that one user's shells have at the same time, with room to spare.
const CLIENTS: usize = 8;
/// Many servers close an idle connection after 60 s; a request on a connection that is being closed is lost.
const IDLE: Duration = Duration::from_secs(20);
/// Bytes of a file of certificates; the roots of a whole system take a quarter of it.
const AUTHORITIES_LIMIT: u64 = 1024 * 1024;
/// The connect limits in use. A client has exactly one, so a limit is rounded up to one of these; what remains of an
/// attempt is enforced around it.
const CONNECT_STEPS_MS: [u64; 5] = [100, 250, 500, 1000, 2000];

/// Clients of the process, one for each way out of this machine. Cloning shares them.
#[derive(Clone)]
pub struct HttpPool {
    clients: Arc<Mutex<Vec<(Route, Outlet)>>>,
}

/// A client and the servers it lately had a connection to.
#[derive(Clone)]
pub(super) struct Outlet {
    pub(super) client: Client,
    kept: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Outlet {
    /// Whether the next request to this server probably takes a connection that was kept.
    pub(super) fn keeps(&self, origin: &str) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|(known, at)| known == origin && at.elapsed() <= IDLE)
    }

    /// A request to this server is over, and its connection can be used again.
    pub(super) fn keep(&self, origin: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, at)| known != origin && at.elapsed() <= IDLE);
        kept.push((origin.to_owned(), Instant::now()));
    }
}

/// Everything that makes a client differ from another.
#[derive(Clone, PartialEq)]
pub(super) struct Route {
    /// Plain http to this machine: no certificates are loaded, no name is looked up.
    plain: bool,
    connect: Duration,
    proxy: Option<ProxyChoice>,
    /// The resolver reads its configuration once; after a change of network another client must be used.
    resolver: Option<FileVersion>,
    /// The same holds for authorities of the user's own.
    authorities: Option<(PathBuf, Option<FileVersion>)>,
}

impl Route {
    pub(super) fn new(server: &ServerSettings, connect: Duration, proxies: &[(String, String)]) -> Self {
        let to = &server.base_url;
        let rounded = CONNECT_STEPS_MS.into_iter().map(Duration::from_millis).find(|step| *step >= connect);
        let is_direct = to.is_loopback() || server.proxy == ProxySettings::Off;
        Self {
            plain: !to.is_https(),
            connect: rounded.unwrap_or(Duration::from_millis(2000)),
            proxy: if is_direct { None } else { ProxyChoice::from_shell(to, proxies) },
            resolver: if to.is_loopback() { None } else { FileVersion::of(Path::new("/etc/resolv.conf")) },
            authorities: server.ca_file.as_ref().filter(|_| to.is_https()).map(|file| (file.clone(), FileVersion::of(file))),
        }
    }

    pub(super) fn is_proxied(&self) -> bool {
        self.proxy.is_some()
    }

    /// The way to the server in words.
    pub(super) fn shown(&self) -> String {
        self.proxy.as_ref().map_or_else(|| "direct".to_owned(), ProxyChoice::shown)
    }
}

impl Default for HttpPool {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpPool {
    /// An empty pool; a client is built when a request first needs it.
    pub fn new() -> Self {
        // Only fails when a provider is already installed, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { clients: Arc::default() }
    }

    /// The client for this way out.
    pub(super) async fn outlet(&self, route: &Route) -> Result<Outlet, AttemptError> {
        if let Some(outlet) = self.known(route) {
            return Ok(outlet);
        }
        let wanted = route.clone();
        // Reading some hundred certificates takes milliseconds that other requests should not wait for.
        let built = if route.plain {
            build(&wanted)
        } else {
            tokio::task::spawn_blocking(move || build(&wanted)).await.unwrap_or_else(|_| Err(no_certificates()))
        };
        let outlet = Outlet { client: built?, kept: Arc::default() };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.truncate(CLIENTS - 1);
        clients.insert(0, (route.clone(), outlet.clone()));
        Ok(outlet)
    }

    /// Lets go of the connections of this way out: one of them is silent, and a request after a suspend or a change of
    /// network would be lost on it again.
    pub(super) fn forget(&self, route: &Route) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known != route);
    }

    /// Lets go of all connections.
    pub(super) fn forget_all(&self) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn known(&self, route: &Route) -> Option<Outlet> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let at = clients.iter().position(|(known, _)| known == route)?;
        clients[..=at].rotate_right(1);
        clients.first().map(|(_, outlet)| outlet.clone())
    }
}

/// Which state of a file is meant: another inode or another time is another state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileVersion(u64, i64, i64);

impl FileVersion {
    fn of(file: &Path) -> Option<Self> {
        let file = std::fs::metadata(file).ok()?;
        Some(Self(file.ino(), file.mtime(), file.mtime_nsec()))
    }
}

fn build(route: &Route) -> Result<Client, AttemptError> {
    let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    let mut builder = Client::builder()
        .user_agent(super::exchange::USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        // Whether a request that was not taken is sent again is decided where calls are counted.
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(route.connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(4)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(5))
        .http2_keep_alive_while_idle(false)
        .resolve_to_addrs("localhost", &here)
        // Without a configuration the resolver would silently ask a public name service.
        .hickory_dns(route.resolver.is_some());
    if route.plain {
        builder = builder.tls_certs_only([]);
    }
    if let Some((file, _)) = &route.authorities {
        builder = builder.tls_certs_merge(authorities(file)?);
    }
    if let Some(choice) = &route.proxy {
        builder = builder.proxy(choice.proxy()?);
    }
    builder.build().map_err(|_| no_certificates())
}

/// The certificates in a file of the user's.
fn authorities(file: &Path) -> Result<Vec<Certificate>, AttemptError> {
    let fail = |cause: &str| AttemptError::new(FailureClass::Tls, format!("ca_file {}: {cause}", file.display()));
    let mut text = Vec::new();
    let opened = std::fs::File::open(file).and_then(|opened| opened.take(AUTHORITIES_LIMIT).read_to_end(&mut text));
    opened.map_err(|error| fail(&why(error.kind(), "file")))?;
    match Certificate::from_pem_bundle(&text) {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(fail("holds no certificates in PEM form")),
    }
}

fn no_certificates() -> AttemptError {
    AttemptError::new(FailureClass::Tls, "this machine has no root certificates; hint: install ca-certificates")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::settings::WireSettings;

    fn set(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn server(to: &str) -> ServerSettings {
        ServerSettings::new(WireSettings::OpenAi, to.parse().expect("a valid base URL"))
    }

    fn route(to: &str, proxies: &[(&str, &str)]) -> Route {
        Route::new(&server(to), Duration::from_secs(1), &set(proxies))
    }

    #[test]
    fn a_provider_may_go_without_the_proxy_and_this_machine_always_does() {
        for to in ["http://localhost:1", "https://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(route(to, &[("https_proxy", "http://p:1"), ("all_proxy", "http://p:1")]).shown(), "direct", "{to}");
        }
        assert_eq!(route("https://a.example", &[("https_proxy", "http://p:1")]).shown(), "proxy http://p:1");
        let direct = ServerSettings { proxy: ProxySettings::Off, ..server("https://a.example") };
        assert!(!Route::new(&direct, Duration::from_secs(1), &set(&[("https_proxy", "http://p:1")])).is_proxied());
    }

    #[test]
    fn a_file_without_authorities_is_named() {
        HttpPool::new();
        let folder = tempfile::tempdir().expect("makes a directory");
        let file = folder.path().join("ca.pem");
        let with = |file: &Path| ServerSettings { ca_file: Some(file.to_owned()), ..server("https://a.example") };
        let detail = |file: &Path| build(&Route::new(&with(file), Duration::from_secs(1), &[])).expect_err("not usable").detail;
        assert_eq!(detail(&file), format!("ca_file {}: no such file", file.display()));
        std::fs::write(&file, "not a certificate").expect("writes");
        assert_eq!(detail(&file), format!("ca_file {}: holds no certificates in PEM form", file.display()));
        let before = Route::new(&with(&file), Duration::from_secs(1), &[]);
        std::fs::write(&file, "another text").expect("writes");
        std::fs::rename(&file, folder.path().join("old")).expect("moves");
        std::fs::write(&file, "not a certificate").expect("writes");
        assert!(before != Route::new(&with(&file), Duration::from_secs(1), &[]), "a new file is another way");
    }

    #[test]
    fn a_wrong_proxy_is_named_without_its_value() {
        HttpPool::new();
        let error = build(&route("https://a.example", &[("https_proxy", "http://user:secret@[")])).expect_err("not a URL");
        assert_eq!((error.class, error.detail.as_str()), (FailureClass::Config, "https_proxy: not the address of a proxy"));
    }

    #[tokio::test]
    async fn clients_are_shared_bounded_and_let_go() {
        let pool = HttpPool::new();
        let local = |ms| Route::new(&server("http://127.0.0.1:1"), Duration::from_millis(ms), &[]);
        for ms in [10, 20, 100] {
            pool.outlet(&local(ms)).await.expect("builds");
        }
        assert_eq!(pool.clients.lock().expect("not poisoned").len(), 1, "limits are rounded up");
        for number in 0..20u16 {
            let mut other = local(100);
            other.resolver = Some(FileVersion(u64::from(number), 0, 0));
            pool.outlet(&other).await.expect("builds");
        }
        assert_eq!(pool.clients.lock().expect("not poisoned").len(), CLIENTS);
        assert!(pool.known(&local(100)).is_none(), "the oldest went");
        pool.outlet(&local(100)).await.expect("builds");
        pool.forget(&local(100));
        assert!(pool.known(&local(100)).is_none());
    }
}
