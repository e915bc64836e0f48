//! The session of the signed-in user, in a file that only they can read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    fail::{Failure, Outcome},
    folder,
};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    pub server: String,
    pub email: String,
    pub access_token: SecretString,
    pub refresh_token: SecretString,
    pub expires_at: Timestamp,
}

impl Session {
    /// The session that an answer to a sign-in or a refresh opens.
    pub(super) fn of(server: &str, email: &str, tokens: &Value) -> Outcome<Self> {
        let text = |field: &str| tokens[field].as_str().map(SecretString::from);
        let (Some(access_token), Some(refresh_token)) = (text("accessToken"), text("refreshToken")) else {
            return Err(Failure::new("the server answered no tokens"));
        };
        let life = SignedDuration::from_secs(tokens["expiresIn"].as_i64().unwrap_or(0));
        let expires_at = now().saturating_add(life).unwrap_or(Timestamp::MAX);
        Ok(Self { server: server.to_owned(), email: email.to_owned(), access_token, refresh_token, expires_at })
    }

    /// Whether the access token will be good for a while.
    pub(super) fn good(&self) -> bool {
        now() + SignedDuration::from_secs(20) < self.expires_at
    }
}

/// The machine's time: a token's lifetime is relative, so both ends of it are measured here.
#[expect(clippy::disallowed_methods, reason = "a client has no clock but its machine's")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Where the session is kept.
#[derive(Clone, Debug)]
pub(crate) struct Sessions(pub PathBuf);

impl Sessions {
    pub(crate) fn load(&self) -> Outcome<Option<Session>> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(&error)),
        };
        let mode = fs::metadata(&self.0).map_err(|error| self.unusable(&error))?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Failure::usage(format!("others can read your session in {}", self.0.display()))
                .hint(format!("chmod 600 '{}'", self.0.display())));
        }
        // A file of another version has no meaning here: signing in overwrites it.
        Ok(serde_json::from_str(text.expose_secret()).ok())
    }

    /// Waits until no other process renews the session; none does until the value is dropped.
    pub(super) fn lock(&self) -> Outcome<File> {
        let path = self.0.with_extension("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        file.and_then(|file| file.lock().map(|()| file)).map_err(|error| self.unusable(&error))
    }

    pub(super) fn save(&self, session: &Session) -> Outcome {
        let document = json!({
            "server": session.server,
            "email": session.email,
            "accessToken": session.access_token.expose_secret(),
            "refreshToken": session.refresh_token.expose_secret(),
            "expiresAt": session.expires_at,
        });
        let folder = self.0.parent().expect("the file stands in a folder");
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| self.unusable(&error))?;
        folder::write_whole(&self.0, document.to_string().as_bytes()).map_err(|error| self.unusable(&error))
    }

    pub(super) fn remove(&self) -> Outcome {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.unusable(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn unusable(&self, error: &io::Error) -> Failure {
        Failure::usage(format!("the session in {} can't be used: {error}", self.0.display()))
    }
}
