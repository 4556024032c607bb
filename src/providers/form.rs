//! The parts of a request that not every server and model takes. Each complaint of a server takes one of them away or
//! changes it, always in the same direction, so that a form is tried at most once.

/// How the shape of the answer is asked for, beside what the instructions say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    /// By a schema, on a wire that has a looser way as well.
    Schema,
    /// By the server's usual means: a mode, a tool, or a schema where the wire has nothing else.
    Asked,
    /// By the instructions alone.
    Unasked,
}

/// How the length of the answer is capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cap {
    /// By the usual parameter of the wire.
    Usual,
    /// By the newer name that OpenAI's reasoning models insist on.
    Newer,
    /// Not at all.
    None,
}

/// How much a model is told to think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// As little as the wire has a word for.
    Least,
    /// The next step up, for models that must think.
    Low,
    /// Nothing is said about it.
    Unsaid,
}

/// One way to put a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) structure: Structure,
    /// Whether the temperature is set to 0.
    pub(super) temperature: bool,
    pub(super) cap: Cap,
    pub(super) effort: Effort,
    /// Whether tokens of thought are counted with those of the answer.
    pub(super) thinks: bool,
    /// Whether the server is asked to tell how many tokens a stream took.
    pub(super) usage: bool,
}

impl Form {
    /// What is tried first with a model that answers at once.
    pub(super) const PLAIN: Form =
        Form { structure: Structure::Asked, temperature: true, cap: Cap::Usual, effort: Effort::Unsaid, thinks: false, usage: false };
}

/// A model's name without the vendor or path that gateways put before it, in lower case.
pub(super) fn bare_name(model: &str) -> String {
    model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase()
}
