//! How redirects are written.

use brush_parser::ast::{IoFileRedirectKind, IoRedirect};

/// The sign of a redirect with its descriptor.
pub(super) fn operator(redirect: &IoRedirect) -> String {
    use IoFileRedirectKind as Kind;
    let (descriptor, sign) = match redirect {
        IoRedirect::File(descriptor, kind, _) => {
            let sign = match kind {
                Kind::Read => "<",
                Kind::Write => ">",
                Kind::Append => ">>",
                Kind::ReadAndWrite => "<>",
                Kind::Clobber => ">|",
                Kind::DuplicateInput => "<&",
                Kind::DuplicateOutput => ">&",
            };
            (descriptor.as_ref(), sign)
        }
        IoRedirect::HereDocument(descriptor, _) => (descriptor.as_ref(), "<<"),
        IoRedirect::HereString(descriptor, _) => (descriptor.as_ref(), "<<<"),
        IoRedirect::OutputAndError(_, append) => (None, if *append { "&>>" } else { "&>" }),
    };
    descriptor.map(ToString::to_string).unwrap_or_default() + sign
}
