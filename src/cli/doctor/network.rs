//! The clock, and the way to the network: names, proxies, certificates. No provider is called here.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Url;
use tokio::runtime::Runtime;

use super::around::{Area, Around, apart};
use super::public;
use crate::domain::FailureClass;
use crate::providers::{self, HttpPool, ProviderSettings, ServerSettings, WireSettings};

/// A clock that is behind its own program by more is wrong.
const TOLERATED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a proxy may take to be there.
const CONNECT: Duration = Duration::from_secs(1);
/// What sets the clock.
pub(super) const SET_CLOCK: &str = "sudo timedatectl set-ntp true";

pub(super) fn clock(around: &Around) -> Area {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut area = Area::new("clock", "later than this program");
    let built = around.surroundings.binary.as_ref().map(|binary| binary.modified_ns()).and_then(|ns| u64::try_from(ns).ok());
    let behind = built.map(Duration::from_nanos).and_then(|built| built.checked_sub(now)).filter(|behind| *behind > TOLERATED);
    if let Some(behind) = behind {
        let cause =
            format!("it is {} days behind the date of this program, so certificates do not hold", behind.as_secs().div_ceil(86_400));
        area.said = "behind".into();
        area.wrong("clock-behind", "clock", cause, SET_CLOCK);
    }
    area
}

/// The servers that are not on this machine.
fn away(around: &Around) -> Vec<(&ProviderSettings, &ServerSettings)> {
    let servers = around.config.providers.iter().filter_map(|provider| Some((provider, provider.server()?)));
    servers.filter(|(_, server)| !server.base_url.is_loopback()).collect()
}

/// Whether the names of the providers, or of the proxies in front of them, have addresses.
pub(super) fn names(around: &Around, runtime: &Runtime) -> Area {
    let mut hosts: Vec<String> = Vec::new();
    for (_, server) in away(around) {
        let host = match proxy_of(server, &around.facts.proxies) {
            Some(proxy) => proxy.host_str().map(str::to_owned),
            None => Some(server.base_url.host().to_owned()),
        };
        hosts.extend(host.filter(|host| !hosts.contains(host)));
    }
    if hosts.is_empty() {
        return Area::new("network", "not needed: nobody elsewhere is configured");
    }
    let mut area = Area::counted("network", format!("{} found by name", hosts.len()));
    for host in hosts {
        if let Err(error) = runtime.block_on(providers::addresses(&host)) {
            area.said = "names are not found".into();
            let mend = format!("getent hosts {host}    (where it fails too: /etc/resolv.conf, and whether this machine is online)");
            area.wrong("no-name", host, error.detail, mend);
        }
    }
    area
}

fn proxy_of(server: &ServerSettings, proxies: &[(String, String)]) -> Option<Url> {
    Url::parse(providers::way_to(server, proxies).strip_prefix("proxy ")?).ok()
}

/// The proxies that requests would take: whether they are addresses, and whether somebody listens there.
pub(super) fn proxies(around: &Around, runtime: &Runtime) -> Area {
    let set: Vec<&str> = around.facts.proxies.iter().map(|(name, _)| name.as_str()).collect();
    let mut area = Area::counted("proxy", if set.is_empty() { "none".to_owned() } else { format!("by {}", set.join(", ")) });
    let anybody = "https://server.invalid".parse().ok().map(|url| ServerSettings::new(WireSettings::OpenAi, url));
    let servers: Vec<&ServerSettings> = away(around).into_iter().map(|(_, server)| server).chain(anybody.as_ref()).collect();
    let mut ways: Vec<String> = servers.iter().map(|server| providers::way_to(server, &around.facts.proxies)).collect();
    ways.sort();
    ways.dedup();
    for way in ways.iter().filter(|way| *way != "direct") {
        let Some(url) = way.strip_prefix("proxy ").and_then(|url| Url::parse(url).ok()) else {
            let variable = way.split(':').next().unwrap_or_default();
            let mend = format!("unset {variable} {}    (or give it http://HOST:PORT)", variable.to_uppercase());
            area.wrong("proxy-address", variable.to_owned(), "it is not the address of a proxy", mend);
            continue;
        };
        let addresses = runtime.block_on(providers::addresses(url.host_str().unwrap_or_default())).unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(1080);
        let reached = addresses.into_iter().any(|address| TcpStream::connect_timeout(&SocketAddr::new(address, port), CONNECT).is_ok());
        if !reached {
            let mend = format!("unset {}    (or `proxy = \"off\"` for a provider)", set.join(" "));
            area.wrong("proxy-away", way.clone(), "nobody answers there", mend);
        }
    }
    area
}

/// Certificates: the roots of the system, and the files that the configuration names.
pub(super) fn certificates(around: &Around, runtime: &Runtime) -> Area {
    let mut area = Area::new("tls", "roots are found");
    let pool = HttpPool::new();
    let anybody = "https://server.invalid".parse().ok().map(|url| ServerSettings::new(WireSettings::OpenAi, url));
    let own = around.config.providers.iter().filter_map(|provider| Some((provider.name.as_str(), provider.server()?)));
    for (name, server) in anybody.iter().map(|server| ("roots", server)).chain(own.filter(|(_, server)| server.ca_file.is_some())) {
        // Whether it is a proxy that is wrong is told elsewhere.
        match runtime.block_on(providers::check_way(server, &pool, &[])) {
            Err(error) if error.class == FailureClass::Tls => {
                area.said = "not all certificates can be read".into();
                let (cause, mend) = apart(&error.detail, "gptos config edit    (ca_file names a file with certificates in PEM form)");
                let install = "sudo apt-get install ca-certificates    (or your system's package manager)";
                let mend = if server.ca_file.is_none() { install.to_owned() } else { mend };
                area.wrong("certificates", name.to_owned(), cause.to_owned(), mend);
            }
            Err(_) | Ok(()) => {}
        }
        // One that stands behind plain http is not read before it is needed.
        if let Some(file) = server.ca_file.as_deref().filter(|_| !server.base_url.is_https())
            && let Err(error) = File::open(file)
        {
            let public = public::number(&error.to_string());
            area.wrong("certificates", name.to_owned(), format!("ca_file {}: {error}", file.display()), "gptos config edit");
            area.publicly(public);
        }
    }
    area
}
