//! Intents as data: what must be said, what may be said, which slots, which command.

mod bind;
mod filters;
mod format;
mod kinds;
mod matching;
mod template;
mod wording;

pub(super) use bind::{Bindings, Filled};
pub(super) use format::{Intent, RawIntent};
pub(super) use matching::{Sentence, bind_intent};
pub(super) use template::TemplateError;
pub(super) use wording::{RawWording, Rendered, Wording, tools};
