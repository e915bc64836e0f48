//! The control socket: what the owner of the data folder may ask of the server that runs on it.
//!
//! One line of JSON each way. Who may connect is a matter of the file's mode: its owner alone.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use crate::{
    backup,
    compose::Composed,
    fail::{Failure, Outcome},
};

const LONGEST: u64 = 64 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command", deny_unknown_fields)]
pub(crate) enum Request {
    Backup { to: PathBuf },
    VerifyBootstrap { fix: bool },
    RotateKeys { retire_old: bool },
    EndSessions,
    ResetPassword { address: Option<String> },
    Outbox { to: Option<String>, limit: usize },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Done(Value),
    Failed { message: String, hint: Option<String> },
}

/// Serves the socket of the data folder. A server without one (the folder's path is too long for a socket) still
/// serves everything else.
pub(crate) fn listen(composed: &Arc<Composed>) -> Option<JoinHandle<()>> {
    let path = composed.opened.places.control();
    let listener = match bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "there is no control socket: backups need a stopped server");
            return None;
        }
    };
    let composed = Arc::clone(composed);
    Some(tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let composed = Arc::clone(&composed);
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, &composed).await {
                            tracing::debug!(%error, "somebody left the control socket early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket takes nobody");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }))
}

/// The folder is ours, so a socket that is there was left by a crash.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn converse(stream: UnixStream, composed: &Composed) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LONGEST)).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => answer(request, composed).await,
        Err(error) => Answer::Failed { message: format!("the request is not understood: {error}"), hint: None },
    };
    let mut text = serde_json::to_string(&answer).expect("answers are plain JSON");
    text.push('\n');
    write.write_all(text.as_bytes()).await
}

async fn answer(request: Request, composed: &Composed) -> Answer {
    match perform(request, composed).await {
        Ok(done) => Answer::Done(done),
        Err(failure) => {
            let (message, hint) = failure.into_parts();
            Answer::Failed { message, hint }
        }
    }
}

/// Does what was asked; also called by commands that have the folder for themselves.
pub(crate) async fn perform(request: Request, composed: &Composed) -> Outcome<Value> {
    match request {
        Request::Backup { to } => {
            let Some(files) = &composed.files else { return Err(backup::elsewhere()) };
            backup::write(files, &composed.opened.places, &to, composed.plane.now()).await?;
            Ok(json!({ "directory": to }))
        }
        Request::VerifyBootstrap { fix } => {
            let report = composed.plane.verify_bootstrap(fix).await.map_err(|problem| {
                let failure = Failure::new(problem.operator_detail());
                problem.help.into_iter().fold(failure, Failure::hint)
            })?;
            Ok(serde_json::to_value(report).expect("reports are plain JSON"))
        }
        Request::RotateKeys { retire_old } => {
            let kid = composed.plane.identity().rotate_keys().await.map_err(Failure::new)?;
            if retire_old {
                composed.identity.retire_old_keys().await.map_err(Failure::new)?;
            }
            Ok(json!({ "kid": kid, "oldKeysRetired": retire_old }))
        }
        Request::EndSessions => {
            let since = composed.identity.end_all_sessions().await.map_err(Failure::new)?;
            Ok(json!({ "endedBefore": since }))
        }
        Request::ResetPassword { address } => {
            let given = composed.plane.reset_operator_password(address.as_deref()).await.map_err(|problem| {
                let failure = Failure::new(problem.operator_detail());
                problem.help.into_iter().fold(failure, Failure::hint)
            })?;
            composed.identity.lift_lockouts(given.subject).await.map_err(Failure::new)?;
            Ok(json!({ "email": given.email, "password": given.password.expose_secret() }))
        }
        Request::Outbox { to, limit } => {
            let mails = composed
                .plane
                .latest_mails(to.as_deref(), limit)
                .await
                .map_err(|problem| Failure::new(&problem.detail))?;
            Ok(json!({ "items": mails }))
        }
    }
}

/// Asks the server that runs on a data folder; `None` if there is none.
pub(crate) async fn ask(socket: &Path, request: &Request) -> Outcome<Option<Value>> {
    let Ok(mut stream) = UnixStream::connect(socket).await else { return Ok(None) };
    let broken = |error: io::Error| Failure::new(format!("the server broke off: {error}"));
    let mut text = serde_json::to_string(request).expect("requests are plain JSON");
    text.push('\n');
    stream.write_all(text.as_bytes()).await.map_err(broken)?;
    let mut line = String::new();
    stream.read_to_string(&mut line).await.map_err(broken)?;
    match serde_json::from_str(&line).map_err(|error| Failure::new(format!("the server answered nonsense: {error}")))? {
        Answer::Done(done) => Ok(Some(done)),
        Answer::Failed { message, hint } => Err(hint.into_iter().fold(Failure::new(message), Failure::hint)),
    }
}
