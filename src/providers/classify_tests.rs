use super::*;

fn class(status: u16, body: &str) -> FailureClass {
    status_class(status, &Fault::from_body(body.as_bytes()), None)
}

#[test]
fn statuses_and_error_objects_have_their_class() {
    use FailureClass::*;
    let limited = |seconds: Option<u64>| RateLimited { retry_after: seconds.map(Duration::from_secs) };
    for (status, body, expected) in [
        (500, "", Transient),
        (500, "<html>oops</html>", Transient),
        (502, r#"{"error":{"message":"Bad gateway"}}"#, Transient),
        (503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, Transient),
        (503, r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#, Overloaded),
        (503, r#"[{"error":{"code":503,"message":"try later","status":"UNAVAILABLE"}}]"#, Overloaded),
        (503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded: queue full"}"#, Overloaded),
        (504, "", Transient),
        (520, "", Transient),
        (529, "", Overloaded),
        (500, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Overloaded),
        (408, "", Transient),
        (409, "", Transient),
        (429, "", limited(None)),
        (429, r#"{"error":{"code":"rate_limit_exceeded","type":"requests","message":"Rate limit reached"}}"#, limited(None)),
        (429, r#"{"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"You exceeded your current quota"}}"#, Quota),
        (429, r#"[{"error":{"code":429,"details":[{"quotaId":"GenerateRequestsPerDayPerProject"},{"retryDelay":"22s"}]}}]"#, Quota),
        (429, r#"[{"error":{"code":429,"details":[{"quotaId":"GenerateRequestsPerMinute"},{"retryDelay":"22s"}]}}]"#, limited(Some(22))),
        (402, "", Quota),
        (402, r#"{"error":{"message":"Insufficient credits","code":402}}"#, Quota),
        (400, r#"{"error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}}"#, Quota),
        (400, r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#, Quota),
        (401, "", Auth),
        (401, r#"{"error":{"code":"invalid_api_key","message":"Incorrect API key provided: sk-12"}}"#, Auth),
        (403, "", Auth),
        (403, "<html>forbidden</html>", Auth),
        (403, r#"{"error":{"code":403,"message":"Your input was flagged","metadata":{"reasons":["violence"]}}}"#, Refusal),
        (400, r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#, Auth),
        (400, r#"{"error":{"code":"content_filter","message":"The response was filtered"}}"#, Refusal),
        (400, r#"{"error":{"code":"model_not_found","message":"no"}}"#, Config),
        (400, r#"{"error":{"message":"model 'qwen9' not found, try pulling it first"}}"#, Config),
        (400, r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}"#, Config),
        (400, r#"{"error":{"code":"context_length_exceeded"}}"#, Config),
        (400, r#"{"error":{"message":"Unknown parameter: 'foo'."}}"#, Config),
        (400, r#"{"error":{"message":"messages must alternate"}}"#, Request),
        (400, "", Request),
        (400, "not json", Request),
        (418, "", Request),
        (422, r#"{"detail":[{"loc":["body","messages"],"msg":"field required","type":"missing"}]}"#, Request),
        (422, r#"{"detail":[{"loc":["body","foo"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]}"#, Config),
        (404, "", Config),
        (404, r#"{"error":{"code":"model_not_found"}}"#, Config),
        (405, "", Config),
        (413, "", Config),
        (301, "", Config),
        (302, "", Config),
        (407, "", LocalNetwork),
    ] {
        assert_eq!(class(status, body), expected, "{status} {body}");
    }
}

#[test]
fn errors_inside_a_success_are_classified_by_what_they_say() {
    use FailureClass::*;
    for (body, expected) in [
        (r#"{"error":{"message":"Provider returned error","code":502}}"#, Transient),
        (r#"{"error":{"message":"slow down","code":429}}"#, RateLimited { retry_after: None }),
        (r#"{"error":{"message":"slow down","code":"429"}}"#, RateLimited { retry_after: None }),
        (r#"{"error":{"message":"who are you","code":401}}"#, Auth),
        (r#"{"error":{"message":"x","type":"server_error"}}"#, Transient),
        (r#"{"error":{"message":"x","type":"overloaded_error"}}"#, Overloaded),
        (r#"{"error":{"message":"x","type":"rate_limit_error"}}"#, RateLimited { retry_after: None }),
        (r#"{"error":{"message":"x","code":"insufficient_quota"}}"#, Quota),
        (r#"{"error":{"message":"x","code":"content_filter"}}"#, Refusal),
        (r#"{"error":{"message":"x","type":"authentication_error"}}"#, Auth),
        (r#"{"error":{"message":"model 'x' not found"}}"#, Config),
        (r#"{"error":{"message":"bad","type":"invalid_request_error"}}"#, Request),
        (r#"{"error":"something odd"}"#, Malformed),
        (r#"{"error":{}}"#, Malformed),
        (r#"{"message":"something odd"}"#, Malformed),
    ] {
        let fault = Fault::from_value(&serde_json::from_str(body).expect("the table holds JSON")).unwrap_or_else(|| panic!("{body}"));
        assert_eq!(inner_error(&fault, None).class, expected, "{body}");
    }
    for body in
        [r#"{"choices":[],"error":null}"#, r#"{"choices":[],"error":""}"#, r#"{"choices":[],"message":"x"}"#, r#"{"id":"x"}"#, "[]", "7"]
    {
        assert!(Fault::from_value(&serde_json::from_str(body).expect("the table holds JSON")).is_none(), "{body}");
    }
}

#[test]
fn details_are_one_printable_line_without_the_key() {
    let key = Secret::new("sk-very-secret".into());
    let fault = |message: &str| Fault::from_body(serde_json::json!({ "error": { "message": message } }).to_string().as_bytes());
    for (status, message, expected) in [
        (404, "model x\nnot found.", "HTTP 404: model x not found"),
        (400, "\u{1b}]52;c;AAAA\u{7} \u{202e}evil", "HTTP 400: ?]52;c;AAAA? ?evil"),
        (400, "bad key sk-very-secret here", "HTTP 400: bad key [key] here"),
        (401, "Incorrect API key provided: sk-very-secret", "HTTP 401: the key is not accepted; hint: check the key of this provider"),
        (500, "", "HTTP 500"),
    ] {
        assert_eq!(status_error(status, &fault(message), None, Some(&key)).detail, expected);
    }
    let long = status_error(400, &fault(&"x".repeat(5000)), None, Some(&key)).detail;
    assert!(long.len() < 200, "{long}");
    let wait = status_error(429, &Fault::default(), Some(Duration::from_secs(7)), Some(&key));
    assert_eq!(wait.class, FailureClass::RateLimited { retry_after: Some(Duration::from_secs(7)) });
    assert_eq!(wait.detail, "HTTP 429: too many requests, try again in 7 s");
}

#[test]
fn waits_are_read_from_every_header_that_carries_one() {
    for (name, value, millis) in [
        ("retry-after", "7", Some(7000)),
        ("retry-after", " 0.5 ", Some(500)),
        ("retry-after", "-1", None),
        ("retry-after", "NaN", None),
        ("retry-after", "1e300", None),
        ("retry-after", "99999999", Some(24 * 3600 * 1000)),
        ("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("retry-after-ms", "250", Some(250)),
        ("x-ratelimit-reset-requests", "1s", Some(1000)),
        ("x-ratelimit-reset-tokens", "6m0s", Some(360_000)),
        ("x-ratelimit-reset-tokens", "20ms", Some(20)),
        ("x-ratelimit-reset-tokens", "1h2m3.5s", Some(3_723_500)),
        ("x-ratelimit-reset-tokens", "soon", None),
        ("x-ratelimit-reset-tokens", "5", None),
        ("x-ratelimit-reset-tokens", "", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("the table holds header values"));
        assert_eq!(retry_after(&headers), millis.map(Duration::from_millis), "{name}: {value}");
    }
}

#[test]
fn the_rejected_parameter_is_found_in_every_form() {
    for (body, parameter) in [
        (r#"{"error":{"message":"Unsupported parameter","param":"max_tokens"}}"#, "max_tokens"),
        (r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0"}}"#, "temperature"),
        (r#"{"error":"'response_format.type' must be 'json_schema' or 'text'"}"#, "response_format"),
        (r#"{"error":{"message":"bad","param":"response_format.type"}}"#, "response_format"),
        (r#"{"detail":[{"loc":["body","response_format"],"msg":"Extra inputs are not permitted"}]}"#, "response_format"),
    ] {
        assert!(Fault::from_body(body.as_bytes()).names(parameter), "{body}");
    }
    assert!(!Fault::from_body(br#"{"error":{"message":"bad model"}}"#).names("temperature"));
}
