//! Shell text and what it consists of: a tree of commands out of text, and words into text that a shell reads back
//! unchanged. The only code that quotes.

mod bounds;
mod escapes;
mod expansion;
mod holes;
mod lexical;
mod lexical_redirects;
mod lexical_words;
mod operator;
mod outline;
mod parameters;
mod parse;
mod quote;
mod source;
mod tree;
mod unquoted;
mod walk;
mod walk_redirects;

pub use bounds::{MAX_BYTES, MAX_OPENERS};
pub use escapes::{Dialect, decode};
pub use holes::{MOST_HOLES, is_inert, with_unknowns};
pub use outline::{Block, Item, Join, Piece};
pub use parse::{SyntaxError, parse, place_of_error};
pub use quote::{quote, quote_glob, quote_path, quote_variables};
pub use tree::{Assignment, Command, Edit, HOME, Part, Redirect, RedirectKind, Tree, UNKNOWN, Word};
pub use unquoted::{Comment, hashes_as_words, unquoted, unquoted_without_comments};
