//! What is wrong with a text that is not JSON, in plain words.

use serde_json::{Error, error::Category};

/// Says where and how a text stops being JSON.
pub fn complaint(error: &Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("it ends in the middle of a value, at {place}"),
        Category::Syntax if what.starts_with("recursion") => format!("it is nested too deep, at {place}"),
        Category::Syntax => format!("{what}, at {place}"),
        // A reader's own words, and those of the system.
        Category::Data | Category::Io => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_complaint_has_a_place() {
        let deep = "[".repeat(200);
        for (text, said) in [
            ("", "it ends in the middle of a value, at line 1, column 0"),
            ("{\"a\":", "it ends in the middle of a value, at line 1, column 5"),
            ("{\n\"a\" 1}", "expected `:`, at line 2, column 5"),
            ("x", "expected value, at line 1, column 1"),
            (deep.as_str(), "it is nested too deep, at line 1, column 128"),
        ] {
            assert_eq!(complaint(&serde_json::from_str::<Value>(text).unwrap_err()), said, "{text}");
        }
    }
}
