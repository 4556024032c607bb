//! What the variables of OpenTelemetry and the configuration say of spans.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
const TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const TRACES_HEADERS: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
const COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";
const TRACES_COMPRESSION: &str = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION";
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const TRACES_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const TRACES_CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
const TRACES_CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY";
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
const EXPORT_TIMEOUT: &str = "OTEL_BSP_EXPORT_TIMEOUT";
const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";

const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";

/// The variables that say whether spans go somewhere, and where.
const LOCKED: [&str; 6] = [TRACES_ENDPOINT, ENDPOINT, TRACES_PROTOCOL, PROTOCOL, DISABLED, EXPORTER];

/// Longest time that means anything, in milliseconds.
const LONGEST_MS: u64 = 3_600_000;

/// The one protocol that is spoken.
const SPOKEN: &str = "http/protobuf";
const SAMPLERS: [&str; 6] =
    ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

/// What holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) endpoint: Url,
    pub(super) timeout: Duration,
    /// Whether what is sent is compressed.
    pub(super) gzip: bool,
    /// The certificates that are trusted in place of this machine's: the variable, and the file.
    pub(super) trusted: Option<(&'static str, PathBuf)>,
    /// The certificate and the key that this end shows: the variable and the file of each.
    pub(super) shown_to: Option<[(&'static str, PathBuf); 2]>,
    /// How long a span waits for others.
    pub(super) delay: Duration,
    /// Spans that may wait.
    pub(super) queue: usize,
    /// Spans that are handed over at once.
    pub(super) batch: usize,
    /// Whether somebody named the service.
    pub(super) is_named: bool,
}

/// What the configuration says of spans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedTraces {
    /// The collector.
    pub endpoint: Option<String>,
    /// Where the administrator locks that; then no variable says otherwise.
    pub lock: Option<String>,
}

impl WantedTraces {
    /// What does not count because of a lock, in words; `None` where nothing is left out.
    pub(super) fn left_out(&self, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let lock = self.lock.as_deref()?;
        let names: Vec<&str> = LOCKED.into_iter().filter(|name| said(variable, name).is_some()).collect();
        let verb = if names.len() == 1 { "counts" } else { "count" };
        (!names.is_empty()).then(|| format!("{} {verb} for nothing: {lock} locks `traces.endpoint`", names.join(", ")))
    }
}

/// A variable. An empty one counts as none.
fn said(variable: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl Settings {
    /// What holds; `None` when nobody wants spans.
    ///
    /// # Errors
    /// What is wrong with a value, in one line without the value of a header.
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>, wanted: &WantedTraces) -> Result<Option<Self>, String> {
        let configured = wanted.endpoint.as_deref();
        let said = |name: &'static str| said(variable, name).filter(|_| wanted.lock.is_none() || !LOCKED.contains(&name));
        let either = |names: [&'static str; 2]| names.into_iter().find_map(|name| said(name).map(|value| (name, value)));
        let Some((name, endpoint)) =
            either([TRACES_ENDPOINT, ENDPOINT]).or_else(|| configured.map(|value| ("traces.endpoint", value.to_owned())))
        else {
            return Ok(None);
        };
        let is_off = said(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        match said(EXPORTER).as_deref() {
            _ if is_off => return Ok(None),
            None | Some("otlp") => {}
            Some("none") => return Ok(None),
            Some(_) => return Err("OTEL_TRACES_EXPORTER: only `otlp` and `none` are known here".to_owned()),
        }
        if let Some((name, _)) = either([TRACES_PROTOCOL, PROTOCOL]).filter(|(_, value)| value != SPOKEN) {
            return Err(format!("{name}: only `{SPOKEN}` is spoken here; collectors take it on port 4318"));
        }
        if said("OTEL_TRACES_SAMPLER").is_some_and(|sampler| !SAMPLERS.contains(&sampler.as_str())) {
            return Err(format!("OTEL_TRACES_SAMPLER: one of {}", SAMPLERS.join(", ")));
        }
        // The library takes all spans where it cannot read which share is wanted.
        let is_share = |share: String| share.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share));
        let by_share = said("OTEL_TRACES_SAMPLER").is_some_and(|sampler| sampler.ends_with("traceidratio"));
        if by_share && said("OTEL_TRACES_SAMPLER_ARG").is_some_and(|share| !is_share(share)) {
            return Err("OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1".to_owned());
        }
        let endpoint = url(&endpoint, name == TRACES_ENDPOINT).ok_or_else(|| format!("{name}: expected an http or https URL"))?;
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err(format!("{name}: a name and a password in it are not used; {HEADERS} can hold them"));
        }
        for name in [TRACES_HEADERS, HEADERS] {
            if said(name).is_some_and(|value| !are_headers(&value)) {
                return Err(format!("{name}: expected name=value, apart by commas, other signs as %20"));
            }
        }
        let gzip = match either([TRACES_COMPRESSION, COMPRESSION]) {
            None => false,
            Some((_, value)) if value.eq_ignore_ascii_case("none") => false,
            Some((_, value)) if value.eq_ignore_ascii_case("gzip") => true,
            Some((name, _)) => return Err(format!("{name}: only `gzip` and `none` are known here")),
        };
        // A resident stands in no folder that its user would think of.
        let file = |names: [&'static str; 2]| match either(names) {
            None => Ok(None),
            Some((name, value)) => match PathBuf::from(value) {
                path if path.is_absolute() => Ok(Some((name, path))),
                _ => Err(format!("{name}: expected the whole path of a file")),
            },
        };
        let shown_to = match (file([TRACES_CLIENT_CERTIFICATE, CLIENT_CERTIFICATE])?, file([TRACES_CLIENT_KEY, CLIENT_KEY])?) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some([certificate, key]),
            (Some((name, _)), None) => return Err(format!("{name}: the key to it is missing, {CLIENT_KEY}")),
            (None, Some((name, _))) => return Err(format!("{name}: the certificate to it is missing, {CLIENT_CERTIFICATE}")),
        };
        let milliseconds = |names: [&'static str; 2], least: u64, otherwise: u64| match either(names) {
            None => Ok(Duration::from_millis(otherwise)),
            Some((name, value)) => value
                .parse()
                .ok()
                .filter(|milliseconds| (least..=LONGEST_MS).contains(milliseconds))
                .map(Duration::from_millis)
                .ok_or_else(|| format!("{name}: expected milliseconds, from {least} to {LONGEST_MS}")),
        };
        let count = |name: &'static str, otherwise: usize| match said(name) {
            None => Ok(otherwise),
            Some(value) => value
                .parse()
                .ok()
                .filter(|count| (1..=65_536).contains(count))
                .ok_or_else(|| format!("{name}: expected a number from 1 to 65536")),
        };
        let queue = count(QUEUE, 2048)?;
        Ok(Some(Self {
            endpoint,
            timeout: milliseconds([TRACES_TIMEOUT, TIMEOUT], 1, 10_000)?.min(milliseconds([EXPORT_TIMEOUT; 2], 1, 30_000)?),
            gzip,
            trusted: file([TRACES_CERTIFICATE, CERTIFICATE])?,
            shown_to,
            delay: milliseconds([DELAY; 2], 0, 5000)?,
            queue,
            batch: count(BATCH, 512)?.min(queue),
            is_named: said("OTEL_SERVICE_NAME").is_some()
                || said("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|attributes| attributes.contains("service.name=")),
        }))
    }

    /// The endpoint without what may be a secret in it.
    pub(super) fn shown(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }
}

