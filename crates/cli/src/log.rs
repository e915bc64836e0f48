//! Log lines on stderr. Logging only appends to a buffer; a thread of its own writes that out, so that no request
//! waits for the terminal, and many lines cost one write.

use std::{
    io::{self, Write, stderr},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing_subscriber::{
    EnvFilter, fmt,
    fmt::{MakeWriter, time::SystemTime},
};

use crate::{
    config::{Config, LogFormat},
    fail::{Failure, Outcome},
    log_fields::TextFields,
};

/// Lines that came within this time are written together.
const GATHERED: Duration = Duration::from_millis(20);
/// So many bytes may wait for the writer; more lines are dropped, and counted, rather than hold up requests.
const MOST: usize = 4 * 1024 * 1024;

/// Starts logging. What waits is written when the value is dropped.
pub(crate) fn start(config: &Config) -> Outcome<Logging> {
    let logging = Logging::start().map_err(|error| Failure::new(format!("no thread to log: {error}")))?;
    let filter: EnvFilter = config.log_level.parse().expect("it was parsed when the configuration was checked");
    let lines = fmt().with_env_filter(filter).with_timer(SystemTime).with_writer(Lines(Arc::clone(&logging.waiting)));
    match config.log_format {
        LogFormat::Text => lines.with_ansi(false).compact().with_target(false).fmt_fields(TextFields).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
    Ok(logging)
}

/// Starts logging in a process that may be frozen at any time: each line is written at once.
#[cfg(feature = "aws")]
pub(crate) fn at_once(config: &Config) {
    let filter: EnvFilter = config.log_level.parse().expect("it was parsed when the configuration was checked");
    let lines = fmt().with_env_filter(filter).with_timer(SystemTime).with_writer(stderr);
    lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
}

/// The thread that writes.
pub(crate) struct Logging {
    waiting: Arc<Waiting>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Waiting {
    buffer: Mutex<Buffer>,
    /// Something waits, or the end has come.
    news: Condvar,
}

#[derive(Default)]
struct Buffer {
    text: Vec<u8>,
    dropped: u64,
    ended: bool,
}

impl Logging {
    fn start() -> io::Result<Self> {
        let waiting = Arc::new(Waiting::default());
        let writer = Arc::clone(&waiting);
        let thread = thread::Builder::new().name("log".into()).spawn(move || writer.write_out())?;
        Ok(Self { waiting, thread: Some(thread) })
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.waiting.lock().ended = true;
        self.waiting.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing more to say.
            drop(thread.join());
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, line: &[u8]) {
        let mut buffer = self.lock();
        if buffer.text.len() + line.len() > MOST {
            buffer.dropped += 1;
            return;
        }
        let first = buffer.text.is_empty();
        buffer.text.extend_from_slice(line);
        drop(buffer);
        if first {
            self.news.notify_one();
        }
    }

    fn write_out(&self) {
        let mut text = Vec::new();
        loop {
            let idle = |buffer: &mut Buffer| buffer.text.is_empty() && !buffer.ended;
            let buffer = self.news.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            let gathered = self.news.wait_timeout_while(buffer, GATHERED, |buffer| !buffer.ended);
            let mut buffer = gathered.unwrap_or_else(PoisonError::into_inner).0;
            std::mem::swap(&mut buffer.text, &mut text);
            let (dropped, ended) = (std::mem::take(&mut buffer.dropped), buffer.ended);
            drop(buffer);
            // Where nobody reads the log, nobody misses it.
            drop(stderr().write_all(&text));
            if dropped > 0 {
                drop(writeln!(
                    stderr(),
                    "{dropped} lines of the log were dropped: they came faster than they could be written"
                ));
            }
            text.clear();
            text.shrink_to(64 * 1024);
            if ended {
                return;
            }
        }
    }
}

/// Takes the lines of all threads.
struct Lines(Arc<Waiting>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

struct Line<'a>(&'a Waiting);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.append(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_bound_are_dropped_and_counted() {
        let waiting = Waiting::default();
        waiting.append(&vec![b'x'; MOST]);
        waiting.append(b"one more");
        let buffer = waiting.lock();
        assert_eq!((buffer.text.len(), buffer.dropped), (MOST, 1));
    }
}
