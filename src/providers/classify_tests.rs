use super::*;
use crate::domain::Stage;

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
        (503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, Overloaded),
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
        assert_eq!(status_error(status, &fault(message), Advice::default(), Some(&key)).detail, expected);
    }
    let long = status_error(400, &fault(&"x".repeat(5000)), Advice::default(), Some(&key)).detail;
    assert!(long.len() < 200, "{long}");
    let wait = status_error(429, &Fault::default(), Advice { wait: Some(Duration::from_secs(7)), ..Advice::default() }, Some(&key));
    assert_eq!(wait.class, FailureClass::RateLimited { retry_after: Some(Duration::from_secs(7)) });
    assert_eq!(wait.detail, "HTTP 429: too many requests, try again in 7 s");
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

#[test]
fn each_service_has_its_own_words() {
    use FailureClass::*;
    let limited = |seconds: Option<u64>| RateLimited { retry_after: seconds.map(Duration::from_secs) };
    let retry_info = |quota: &str| {
        format!(
            r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota","details":[
            {{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaId":"{quota}"}}]}},
            {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"22s"}}]}}}}"#
        )
    };
    let anthropic = |kind: &str, message: &str| format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#);
    for (service, status, body, expected) in [
        ("anthropic", 529, anthropic("overloaded_error", "Overloaded"), Overloaded),
        ("anthropic", 400, anthropic("overloaded_error", "Overloaded"), Overloaded),
        ("anthropic", 429, anthropic("rate_limit_error", "acceleration limit"), limited(None)),
        ("anthropic", 400, anthropic("invalid_request_error", "You have reached your specified API usage limits."), Quota),
        ("anthropic", 400, anthropic("invalid_request_error", "Your credit balance is too low to access the API."), Quota),
        ("anthropic", 400, anthropic("invalid_request_error", "messages: at least one message is required"), Request),
        ("anthropic", 401, anthropic("authentication_error", "invalid x-api-key"), Auth),
        ("anthropic", 403, anthropic("permission_error", "no"), Auth),
        ("anthropic", 404, anthropic("not_found_error", "model: claude-9"), Config),
        ("anthropic", 413, anthropic("request_too_large", "too large"), Config),
        ("anthropic", 500, anthropic("api_error", "Internal server error"), Transient),
        ("gemini", 429, retry_info("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), Quota),
        ("gemini", 429, retry_info("GenerateRequestsPerMinutePerProjectPerModel"), limited(Some(22))),
        ("gemini", 503, r#"{"error":{"code":503,"message":"high demand","status":"UNAVAILABLE"}}"#.to_owned(), Overloaded),
        ("gemini", 400, r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}"#.to_owned(), Auth),
        ("gemini", 404, r#"{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}"#.to_owned(), Config),
        ("azure", 400, r#"{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#.to_owned(), Refusal),
        ("azure", 404, r#"{"error":{"code":"DeploymentNotFound","message":"no such deployment"}}"#.to_owned(), Config),
        ("azure", 401, r#"{"error":{"code":"401","message":"Access denied"}}"#.to_owned(), Auth),
        ("ollama", 404, r#"{"error":"model 'x' not found"}"#.to_owned(), Config),
        ("ollama", 503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#.to_owned(), Overloaded),
        ("ollama", 500, r#"{"error":"llama runner process has terminated"}"#.to_owned(), Transient),
        ("openai", 429, r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#.to_owned(), Quota),
        ("openrouter", 402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#.to_owned(), Quota),
    ] {
        assert_eq!(class(status, &body), expected, "{service} {status} {body}");
    }
}

#[test]
fn a_server_has_a_say_about_its_own_trouble_only() {
    for (status, body, expected) in [
        (500, "", Some(false)),
        (529, "", Some(false)),
        (429, "", Some(false)),
        (401, "", None),
        (402, "", None),
        (400, "", None),
        (404, "", None),
    ] {
        let advice = Advice { may_retry: Some(false), ..Advice::default() };
        assert_eq!(status_error(status, &Fault::from_body(body.as_bytes()), advice, None).may_retry, expected, "{status}");
    }
}

#[test]
fn a_server_in_trouble_may_ask_for_time_and_one_that_is_well_may_not() {
    let google = |code: u16, status: &str| {
        format!(
            r#"{{"error":{{"code":{code},"status":"{status}","message":"x","details":[
            {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"22s"}}]}}}}"#
        )
    };
    let said = google(503, "UNAVAILABLE");
    for (status, told, body, expected) in [
        (503, Some(30), "", Some(30)),
        (529, Some(30), "", Some(30)),
        (500, None, "", None),
        (503, None, said.as_str(), Some(22)),
        (503, Some(7), said.as_str(), Some(7)),
        (408, Some(3), "", Some(3)),
        (429, Some(30), "", None),
        (401, Some(30), "", None),
        (402, Some(30), "", None),
        (400, Some(30), "", None),
        (404, Some(30), "", None),
    ] {
        let told = told.map(Duration::from_secs);
        // What is left of limits is full again soon; that says nothing about trouble.
        let advice = Advice { told, wait: told.or(Some(Duration::from_secs(360))), ..Advice::default() };
        let error = status_error(status, &Fault::from_body(body.as_bytes()), advice, None);
        assert_eq!(error.leave_alone, expected.map(Duration::from_secs), "{status} {told:?} {body}");
    }
    for (body, expected) in [
        (google(503, "UNAVAILABLE"), Some(22)),
        (google(429, "RESOURCE_EXHAUSTED"), None),
        (r#"{"error":{"type":"overloaded_error","message":"Overloaded","retryDelay":"9s"}}"#.to_owned(), Some(9)),
    ] {
        let error = inner_error(&Fault::from_body(body.as_bytes()), None);
        assert_eq!(error.leave_alone, expected.map(Duration::from_secs), "{body}");
    }
}

#[test]
fn a_number_that_repeats_a_part_of_the_key_is_none() {
    let key = Secret::new("sk-proj-Zz9yXx8wVv7u".to_owned());
    for (id, repeats) in
        [("req_011CSHoEeqs5C35K2UUqR7Fy", false), ("sk-proj-Zz9yXx8wVv7u", true), ("id-yXx8wVv7-1", true), ("id-Xx8wVv7-1", false)]
    {
        assert_eq!(holds_some_of(id, &key), repeats, "{id}");
    }
    assert!(holds_some_of("a-short-1", &Secret::new("short".to_owned())));
}

#[test]
fn every_failure_has_a_word_of_the_closed_set() {
    let told = |status: u16, body: &str| {
        let fault = Fault::from_body(body.as_bytes());
        status_error(status, &fault, Advice::default(), None).error_type.label()
    };
    for (status, body, word) in [
        (500, "", "http_5xx"),
        (501, "", "http_5xx"),
        (408, "", "http_4xx"),
        (404, "", "http_4xx"),
        (422, "", "http_4xx"),
        (401, "", "auth"),
        (402, "", "quota"),
        (407, "", "proxy"),
        (429, "", "rate_limited"),
        (529, "", "overloaded"),
        (403, r#"{"error":{"code":"content_filter","message":"no"}}"#, "policy"),
    ] {
        assert_eq!(told(status, body), word, "{status} {body}");
    }
    let inside = |body: &str| inner_error(&Fault::from_body(body.as_bytes()), None).error_type.label();
    for (body, word) in [
        (r#"{"error":{"type":"server_error","message":"oops"}}"#, "malformed"),
        (r#"{"error":{"type":"overloaded_error","message":"busy"}}"#, "overloaded"),
        (r#"{"error":{"code":502,"message":"bad gateway"}}"#, "http_5xx"),
    ] {
        assert_eq!(inside(body), word, "{body}");
    }
    let of = |class: FailureClass| AttemptError::new(class, "x").error_type.label();
    for (stage, word) in [
        (Stage::Connect, "timeout_connect"),
        (Stage::FirstChunk, "timeout_ttfb"),
        (Stage::Gap, "timeout_gap"),
        (Stage::Total, "timeout_total"),
    ] {
        assert_eq!(of(FailureClass::Slow(stage)), word);
    }
    let others = [FailureClass::LocalNetwork, FailureClass::Tls, FailureClass::Unsent, FailureClass::Truncated, FailureClass::Spent];
    assert_eq!(others.map(of), ["net", "tls", "conn_reset", "truncated", "_OTHER"]);
}
