//! What can be told of the way to a server without a question: certificates, names, and what time it is there.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use hickory_resolver::TokioResolver;

use super::exchange::{Bound, Keyed, get};
use super::http::{HttpPool, Route};
use super::transport::Way;
use super::{ServerSettings, wire_of};
use crate::domain::{AttemptError, FailureClass, Stage};

const CONNECT: Duration = Duration::from_secs(2);
const TIME: Duration = Duration::from_secs(5);

/// Whether a connection to this server could be begun: the roots and authorities can be read, and the proxy is one. Nothing is sent.
///
/// # Errors
/// What is missing, with a hint where one helps.
pub async fn check_way(server: &ServerSettings, pool: &HttpPool, proxies: &[(String, String)]) -> Result<(), AttemptError> {
    pool.outlet(&Route::new(server, CONNECT, proxies)).await.map(drop)
}

/// The addresses of a name, by the same resolver that requests use.
///
/// # Errors
/// Why there are none, in a few words.
pub async fn addresses(host: &str) -> Result<Vec<IpAddr>, AttemptError> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = plain.parse() {
        return Ok(vec![address]);
    }
    let fail = |cause: String| AttemptError::new(FailureClass::LocalNetwork, cause);
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    let resolver = resolver.map_err(|_| fail("no name server is known: /etc/resolv.conf cannot be read".to_owned()))?;
    let looked_up = Bound::new(Stage::Connect, TIME).on(resolver.lookup_ip(plain)).await;
    match looked_up {
        Ok(Ok(found)) => Ok(found.iter().collect()),
        Ok(Err(error)) if error.is_no_records_found() => Err(fail(format!("no address is known of `{plain}`"))),
        Ok(Err(_)) | Err(_) => Err(fail(format!("no name server answers for `{plain}`"))),
    }
}

/// What time it is at a server, as the head of any reply tells. It is asked for its list of models, without the key.
pub async fn clock(server: &ServerSettings, model: &str, pool: &HttpPool, proxies: &[(String, String)]) -> Option<SystemTime> {
    let wire = wire_of(server, model);
    let bound = Bound::new(Stage::Total, TIME);
    let route = Route::new(server, CONNECT, proxies);
    let outlet = bound.on(pool.outlet(&route)).await.ok()?.ok()?;
    let way = Way { to: &server.base_url, proxied: route.is_proxied(), kept: false };
    let reply = get(&outlet.client, wire.models()?, Keyed { header: wire.key_header(), key: None }, way, bound).await.ok()?;
    reply.date
}
