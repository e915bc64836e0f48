//! How the fields of a line of text are written: `name=value`, with plain texts as they are and others as Rust quotes them.
//!
//! Every request is a line, so what most of its fields are, a plain text or a number, is written without the machinery of
//! formatting. All else is left to the library's visitor.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput as _},
    fmt::format::{DefaultVisitor, FormatFields, Writer},
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct TextFields;

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line { writer, is_empty: true, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    is_empty: bool,
    result: fmt::Result,
}

impl Line<'_> {
    fn write(&mut self, field: &Field, value: &str) -> fmt::Result {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.writer.write_char(' ')?;
        }
        self.writer.write_str(field.name())?;
        self.writer.write_char('=')?;
        self.writer.write_str(value)
    }

    fn record(&mut self, field: &Field, value: &str) {
        if self.result.is_ok() {
            self.result = self.write(field, value);
        }
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/{}".contains(&byte);
        if field.name() != "message" && !value.is_empty() && value.bytes().all(is_plain) {
            self.record(field, value);
        } else if field.name() == "message" {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, itoa::Buffer::new().format(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.result.is_err() {
            return;
        }
        let mut library = DefaultVisitor::new(self.writer.by_ref(), self.is_empty);
        library.record_debug(field, value);
        self.result = library.finish();
        self.is_empty = false;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_keeps_to_one_line_whatever_a_caller_sends() {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .compact()
            .with_target(false)
            .fmt_fields(TextFields)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(lines.finish(), || {
            let (path, absent) = ("/api/users\n\u{1b}[31m forged", None::<&str>);
            tracing::info!(id = "r-1", absent, method = "GET", path, status = 200_u64, empty = "", "answered");
            tracing::warn!(error = %"no\u{20}room", is_late = true, "\u{1b}[31mstopped");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let expected = [
            r#" INFO answered id=r-1 method=GET path="/api/users\n\u{1b}[31m forged" status=200 empty="""#,
            r" WARN \x1b[31mstopped error=no room is_late=true",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
