//! What people and programs read: data on stdout, the rest on stderr.

use std::{
    borrow::Cow,
    io::{ErrorKind, IsTerminal as _, Write as _, stderr, stdout},
};

use comfy_table::{Cell, ContentArrangement, Table, presets::NOTHING};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{Config, LogFormat};

/// Data. The reader may have closed the pipe, as `head` does: that ends the process, and is no error.
pub(crate) fn out(text: impl std::fmt::Display) {
    let text = text.to_string();
    // A file or a program gets data as it is.
    let text = if stdout().is_terminal() { visible(&text) } else { text.into() };
    if let Err(error) = writeln!(stdout(), "{text}") {
        stop_printing(&error);
    }
}

/// Ends the process, for what it is asked to print can't be written.
fn stop_printing(error: &std::io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    note(format_args!("error: the output can't be written: {error}"));
    std::process::exit(1);
}

/// Data as JSON, for programs.
pub(crate) fn json(value: &impl Serialize) {
    out(serde_json::to_string_pretty(value).expect("what is printed is plain JSON"));
}

/// Something beside the data, on stderr.
pub(crate) fn note(text: impl std::fmt::Display) {
    // If stderr fails, there is nowhere left to report it.
    drop(writeln!(stderr(), "{}", visible(&text.to_string())));
}

/// The text with control characters and those that reorder it as escapes: what a server says must neither steer a
/// terminal nor show as something else.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(hidden) {
        return text.into();
    }
    let escape = |shown: String, c: char| {
        if hidden(c) { shown + &format!("\\u{:04x}", u32::from(c)) } else { shown + c.encode_utf8(&mut [0; 4]) }
    };
    text.chars().fold(String::with_capacity(text.len()), escape).into()
}

/// Rows under their headings.
pub(crate) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase())));
    for row in rows {
        table.add_row(row);
    }
    for line in table.to_string().lines() {
        out(line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()));
    }
}

/// A value as a cell of a table shows it.
pub(crate) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| cell(Some(item.get("name").unwrap_or(item)))).collect::<Vec<_>>().join(", ")
        }
        Some(object @ Value::Object(_)) => object.to_string(),
    }
}

/// The same, with times to the second: a table is looked over, not compared.
pub(crate) fn short(value: Option<&Value>) -> String {
    let cell = cell(value);
    match cell.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => cell,
    }
}

/// One record, a field a line.
pub(crate) fn record(record: &Value) {
    let mut lines = Vec::new();
    flatten("", record, &mut lines);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in lines {
        out(format!("{name:width$}  {value}"));
    }
}

fn flatten(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, lines);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (place, item) in items.iter().enumerate() {
                flatten(&format!("{prefix}[{place}]"), item, lines);
            }
        }
        other => lines.push((prefix.to_owned(), cell(Some(other)))),
    }
}

/// Day-0 was done just now.
pub(crate) fn set_up(format: LogFormat, email: &str, password: Option<&SecretString>) {
    let password = password.map(SecretString::expose_secret);
    match format {
        LogFormat::Json => note(
            json!({ "level": "WARN", "message": "the platform is set up; this password is shown once", "admin.email": email, "admin.password": password }),
        ),
        LogFormat::Text => {
            note("The platform is set up. Its administrator:");
            note(format_args!("  e-mail    {email}"));
            match password {
                Some(password) => {
                    note(format_args!(
                        "  password  {password}   (shown this once; the first sign-in asks for another)"
                    ));
                }
                None => note("  password  as configured (the first sign-in asks for another)"),
            }
        }
    }
}

/// Day-0 waits for a request with the token.
pub(crate) fn set_up_token(format: LogFormat, token: &str) {
    match format {
        LogFormat::Json => note(
            json!({ "level": "WARN", "message": "the platform waits to be set up by POST /api/bootstrap", "setup.token": token }),
        ),
        LogFormat::Text => {
            note("The platform waits to be set up: POST /api/bootstrap with");
            note(format_args!("  setupToken  {token}   (good until the next start)"));
        }
    }
}

/// The server answers from now on.
pub(crate) fn serving(config: &Config, url: &str) {
    match config.log_format {
        LogFormat::Json => tracing::info!(url, data_dir = %config.data_dir.display(), "serving"),
        LogFormat::Text => {
            note(format_args!("Freehold serves {url}   (data in {})", config.data_dir.display()));
            note(format_args!("  documentation  {url}/docs"));
            note(format_args!("  console        {url}"));
            note(format_args!("  command line   freehold login --server {url}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_as_an_escape() {
        assert_eq!(visible("\u{1b}[31mred\u{7}\u{9b}2J\r\u{7f}"), r"\u001b[31mred\u0007\u009b2J\u000d\u007f");
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{feff}"), r"a\u202eb\u2066c\ufeff");
        assert_eq!(visible("Ünï\tcode\nنور\u{200c}الدین 🏭"), "Ünï\tcode\nنور\u{200c}الدین 🏭");
    }
}
