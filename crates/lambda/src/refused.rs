//! A function that can't start reports why to the Runtime API, and ends: its caller gets the name of the condition.

use std::{
    env,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    process::ExitCode,
    time::Duration,
};

use serde_json::json;

/// The configuration, or a resource that it names, has an error.
pub(crate) fn configuration(why: &str) -> ExitCode {
    report("Freehold.Configuration", why)
}

/// Something did not answer that may answer later.
pub(crate) fn start(why: &str) -> ExitCode {
    report("Freehold.Start", why)
}

fn report(kind: &str, why: &str) -> ExitCode {
    eprintln!("error: {why}");
    if let Err(error) = post(kind, why) {
        eprintln!("error: the Runtime API was not told: {error}");
    }
    ExitCode::FAILURE
}

/// The Runtime API speaks plain HTTP, to this machine alone.
#[expect(clippy::disallowed_methods, reason = "Lambda speaks to its processes through the environment")]
fn post(kind: &str, why: &str) -> io::Result<()> {
    let Ok(api) = env::var("AWS_LAMBDA_RUNTIME_API") else { return Err(io::Error::other("there is none")) };
    let body = json!({ "errorType": kind, "errorMessage": why, "stackTrace": [] }).to_string();
    let mut stream = TcpStream::connect(&api)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(
        stream,
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n\
         content-type: application/json\r\nlambda-runtime-function-error-type: {kind}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    // Ended before the answer, the process could be gone before it was heard.
    stream.read_to_end(&mut Vec::new()).map(drop)
}
