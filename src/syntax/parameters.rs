//! What `${…}` of bash does to the value of a variable.

use brush_parser::word::{Parameter, ParameterExpr, ParameterTransformOp, SpecialParameter, SubstringMatchKind};

use super::tree::Edit;

/// The variable and what is done to its value; `None` for what has no value that matters here.
pub(super) fn read(expr: &ParameterExpr) -> Option<(String, Edit)> {
    use ParameterExpr as P;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (parameter, indirect, edit) = match expr {
        P::Parameter { parameter, indirect } => (parameter, *indirect, Edit::None),
        P::UseDefaultValues { parameter, indirect, default_value: value, .. }
        | P::AssignDefaultValues { parameter, indirect, default_value: value, .. } => (parameter, *indirect, Edit::Default(text(value))),
        P::IndicateErrorIfNullOrUnset { parameter, indirect, .. } => (parameter, *indirect, Edit::None),
        P::UseAlternativeValue { parameter, indirect, alternative_value, .. } => {
            (parameter, *indirect, Edit::Alternative(text(alternative_value)))
        }
        P::RemoveSmallestSuffixPattern { parameter, indirect, pattern }
        | P::RemoveLargestSuffixPattern { parameter, indirect, pattern } => (parameter, *indirect, Edit::WithoutSuffix(text(pattern))),
        P::RemoveSmallestPrefixPattern { parameter, indirect, pattern }
        | P::RemoveLargestPrefixPattern { parameter, indirect, pattern } => (parameter, *indirect, Edit::WithoutPrefix(text(pattern))),
        P::Substring { parameter, indirect, offset, length } => {
            let length = length.as_ref().map(|length| length.value.clone());
            (parameter, *indirect, Edit::Substring(offset.value.clone(), length))
        }
        P::LowercasePattern { parameter, indirect, .. } => (parameter, *indirect, Edit::Lower),
        P::UppercasePattern { parameter, indirect, .. } => (parameter, *indirect, Edit::Upper),
        P::Transform { parameter, indirect, op: ParameterTransformOp::ToLowerCase } => (parameter, *indirect, Edit::Lower),
        P::Transform { parameter, indirect, op: ParameterTransformOp::ToUpperCase } => (parameter, *indirect, Edit::Upper),
        P::ReplaceSubstring { parameter, indirect, pattern, replacement, match_kind } => {
            let all = matches!(match_kind, SubstringMatchKind::Anywhere);
            (parameter, *indirect, Edit::Replace { pattern: pattern.clone(), with: text(replacement), all })
        }
        P::Transform { parameter, indirect, .. }
        | P::UppercaseFirstChar { parameter, indirect, .. }
        | P::LowercaseFirstChar { parameter, indirect, .. } => (parameter, *indirect, Edit::Other),
        P::ParameterLength { .. } | P::VariableNames { .. } | P::MemberKeys { .. } => return None,
    };
    let name = match parameter {
        Parameter::Named(name) => name.clone(),
        Parameter::Positional(index) => index.to_string(),
        Parameter::NamedWithIndex { name, index } => format!("{name}[{index}]"),
        Parameter::NamedWithAllIndices { name, concatenate: false } => format!("{name}[@]"),
        Parameter::NamedWithAllIndices { name, .. } => name.clone(),
        Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => "@".to_owned(),
        Parameter::Special(SpecialParameter::ProcessId) => "$".to_owned(),
        Parameter::Special(SpecialParameter::ShellName) => "0".to_owned(),
        Parameter::Special(_) => return None,
    };
    Some((name, if indirect { Edit::Indirect } else { edit }))
}
