//! A request as it would go out, for the eyes of who is asked to consent: on one screen what is said and to whom, and the whole of it for
//! who wants to see that.

use serde_json::Value;

use super::questions::Questions;
use crate::suggest::ports::RequestPreview;

/// More characters of a text are cut, but of the words none.
const MOST: usize = 72;

/// Both forms, line by line.
pub(super) struct Shown {
    pub(super) short: String,
    pub(super) whole: String,
}

impl Shown {
    /// `words` is how the example begins, by which its place in the request is known.
    ///
    /// # Errors
    /// Why the request cannot be shown.
    pub(super) fn new(request: &RequestPreview, words: &str) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
        let pretty = serde_json::to_string_pretty(&body).map_err(|error| error.to_string())?;
        let headers = request.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.as_deref().unwrap_or("(hidden)")));
        let whole = format!("{} {}\n{}\n{pretty}\n", request.method, request.url, headers.collect::<String>());
        let mut texts = Vec::new();
        collect(&body, String::new(), &mut texts);
        texts.sort_by_key(|(_, text)| !text.contains(words));
        let told = texts
            .iter()
            .map(|(path, text)| if text.contains(words) { format!("{path}: {text}\n") } else { format!("{path}: {}\n", brief(text)) });
        let model = body.get("model").and_then(Value::as_str).map(|model| format!("model: {model}\n"));
        let is_shown = |name: &str| name == "model" || texts.iter().any(|(path, _)| path.split(['.', '[']).next() == Some(name));
        let rest: Vec<&str> =
            body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).filter(|name| !is_shown(name)).collect();
        let names = request.headers.iter().map(|(name, value)| format!("{name}{}", if value.is_none() { " (hidden)" } else { "" }));
        let short = format!(
            "{} {}\n{}{}how it is answered: {}\nheaders: {}\n",
            request.method,
            request.url,
            told.collect::<String>(),
            model.unwrap_or_default(),
            rest.join(", "),
            names.collect::<Vec<_>>().join(", ")
        );
        Ok(Self { short, whole })
    }
}

/// All texts of more than a word, with the places where they stand.
fn collect(value: &Value, path: String, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if text.contains(char::is_whitespace) => texts.push((path, text.clone())),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| collect(item, format!("{path}[{at}]"), texts)),
        Value::Object(fields) => {
            for (name, field) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                collect(field, format!("{path}{dot}{name}"), texts);
            }
        }
        _ => {}
    }
}

/// A text by its beginning, its length and its last paragraph, in which the facts of this machine stand.
fn brief(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let last = text.trim_end().rsplit("\n\n").next().filter(|last| *last != text.trim_end());
    let last = last.map(|last| format!(", at the end: {}", last.lines().collect::<Vec<_>>().join("; "))).unwrap_or_default();
    if text.chars().count() <= MOST {
        return text.trim_end().to_owned();
    }
    format!("{}… ({} characters of instructions{last})", first.chars().take(MOST).collect::<String>(), text.chars().count())
}

/// Whether somebody consents to what is shown; all of it on demand.
pub(super) fn consents(question: &str, shown: &Shown, is_whole: bool, questions: &mut Questions<'_, '_>) -> bool {
    questions.show(if is_whole { &shown.whole } else { &shown.short });
    let asked = if is_whole { format!("{question} [y/N]") } else { format!("{question} [y/N, s shows all of it]") };
    let answer = questions.until(&asked, |answer| match answer.to_lowercase().as_str() {
        "y" | "yes" => Ok(Some(true)),
        "n" | "no" => Ok(Some(false)),
        "s" | "show" => Ok(None),
        _ => Err("y for yes, n for no, s to see all of it, Enter to skip".to_owned()),
    });
    match answer {
        Some(Some(answer)) => answer,
        Some(None) => consents(question, shown, true, questions),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_whole_and_the_rest_is_brief() {
        let instructions = format!("{}\nmore\n\nShell: bash 5.2\nSystem: linux\n", "You turn a request ".repeat(9));
        let body = serde_json::json!({"model": "m", "max_tokens": 200, "stream": true,
            "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": format!("upload {}", "x y ".repeat(60))}]});
        let request = RequestPreview {
            method: "POST",
            url: "https://a.example/v1".to_owned(),
            headers: vec![("authorization".to_owned(), None), ("accept".to_owned(), Some("x".to_owned()))],
            body: serde_json::to_vec(&body).unwrap(),
        };
        let shown = Shown::new(&request, "upload").unwrap();
        let lines: Vec<&str> = shown.short.lines().collect();
        assert_eq!(lines[0], "POST https://a.example/v1");
        assert!(lines[1].starts_with("messages[1].content: upload ") && lines[1].len() > 240, "{lines:?}");
        assert!(
            lines[2].contains("characters of instructions, at the end: Shell: bash 5.2; System: linux)") && lines[2].len() < 200,
            "{lines:?}"
        );
        assert_eq!(lines[3..], ["model: m", "how it is answered: max_tokens, stream", "headers: authorization (hidden), accept"]);
        assert!(shown.whole.contains("\"max_tokens\": 200") && shown.whole.contains("authorization: (hidden)"));
        assert!(Shown::new(&RequestPreview { body: b"none".to_vec(), ..request }, "upload").is_err());
    }
}