/// An endpoint for all signals is completed by the path of spans, one for spans is taken as it is.
fn url(text: &str, is_whole: bool) -> Option<Url> {
    let mut url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    if !is_whole {
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Some(url)
}

/// Whether a text is a list of headers. What is none is left out by the library that reads it, and nobody would be told.
fn are_headers(text: &str) -> bool {
    text.split_terminator(',').map(str::trim).all(|pair| {
        let Some((name, value)) = pair.split_once('=') else { return false };
        // A sign that no header may hold may come as `%0A`.
        let hides = value.split('%').skip(1).any(|rest| {
            let code = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            code.is_none_or(|code| code.is_ascii_control())
        });
        let value = value.trim();
        HeaderName::from_bytes(name.trim().as_bytes()).is_ok() && !value.is_empty() && !hides && HeaderValue::from_str(value).is_ok()
    })
}

/// Whether a text may be an endpoint for all signals.
pub fn is_endpoint(text: &str) -> bool {
    url(text, false).is_some_and(|url| url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], configured: Option<&str>) -> Result<Option<Settings>, String> {
        let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&lookup, &WantedTraces { endpoint: configured.map(str::to_owned), lock: None })
    }

    #[test]
    fn what_the_administrator_locks_no_variable_redirects_or_ends() {
        let said = |name: &str| {
            let all = [
                (ENDPOINT, "http://theirs:4318"),
                (TRACES_ENDPOINT, "http://theirs:1/spans"),
                (DISABLED, "true"),
                (EXPORTER, "none"),
                (PROTOCOL, "grpc"),
                (TIMEOUT, "7"),
            ];
            all.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
        };
        let wanted = |endpoint: Option<&str>| WantedTraces { endpoint: endpoint.map(str::to_owned), lock: Some("/a.toml:1".to_owned()) };
        let settings = Settings::read(&said, &wanted(Some("http://ours:4318"))).unwrap().unwrap();
        assert_eq!((settings.endpoint.as_str(), settings.timeout.as_millis()), ("http://ours:4318/v1/traces", 7));
        assert_eq!(Settings::read(&said, &wanted(None)), Ok(None));
        let told = wanted(None).left_out(&said).unwrap();
        assert!(
            told.starts_with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT, ") && told.contains("/a.toml:1"),
            "{told}"
        );
        assert_eq!(wanted(None).left_out(&|name| (name == TIMEOUT).then(|| "7".to_owned())), None);
        assert_eq!(WantedTraces::default().left_out(&said), None);
    }

    #[test]
    fn the_variables_of_the_standard_say_where_spans_go() {
        let to = |variables: &[(&str, &str)], configured| {
            read(variables, configured).unwrap().map(|settings| settings.endpoint.to_string()).unwrap_or_default()
        };
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t:1/spans");
        for (variables, configured, expected) in [
            (vec![], None, ""),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "")], None, ""),
            (vec![all], None, "http://c:4318/v1/traces"),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/base")], None, "http://c/base/v1/traces"),
            (vec![all, own], None, "https://t:1/spans"),
            (vec![], Some("http://f:4318"), "http://f:4318/v1/traces"),
            (vec![all], Some("http://f:4318"), "http://c:4318/v1/traces"),
            (vec![all, ("OTEL_SDK_DISABLED", "TRUE")], None, ""),
            (vec![all, ("OTEL_SDK_DISABLED", "false")], None, "http://c:4318/v1/traces"),
            (vec![all, ("OTEL_TRACES_EXPORTER", "none")], None, ""),
            (vec![all, ("OTEL_TRACES_SAMPLER_ARG", "not read")], None, "http://c:4318/v1/traces"),
            (vec![all, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.1")], None, "http://c:4318/v1/traces"),
            (vec![all, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")], None, "http://c:4318/v1/traces"),
            (
                vec![all, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")],
                None,
                "http://c:4318/v1/traces",
            ),
        ] {
            assert_eq!(to(&variables, configured), expected, "{variables:?} {configured:?}");
        }
    }

    #[test]
    fn a_value_that_is_not_understood_is_named_in_one_line() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        for (variables, name) in [
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4318")], "OTEL_EXPORTER_OTLP_ENDPOINT"),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:///x")], "OTEL_EXPORTER_OTLP_ENDPOINT"),
            (vec![all, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "OTEL_EXPORTER_OTLP_PROTOCOL"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")], "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"),
            (vec![all, ("OTEL_TRACES_EXPORTER", "zipkin")], "OTEL_TRACES_EXPORTER"),
            (vec![all, ("OTEL_TRACES_SAMPLER", "sometimes")], "OTEL_TRACES_SAMPLER"),
            (vec![all, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "10%")], "OTEL_TRACES_SAMPLER_ARG"),
            (vec![all, ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "2")], "OTEL_TRACES_SAMPLER_ARG"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TIMEOUT", "ten")], "OTEL_EXPORTER_OTLP_TIMEOUT"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TIMEOUT", "0")], "OTEL_EXPORTER_OTLP_TIMEOUT"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "18446744073709551615")], "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"),
            (vec![all, ("OTEL_BSP_SCHEDULE_DELAY", "18446744073709551615")], "OTEL_BSP_SCHEDULE_DELAY"),
            (vec![all, ("OTEL_BSP_EXPORT_TIMEOUT", "-1")], "OTEL_BSP_EXPORT_TIMEOUT"),
            (vec![all, ("OTEL_BSP_MAX_QUEUE_SIZE", "0")], "OTEL_BSP_MAX_QUEUE_SIZE"),
            (vec![all, ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")], "OTEL_EXPORTER_OTLP_COMPRESSION"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "best")], "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"),
            (vec![all, ("OTEL_EXPORTER_OTLP_HEADERS", "hush")], "OTEL_EXPORTER_OTLP_HEADERS"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=hush,b c=hush")], "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
            (vec![all, ("OTEL_EXPORTER_OTLP_HEADERS", "a=hush%0d%0ab: c")], "OTEL_EXPORTER_OTLP_HEADERS"),
            (vec![all, ("OTEL_EXPORTER_OTLP_HEADERS", "a=hush%")], "OTEL_EXPORTER_OTLP_HEADERS"),
            (vec![all, ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem")], "OTEL_EXPORTER_OTLP_CERTIFICATE"),
            (vec![all, ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem")], "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
            (vec![all, ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/k.pem")], "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY"),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:hush@c:4318")], "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ] {
            let why = read(&variables, None).expect_err("not understood");
            assert!(why.starts_with(&format!("{name}: ")) && !why.contains('\n') && !why.contains("hush"), "{why}");
        }
    }

    #[test]
    fn times_and_sizes_are_those_of_the_standard_unless_somebody_says_so() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        let told = |variables: &[(&str, &str)]| {
            let settings = read(variables, None).unwrap().unwrap();
            (settings.timeout.as_millis(), settings.delay.as_millis(), settings.queue, settings.batch, settings.is_named)
        };
        assert_eq!(told(&[all]), (10_000, 5000, 2048, 512, false));
        let said = [
            all,
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "7"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "9"),
            ("OTEL_BSP_SCHEDULE_DELAY", "3"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=mine"),
        ];
        assert_eq!(told(&said), (9, 3, 10, 10, true));
        assert_eq!(told(&[all, ("OTEL_BSP_EXPORT_TIMEOUT", "8")]).0, 8);
    }

    #[test]
    fn the_variable_for_spans_stands_over_the_one_for_all() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4318");
        let read = |variables: &[(&str, &str)]| read(variables, None).unwrap().unwrap();
        let gzip = |variables: &[(&str, &str)]| read(variables).gzip;
        let (of_all, of_spans) = ("OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION");
        assert!(!gzip(&[all]) && gzip(&[all, (of_all, "gzip")]) && gzip(&[all, (of_spans, "GZIP")]));
        assert!(!gzip(&[all, (of_all, "gzip"), (of_spans, "none")]) && !gzip(&[all, (of_all, "none")]));
        let files = [
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/all.pem"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/ca.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/all.key"),
            ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/k.pem"),
        ];
        let settings = read(&[&[all][..], &files].concat());
        assert_eq!(settings.trusted, Some(("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/ca.pem".into())));
        let shown = [("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem".into()), ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/k.pem".into())];
        assert_eq!(settings.shown_to, Some(shown));
        assert_eq!(read(&[all, ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20eA==, x-tenant=mine,")]).trusted, None);
    }
}
