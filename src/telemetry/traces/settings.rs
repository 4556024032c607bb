//! What the variables of OpenTelemetry and the configuration say of spans.

use std::time::Duration;

use reqwest::Url;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
const TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";

/// The one protocol that is spoken.
const SPOKEN: &str = "http/protobuf";
const SAMPLERS: [&str; 6] =
    ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

/// What holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) endpoint: Url,
    pub(super) timeout: Duration,
    /// How long a span waits for others.
    pub(super) delay: Duration,
    /// Spans that may wait.
    pub(super) queue: usize,
    /// Spans that are handed over at once.
    pub(super) batch: usize,
    /// Whether somebody named the service.
    pub(super) is_named: bool,
}

impl Settings {
    /// What holds; `None` when nobody wants spans.
    ///
    /// # Errors
    /// What is wrong with a value, in one line without the value of a header.
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>, configured: Option<&str>) -> Result<Option<Self>, String> {
        // An empty variable counts as none.
        let said = |name: &'static str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let either = |names: [&'static str; 2]| names.into_iter().find_map(|name| said(name).map(|value| (name, value)));
        let Some((name, endpoint)) =
            either([TRACES_ENDPOINT, ENDPOINT]).or_else(|| configured.map(|value| ("traces.endpoint", value.to_owned())))
        else {
            return Ok(None);
        };
        let is_off = said("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        match said("OTEL_TRACES_EXPORTER").as_deref() {
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
        let endpoint = url(&endpoint, name == TRACES_ENDPOINT).ok_or_else(|| format!("{name}: expected an http or https URL"))?;
        let milliseconds = |names: [&'static str; 2], otherwise: u64| match either(names) {
            None => Ok(Duration::from_millis(otherwise)),
            Some((name, value)) => value.parse().map(Duration::from_millis).map_err(|_| format!("{name}: expected milliseconds")),
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
            timeout: milliseconds([TRACES_TIMEOUT, TIMEOUT], 10_000)?.max(Duration::from_millis(1)),
            delay: milliseconds([DELAY, DELAY], 5000)?,
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

/// Whether a text may be an endpoint for all signals.
pub fn is_endpoint(text: &str) -> bool {
    url(text, false).is_some_and(|url| url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], configured: Option<&str>) -> Result<Option<Settings>, String> {
        let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&lookup, configured)
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
            (vec![all, ("OTEL_EXPORTER_OTLP_TIMEOUT", "ten")], "OTEL_EXPORTER_OTLP_TIMEOUT"),
            (vec![all, ("OTEL_BSP_MAX_QUEUE_SIZE", "0")], "OTEL_BSP_MAX_QUEUE_SIZE"),
        ] {
            let why = read(&variables, None).expect_err("not understood");
            assert!(why.starts_with(&format!("{name}: ")) && !why.contains('\n'), "{why}");
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
    }
}
