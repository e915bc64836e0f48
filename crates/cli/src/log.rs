//! Log lines on stderr, written by a thread of their own so that no request waits for them.

use std::io::{BufWriter, Stderr, stderr};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Config, LogFormat};

/// Lines that may wait for the writer; more are dropped rather than hold up requests.
const LINES: usize = 8192;

/// Starts logging. What is buffered is written when the guard is dropped.
pub(crate) fn start(config: &Config) -> WorkerGuard {
    let stderr: BufWriter<Stderr> = BufWriter::with_capacity(64 * 1024, stderr());
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).thread_name("log").finish(stderr);
    let filter: EnvFilter = config.log_level.parse().expect("it was parsed when the configuration was checked");
    let lines = fmt().with_env_filter(filter).with_writer(writer);
    match config.log_format {
        LogFormat::Text => lines.with_ansi(false).compact().with_target(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
    guard
}
